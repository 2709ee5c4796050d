package pngrow

// A part of a file ends where rules of order name a critical chunk (section 5.6,
// table 7).
type part uint8

const (
	beforePLTE part = iota
	afterPLTE
	afterPixels
)

// fixedLength returns the length in bytes of an ancillary chunk whose length is fixed.
func fixedLength(kind string) (n int, fixed bool) {
	switch kind {
	case "sRGB":
		return 1, true
	case "cICP", "gAMA":
		return 4, true
	case "tIME":
		return 7, true
	case "cLLI":
		return 8, true
	case "pHYs":
		return 9, true
	case "mDCV":
		return 24, true
	case "cHRM":
		return 32, true
	}
	return 0, false
}

// beforePalette reports whether a chunk must precede PLTE (section 5.6, table 7).
func beforePalette(kind string) bool {
	switch kind {
	case "cHRM", "cICP", "gAMA", "iCCP", "mDCV", "cLLI", "sBIT", "sRGB":
		return true
	}
	return false
}

// beforePixels reports whether a chunk must precede IDAT.
func beforePixels(kind string) bool {
	switch kind {
	case "bKGD", "hIST", "pHYs", "sPLT", "tRNS":
		return true
	}
	return beforePalette(kind)
}

// onlyOnce reports whether a file may have one such chunk at most.
func onlyOnce(kind string) bool {
	switch kind {
	case "eXIf", "tIME":
		return true
	case "sPLT":
		return false
	}
	return beforePixels(kind)
}

// appendAncillary reads an ancillary chunk and appends it to chunks. It skips the
// chunks of an animation (section 11.3.6), and as libpng does those that break a rule.
func (c *chunkReader) appendAncillary(chunks []Chunk) ([]Chunk, error) {
	switch c.kind {
	case "acTL", "fcTL", "fdAT":
		return chunks, c.finish()
	}
	if breach := c.brokenRule(); breach != nil {
		return chunks, c.skip(breach)
	}
	const overhead = 256 // memory for a Chunk besides its data, while the slice grows
	if c.length+overhead > c.metadataLeft {
		return nil, corrupt("more than %d MiB of ancillary chunks", maxMetadata>>20)
	}
	c.metadataLeft -= c.length + overhead
	data, err := c.readData(c.length)
	if err != nil || c.damaged {
		return chunks, err
	}
	if onlyOnce(c.kind) {
		c.seen[c.kind] = true
	}
	return append(chunks, Chunk{c.kind, data}), nil
}

// brokenRule returns the rule of order, number or length that an ancillary chunk
// breaks, as an error that wraps ErrCorrupt; or nil.
func (c *chunkReader) brokenRule() error {
	switch {
	case c.part == afterPixels && beforePixels(c.kind):
		return corrupt("%s chunk at byte %d, after the image data", c.kind, c.offset)
	case c.part == afterPLTE && beforePalette(c.kind):
		return corrupt("%s chunk at byte %d, after the PLTE chunk", c.kind, c.offset)
	case c.seen[c.kind]:
		return corrupt("second %s chunk at byte %d", c.kind, c.offset)
	}
	if want, fixed := fixedLength(c.kind); fixed && c.length != want {
		return corrupt("invalid length %d of the %s chunk, expected %d", c.length, c.kind, want)
	}
	return nil
}

// skip tolerates a breach and skips the current chunk.
func (c *chunkReader) skip(breach error) error {
	if err := c.tolerate.Handle(breach); err != nil {
		return err
	}
	return c.finish()
}
