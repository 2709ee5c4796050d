package tiff

import (
	"math"
	"slices"
)

// segments are the strips or the tiles of a page: parts of the picture that are
// compressed one by one (sections 3 and 15). They lie row by row, and plane by plane
// where samples are in planes.
type segments struct {
	kind          string // "strip" or "tile"
	width, height int    // of a segment, in pixels; the last strip has fewer rows
	across, down  int    // segments of the picture
	offsets       []int  // in the file
	counts        []int  // bytes; 0: not known
	sorted        []int  // offsets, in the order of the file; nil until they are needed
}

// readSegments reads where the segments are.
func (p *Page) readSegments() error {
	d, s := p.d, &p.segments
	offsets, counts := uint16(tagStripOffsets), uint16(tagStripByteCounts)
	if d.has(tagTileWidth) {
		s.kind, s.width, s.height = "tile", d.int(tagTileWidth, 0), d.int(tagTileLength, 0)
		if d.has(tagTileOffsets) { // some programs write a tile's place as a strip's
			offsets, counts = tagTileOffsets, tagTileByteCounts
		}
	} else {
		s.kind, s.width, s.height = "strip", p.Width, d.int(tagRowsPerStrip, p.Height)
		if s.height <= 0 {
			if err := p.r.tolerate("%d rows a strip", s.height); err != nil {
				return err
			}
			s.height = p.Height
		}
		s.height = min(s.height, p.Height)
	}
	const most = 1 << 24 // pixels of a side
	if s.width <= 0 || s.height <= 0 || s.kind == "tile" && (s.width > most || s.height > most) {
		return corrupt("a %s of %d x %d pixels", s.kind, s.width, s.height)
	}
	s.across, s.down = (p.Width+s.width-1)/s.width, (p.Height+s.height-1)/s.height
	if float64(p.planeCount())*float64(s.segmentBytes(&p.storage)) > math.MaxInt64/1024 {
		return unsupported("a %s of %d x %d pixels with %d samples", s.kind, s.width, s.height, p.samples)
	}
	n := s.across * s.down
	if n > len(d.data) { // a value takes a byte
		return truncated("%d %ss", n, s.kind)
	}
	n *= p.planeCount()
	s.offsets = d.ints(offsets, n)
	if len(s.offsets) < n {
		return truncated("it has %d of %d %ss", len(s.offsets), n, s.kind)
	}
	if s.counts = d.ints(counts, n); len(s.counts) < n {
		s.counts = append(s.counts, make([]int, n-len(s.counts))...)
		if p.compression != compressionNone || len(d.ints(counts, 1)) > 0 {
			return p.r.tolerate("the length of a %s is missing", s.kind)
		}
	}
	return nil
}

// planeCount returns how many planes are stored one after another.
func (s *storage) planeCount() int {
	if s.planes {
		return s.samples
	}
	return 1
}

// rowBytes returns the bytes of a row of a segment, decompressed.
func (s *segments) rowBytes(st *storage) int {
	samples := st.samples
	if st.planes {
		samples = 1
	}
	return (s.width*samples*st.bits + 7) / 8
}

// segmentBytes returns the bytes of a segment, decompressed.
func (s *segments) segmentBytes(st *storage) int { return s.height * s.rowBytes(st) }

// segment returns the compressed bytes of segment i. A length that is missing, or that
// reaches behind the end of the file, is taken to reach to the next segment, to the IFD
// or to the end of the file.
func (p *Page) segment(i int) ([]byte, error) {
	data, from, n := p.r.data, p.offsets[i], p.counts[i]
	if from < 0 || from >= len(data) {
		return nil, truncated("%s %d of %d is not in the file", p.kind, i+1, len(p.offsets))
	}
	if from == 0 {
		return nil, corrupt("%s %d of %d is missing", p.kind, i+1, len(p.offsets))
	}
	if n > 0 && n <= len(data)-from {
		return data[from : from+n], nil
	}
	if err := p.r.tolerate("%s %d of %d has a length of %d bytes", p.kind, i+1, len(p.offsets), n); err != nil {
		return nil, err
	}
	if p.sorted == nil {
		p.sorted = slices.Sorted(slices.Values(p.offsets))
	}
	end := len(data)
	if p.d.ifd >= from {
		end = p.d.ifd
	}
	if next, _ := slices.BinarySearch(p.sorted, from+1); next < len(p.sorted) {
		end = min(end, p.sorted[next])
	}
	return data[from:end], nil
}
