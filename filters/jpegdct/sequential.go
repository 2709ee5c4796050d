package jpegdct

import "math/bits"

// sequentialScans calls decode for each scan of a sequential file, to read its
// data from e: one scan, or several if the components are not interleaved. It
// checks that the first needed components came, and without EOI all of them.
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
