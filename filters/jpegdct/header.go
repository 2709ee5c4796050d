package jpegdct

import (
	"errors"
	"fmt"
)

// An error about a JPEG wraps one of these. Its text says what is wrong and where,
// and can be shown to a user. An error of the underlying reader or writer is
// returned unchanged.
var (
	// ErrCorrupt marks bytes that ITU-T T.81 does not allow.
	ErrCorrupt = errors.New("corrupt JPEG")
	// ErrTruncated marks a JPEG that ends before all its coefficients are there.
	ErrTruncated = errors.New("truncated JPEG")
	// ErrUnsupported marks a valid JPEG that the called operation does not
	// support. Another decoder may support it: see [Reader.Replay].
	ErrUnsupported = errors.New("unsupported JPEG")
)

// ErrTwoComponents is the breach of a picture with two components where their meaning
// matters. It wraps ErrUnsupported.
var ErrTwoComponents error = &kindError{ErrUnsupported, "2 components of unknown colours, of which the first is taken for gray"}

func corrupt(format string, args ...any) error {
	return &kindError{ErrCorrupt, fmt.Sprintf(format, args...)}
}

func truncated(format string, args ...any) error {
	return &kindError{ErrTruncated, fmt.Sprintf(format, args...)}
}

func unsupported(format string, args ...any) error {
	return &kindError{ErrUnsupported, fmt.Sprintf(format, args...)}
}

// A kindError wraps ErrCorrupt, ErrTruncated or ErrUnsupported.
type kindError struct {
	kind error
	text string // what is wrong and where
}

func (e *kindError) Error() string { return e.kind.Error() + ": " + e.text }

func (e *kindError) Unwrap() error { return e.kind }

// A Process is a coding process, as the marker of the frame header says
// (T.81, table B.1).
type Process uint8

const (
	Baseline              Process = iota // SOF0: sequential DCT, Huffman, 8 bits
	Extended                             // SOF1: sequential DCT, Huffman, 8 or 12 bits
	Progressive                          // SOF2: progressive DCT, Huffman
	Arithmetic                           // SOF9: sequential DCT, arithmetic coding
	ProgressiveArithmetic                // SOF10: progressive DCT, arithmetic coding
	Lossless                             // SOF3, SOF11: predictive, no DCT
	Hierarchical                         // DHP, SOF5 to SOF7, SOF13 to SOF15: more than one frame
)

// processOf returns the process that the marker of a frame header says.
func processOf(marker byte) Process {
	switch marker {
	case mSOF0:
		return Baseline
	case mSOF1:
		return Extended
	case mSOF2:
		return Progressive
	case 0xC3, 0xCB:
		return Lossless
	case 0xC9:
		return Arithmetic
	case 0xCA:
		return ProgressiveArithmetic
	}
	return Hierarchical
}

func (p Process) String() string {
	return [...]string{"baseline", "extended sequential", "progressive", "arithmetic", "progressive arithmetic", "lossless", "hierarchical"}[p]
}

// A ColorSpace says what the components of a JPEG mean. It is determined by
// libjpeg's rules: a JFIF segment means YCbCr, an Adobe segment gives the colour
// transform, and without either the component identifiers decide.
type ColorSpace uint8

const (
	UnknownColor ColorSpace = iota // 2 components, or more than 4
	Gray                           // 1 component: luma
	YCbCr                          // 3 components, BT.601
	RGB                            // 3 components
	CMYK                           // 4 components, inverted: 0 is full ink
	YCCK                           // 4 components: CMY as YCbCr, and K; inverted as CMYK is
)

func (c ColorSpace) String() string {
	return [...]string{"unknown colour", "gray", "YCbCr", "RGB", "CMYK", "YCCK"}[c]
}

// A QuantTable is a quantisation table in zigzag order (T.81, B.2.4.1). Its
// elements are 1..65535, and 1..255 in a baseline file. In a file that breaks the
// standard an element can be 0: then the coefficient is 0.
type QuantTable [64]uint16

