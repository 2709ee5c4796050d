package jpegdct

import (
	"bytes"
	"encoding/binary"
)

// breaches break the standard beside the coefficients: what is read is the same as
// without the breach. A breach that the data have no place for returns them unchanged.
var breaches = map[string]func(data []byte, m jpegMap) []byte{
	"a byte before RST": func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0x5A) },
	"bytes before RST":  func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0, 1, 2) },
	"FF00 before RST":   func(d []byte, m jpegMap) []byte { return insert(d, m.restarts, 0xFF, 0, 0xFF, 0) },
	"bytes before one RST": func(d []byte, m jpegMap) []byte {
		return insert(d, m.restarts[len(m.restarts)/2:][:min(1, len(m.restarts))], 7, 7)
	},
	"a byte after a scan":              func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFE) },
	"bytes after a scan":               func(d []byte, m jpegMap) []byte { return insert(d, m.ends, make([]byte, 70000)...) },
	"a last RST":                       func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0+byte(len(m.restarts)&7)) },
	"a last RST out of order":          func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0+byte((len(m.restarts)+1)&7)) },
	"intervals after a scan":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends, 0xFF, mRST0, 1, 2, 3, 0xFF, mRST0+1, 4) },
	"RST is 3 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 3) },
	"RST is 4 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 4) },
	"RST is 5 too high":                func(d []byte, m jpegMap) []byte { return renumbered(d, m, 5) },
	"bytes between segments":           func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0, 0x41, 0xFF, 0) },
	"bytes after SOI":                  func(d []byte, m jpegMap) []byte { return insert(d, m.segments[:1], make([]byte, 600)...) },
	"RST between segments":             func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, mRST7) },
	"a segment of length 0":            func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, COM, 0, 0) },
	"a segment of length 1":            func(d []byte, m jpegMap) []byte { return insert(d, m.segments, 0xFF, APP0, 0, 1) },
	"DNL for a known height":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends[:1], dnl(int(be16(d[m.sof+5:])))...) },
	"DNL for another height":           func(d []byte, m jpegMap) []byte { return insert(d, m.ends[:1], dnl(3)...) },
	"Ss, Se, Ah and Al of 0":           func(d []byte, m jpegMap) []byte { return withBand(d, m, 0, 0, 0) },
	"Ss, Se, Ah and Al without reason": func(d []byte, m jpegMap) []byte { return withBand(d, m, 5, 99, 0xA7) },
	"one identifier":                   withOneID,
}

// withBand sets the last three bytes of each scan header in a sequential frame.
func withBand(data []byte, m jpegMap, tail ...byte) []byte {
	if data[m.sof+1] == mSOF2 {
		return data
	}
	return edited(data, func(data []byte) {
		for _, at := range m.scans {
			copy(data[at-3:], tail)
		}
	})
}

// withOneID gives all components of a sequential frame, numbered from 1, the identifier 1.
func withOneID(data []byte, m jpegMap) []byte {
	if data[m.sof+1] == mSOF2 || data[m.sof+9] == 1 || data[m.sof+10] != 1 {
		return data
	}
	return edited(data, func(data []byte) {
		for i := range int(data[m.sof+9]) {
			data[m.sof+10+3*i] = 1
		}
		for _, at := range m.segments {
			if data[at+1] == mSOS {
				for i := range int(data[at+4]) {
					data[at+5+2*i] = 1
				}
			}
		}
	})
}

// renumbered returns data whose restart markers have by added to their numbers.
func renumbered(data []byte, m jpegMap, by byte) []byte {
	return edited(data, func(data []byte) {
		for _, at := range m.restarts {
			data[at+1] = mRST0 + (data[at+1]+by)&7
		}
	})
}

// withHeight returns data whose frame header says another height.
func withHeight(data []byte, m jpegMap, height int) []byte {
	return edited(data, func(data []byte) { binary.BigEndian.PutUint16(data[m.sof+5:], uint16(height)) })
}

// dnl returns a DNL segment.
func dnl(height int) []byte { return []byte{0xFF, mDNL, 0, 4, byte(height >> 8), byte(height)} }

// insert returns data with what before each offset in at.
func insert(data []byte, at []int, what ...byte) []byte {
	var out []byte
	last := 0
	for _, i := range at {
		out = append(append(out, data[last:i]...), what...)
		last = i
	}
	return append(out, data[last:]...)
}

// edited returns a copy of data that edit has changed.
func edited(data []byte, edit func(data []byte)) []byte {
	data = bytes.Clone(data)
	edit(data)
	return data
}

// A jpegMap says where the markers of a JPEG are.
type jpegMap struct {
	segments []int // DQT, SOF, APPn and so on, and SOS
	scans    []int // where the data of scans begin
	restarts []int
	ends     []int // the marker after each scan's data
	sof      int
}

// mapJPEG finds the markers of a whole, valid JPEG.
func mapJPEG(data []byte) (m jpegMap) {
	for at := 2; data[at+1] != mEOI; {
		m.segments = append(m.segments, at)
		if isSOF(data[at+1]) {
			m.sof = at
		}
		sos := data[at+1] == mSOS
		if at += 2 + int(be16(data[at+2:])); !sos {
			continue
		}
		m.scans = append(m.scans, at)
		i, marker := nextMarker(data, at)
		for ; isRestart(marker); i, marker = nextMarker(data, i+2) {
			m.restarts = append(m.restarts, i)
		}
		at = i
		m.ends = append(m.ends, at)
	}
	return m
}
