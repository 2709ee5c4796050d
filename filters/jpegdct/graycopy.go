package jpegdct

// A grayCopySink is the sink of a scan of luma alone. It checks the data as skipSink
// does, and copies them, restart markers included.
type grayCopySink struct {
	skipSink
	out      *output
	rows     int  // MCU rows
	copied   int  // index into the buffer: up to here, the data are copied
	rowStart bool // no MCU of the current row has been read
	restarts int  // number of restart markers so far
}

// newGrayCopySink writes all segments before the data of the scan.
func (r *Reader) newGrayCopySink(sc *scan, out *output, o GrayOptions, indexBits int) *grayCopySink {
	r.writeGrayHeaders(out, o.Segments)
	c := sc.comps[0]
	// The source may use slots 2 and 3, which baseline does not allow.
	out.writeDHT(0, 0, c.dc)
	out.writeDHT(1, 0, c.ac)
	out.writeDRI(sc.restart)
	out.writeSOS(0, 63, 0, 0, scanEntry{id: r.frame.comps[0].ID})
	return &grayCopySink{skipSink: *newSkipSink(sc, indexBits), out: out, rows: sc.mcusY, rowStart: true}
}

func (g *grayCopySink) readMCUs(e *entropyReader, x, y, n int) error {
	g.beginRow(e)
	return g.skipSink.readMCUs(e, x, y, n)
}

// beginRow notes where the data of the row begin: entropyReader.startRow may have moved
// them.
func (g *grayCopySink) beginRow(e *entropyReader) {
	if g.rowStart {
		g.copied, g.rowStart = e.pos>>3, false
	}
}

// copyTo copies the data up to the index to into the buffer.
func (g *grayCopySink) copyTo(e *entropyReader, to int) {
	g.out.writeData(e.buf[g.copied:to])
	g.copied = to
}

func (g *grayCopySink) restart(e *entropyReader) {
	g.beginRow(e)
	g.copyTo(e, (e.pos+7)>>3)
	g.copied = e.n // after extra bytes
	g.out.writeMarker(mRST0 + byte(g.restarts&7))
	g.restarts++
}

func (g *grayCopySink) endRow(e *entropyReader, y int) error {
	to := e.pos >> 3
	if y == g.rows-1 {
		to = (e.pos + 7) >> 3
	}
	g.copyTo(e, to)
	g.rowStart = true
	if y < g.rows-1 {
		return g.out.flushIfFull()
	}
	return nil
}
