package jpegdct

import "math/bits"

// sequentialScans calls decode for each scan of a sequential file; decode reads the
// data of the scan from e. There is more than one scan if not all components are
// interleaved. sequentialScans checks that the first needed components came, and if
// the EOI marker is missing, that all came.
func (r *Reader) sequentialScans(e *entropyReader, needed int, decode func(*scan) error) error {
	seen := uint(0)
	for sc := r.firstScan; ; {
		for _, c := range sc.comps {
			if seen&(1<<c.index) != 0 {
				return corrupt("component %d is in two scans", c.index+1)
			}
			seen |= 1 << c.index
		}
		if err := decode(&sc); err != nil {
			return err
		}
		if err := r.settle(e); err != nil {
			return err
		}
		next, more, eoi, err := r.nextScan(e.marker)
		switch {
		case err != nil:
			return err
		case more:
			sc = next
			e.resume()
			continue
		case !eoi:
			needed = len(r.frame.comps)
		}
		if bits.TrailingZeros(^seen) < needed {
			return truncated("file ends after %d of %d components", bits.OnesCount(seen), len(r.frame.comps))
		}
		return nil
	}
}

// settle tells Tolerate what broke the standard in the data that e has read.
func (r *Reader) settle(e *entropyReader) error {
	breach := e.breach
	if e.breach = nil; breach == nil {
		return nil
	}
	return r.options.Tolerate.Handle(breach)
}
