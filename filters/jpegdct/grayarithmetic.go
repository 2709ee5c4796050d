package jpegdct

import "io"

// grayArithmetic is Gray for an arithmetic-coded file, sequential or progressive. The
// output is Huffman-coded and sequential.
func (r *Reader) grayArithmetic(w io.Writer, o GrayOptions) error {
	planes, err := r.coefficients([]int{63}, naturalPlaces(8), allowance(o.Allow))
	if err != nil {
		return err
	}
	luma := &r.frame.comps[0]
	out := newOutput(w, r.bufferSize())
	r.writeGrayHeaders(out, o.Segments)
	dc, ac := standardDC(false), standardAC(false)
	out.writeDHT(0, 0, dc)
	out.writeDHT(1, 0, ac)
	out.writeSOS(0, 63, 0, 0, scanEntry{id: luma.ID})
	g := &coefWriter{out: out, dc: dcCodes(dc), ac: newACCodes(ac)}
	for y := range luma.blocksY {
		if err := g.writeRow(planes[0].blocks[y*planes[0].stride:][:luma.blocksX]); err != nil {
			return err
		}
		if y < luma.blocksY-1 {
			if err := out.flushIfFull(); err != nil {
				return err
			}
		}
	}
	out.align()
	out.writeMarker(mEOI)
	return out.flush()
}

// A coefWriter writes blocks of coefficients in a sequential scan of one component.
type coefWriter struct {
	out  *output
	dc   [12]dcCode
	ac   *acCodes
	pred int32
}

// writeRow writes a row of blocks, whose coefficients are stored row by row.
func (g *coefWriter) writeRow(tiles []coefs) error {
	for i := range tiles {
		block := (*coefBlock)(tiles[i][:64])
		nonzero := uint64(0)
		for at, v := range block {
			switch {
			case v == 0 || at == 0:
			case v < -maxCoef || v > maxCoef:
				return corrupt("AC coefficient %d is out of range", v)
			default:
				nonzero |= 1 << at
			}
		}
		diff := int32(block[0]) - g.pred
		g.pred = int32(block[0])
		if !g.out.writeDC(&g.dc, diff) {
			return corrupt("DC difference %d is out of range", diff)
		}
		g.out.writeAC(g.ac, block, nonzero)
	}
	return nil
}
