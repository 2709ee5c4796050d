package jpegdct

// DropChroma makes a picture gray before another method processes it. The Header, Gray,
// Scale and Decode become what they are for the output of Gray, but the input is parsed
// once. Chroma is skipped as Gray skips it: it must be complete, and is not decoded.
//
// DropChroma returns [ErrUnsupported] where Gray does, and then changes nothing.
func (r *Reader) DropChroma() error {
	if r.used {
		return errUsed
	}
	if err := r.checkLuma(); err != nil {
		return err
	}
	r.hdr.Components = []Component{{ID: r.frame.comps[0].ID, H: 1, V: 1}}
	r.hdr.ColorSpace = Gray
	r.hdr.Adobe, r.hdr.AdobeTransform = false, 0
	return nil
}

// kept returns the components that are not dropped.
func (r *Reader) kept() []frameComponent { return r.frame.comps[:len(r.hdr.Components)] }

// drops reports whether a component of a scan is dropped. Dropped components are the last
// ones of a scan.
func (r *Reader) drops(c scanComponent) bool { return c.index >= len(r.kept()) }