// A Component is a component's entry in the frame header (T.81, B.2.2).
type Component struct {
	ID   byte // component identifier
	H, V int  // horizontal and vertical sampling factors, 1..4
	Tq   int  // slot of the quantisation table, 0..3
}

// A Segment is an application (APP0 to APP15) or comment segment.
type Segment struct {
	Marker byte   // 0xE0..0xEF or 0xFE
	Data   []byte // without the marker and the length; at most 65533 bytes
}

// Marker codes (T.81, table B.1) of a [Segment].
const (
	APP0  = 0xE0
	APP1  = 0xE1
	APP2  = 0xE2
	APP13 = 0xED
	APP14 = 0xEE
	COM   = 0xFE
)

// JFIF has the fields of a JFIF segment, except the thumbnail (T.871, 10.1).
type JFIF struct {
	Major, Minor byte // version
	// Units is the unit of the densities: 1 for pixels per inch, 2 for pixels per cm. If
	// it is 0, Xdensity:Ydensity is the aspect ratio of the pixels.
	Units    byte
	Xdensity uint16
	Ydensity uint16
}

// A Header has the contents of all segments before the data of the first scan.
type Header struct {
	Width, Height   int // in pixels, 1..65535
	Precision       int // bits per sample, 8 or 12; 2..16 if lossless
	Process         Process
	Components      []Component
	ColorSpace      ColorSpace
	Quant           [4]*QuantTable // by slot; nil if not defined before the first scan
	RestartInterval int            // in MCUs; 0: none
	JFIF            *JFIF          // nil: no JFIF segment
	Adobe           bool           // there is an Adobe segment
	AdobeTransform  int            // colour transform of the Adobe segment: 0 none, 1 YCbCr, 2 YCCK
	Segments        []Segment      // APPn and COM segments in the order of the file, JFIF and Adobe segments included
}

// maxSampling returns the largest sampling factors, Hmax and Vmax (T.81, A.1.1).
func (h *Header) maxSampling() (hmax, vmax int) {
	for _, c := range h.Components {
		hmax, vmax = max(hmax, c.H), max(vmax, c.V)
	}
	return hmax, vmax
}

// colorSpace determines the colour space by libjpeg's rules
// (default_decompress_parms in jdapimin.c).
func (h *Header) colorSpace() ColorSpace {
	switch len(h.Components) {
	case 1:
		return Gray
	case 3:
		switch {
		case h.JFIF != nil:
			return YCbCr
		case h.Adobe && h.AdobeTransform == 0:
			return RGB
		case h.Adobe:
			return YCbCr
		case h.componentIDs() == "RGB":
			return RGB
		}
		return YCbCr
	case 4:
		if h.Adobe && h.AdobeTransform != 0 {
			return YCCK
		}
		return CMYK
	}
	return UnknownColor
}

// sharedIDs reports whether two components have the same identifier.
func (h *Header) sharedIDs() bool {
	seen := map[byte]bool{}
	for _, c := range h.Components {
		seen[c.ID] = true
	}
	return len(seen) < len(h.Components)
}

// componentIDs returns the component identifiers as a string of bytes.
func (h *Header) componentIDs() string {
	ids := make([]byte, len(h.Components))
	for i, c := range h.Components {
		ids[i] = c.ID
	}
	return string(ids)
}

// parseJFIF parses a JFIF segment (T.871, 10.1). It returns nil for any other
// segment.
func parseJFIF(seg Segment) *JFIF {
	d := seg.Data
	if seg.Marker != APP0 || len(d) < 14 || string(d[:5]) != "JFIF\x00" {
		return nil
	}
	return &JFIF{Major: d[5], Minor: d[6], Units: d[7], Xdensity: be16(d[8:]), Ydensity: be16(d[10:])}
}

// parseAdobe returns the colour transform of an Adobe segment (T.872, 6.5.3; Adobe
// Technical Note 5116, section 18). For any other segment ok is false.
func parseAdobe(seg Segment) (transform int, ok bool) {
	d := seg.Data
	if seg.Marker != APP14 || len(d) < 12 || string(d[:5]) != "Adobe" {
		return 0, false
	}
	return int(d[11]), true
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
