package jpegdct

import (
	"errors"
	"fmt"
)

// What is wrong with a JPEG is told by an error that wraps one of these and
// says what and where, so its text can be shown as it is. An error of the
// underlying reader or writer is returned as it came.
var (
	// ErrCorrupt marks bytes that ITU-T T.81 does not allow.
	ErrCorrupt = errors.New("corrupt JPEG")
	// ErrTruncated marks a JPEG that ends before all its coefficients came.
	ErrTruncated = errors.New("truncated JPEG")
	// ErrUnsupported marks a valid JPEG that the called operation doesn't do;
	// as long as [Reader.Replay] is possible, another decoder may.
	ErrUnsupported = errors.New("unsupported JPEG")
)

func corrupt(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrCorrupt, fmt.Sprintf(format, args...))
}

func truncated(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrTruncated, fmt.Sprintf(format, args...))
}

func unsupported(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnsupported, fmt.Sprintf(format, args...))
}

// A Process is the coding process that the frame header announces
// (T.81, table B.1).
type Process uint8

const (
	Baseline     Process = iota // SOF0: sequential DCT, Huffman, 8 bits
	Extended                    // SOF1: sequential DCT, Huffman, 8 or 12 bits
	Progressive                 // SOF2: progressive DCT, Huffman
	Lossless                    // SOF3, SOF11: predictive, no DCT
	Arithmetic                  // SOF9, SOF10: DCT with arithmetic coding
	Hierarchical                // DHP, SOF5 to SOF7, SOF13 to SOF15: several frames
)

func (p Process) String() string {
	return [...]string{"baseline", "extended sequential", "progressive", "lossless", "arithmetic", "hierarchical"}[p]
}

// A ColorSpace says what the components are, by libjpeg's rules: JFIF means
// YCbCr, an Adobe segment says which, and without either the component
// identifiers decide.
type ColorSpace uint8

const (
	UnknownColor ColorSpace = iota // 2 components, or more than 4
	Gray                           // 1 component: luma
	YCbCr                          // 3 components, BT.601
	RGB                            // 3 components
	CMYK                           // 4 components; inverted (0 is full ink) where Header.Adobe is set
	YCCK                           // 4 components: CMY as YCbCr, and K; inverted likewise
)

func (c ColorSpace) String() string {
	return [...]string{"unknown colour", "gray", "YCbCr", "RGB", "CMYK", "YCCK"}[c]
}

// A QuantTable is a quantisation table in zigzag order (T.81, B.2.4.1);
// each element is 1..65535, and 1..255 in a baseline file.
type QuantTable [64]uint16

// A Component is one entry of the frame header (T.81, B.2.2).
type Component struct {
	ID   byte // as it stands in the file
	H, V int  // sampling factors, 1..4
	Tq   int  // quantisation table's slot, 0..3
}

// A Segment is an application (APP0 to APP15) or comment segment.
type Segment struct {
	Marker byte   // 0xE0..0xEF or 0xFE
	Data   []byte // without marker and length, at most 65533 bytes
}

// Marker codes (T.81, table B.1) that callers meet in a [Segment].
const (
	APP0  = 0xE0
	APP1  = 0xE1
	APP2  = 0xE2
	APP13 = 0xED
	APP14 = 0xEE
	COM   = 0xFE
)

// JFIF is what the JFIF segment says apart from its thumbnail (T.871, 10.1).
type JFIF struct {
	Major, Minor byte
	Units        byte // 0: Xdensity:Ydensity is the pixel aspect ratio; 1: per inch; 2: per cm
	Xdensity     uint16
	Ydensity     uint16
}

// A Header is everything that stands before the first scan's data.
type Header struct {
	Width, Height   int // pixels; 1..65535
	Precision       int // bits per sample, 8 or 12 (2..16 where lossless)
	Process         Process
	Components      []Component
	ColorSpace      ColorSpace
	Quant           [4]*QuantTable // by slot; nil where none is defined before the first scan
	RestartInterval int            // in MCUs; 0: none
	JFIF            *JFIF          // nil: no JFIF segment
	Adobe           bool           // there is an Adobe segment
	AdobeTransform  int            // its colour transform: 0 none, 1 YCbCr, 2 YCCK
	Segments        []Segment      // every APPn and COM before the first scan, in order, JFIF and Adobe among them
}

// maxSampling gives the largest sampling factors of the frame.
func (h *Header) maxSampling() (hmax, vmax int) {
	for _, c := range h.Components {
		hmax, vmax = max(hmax, c.H), max(vmax, c.V)
	}
	return hmax, vmax
}

// colorSpace applies libjpeg's rules (default_decompress_parms in jdapimin.c).
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

func (h *Header) componentIDs() string {
	ids := make([]byte, len(h.Components))
	for i, c := range h.Components {
		ids[i] = c.ID
	}
	return string(ids)
}

func parseJFIF(seg Segment) *JFIF {
	d := seg.Data
	if seg.Marker != APP0 || len(d) < 14 || string(d[:5]) != "JFIF\x00" {
		return nil
	}
	return &JFIF{Major: d[5], Minor: d[6], Units: d[7], Xdensity: be16(d[8:]), Ydensity: be16(d[10:])}
}

// parseAdobe gives the colour transform of an Adobe segment
// (Adobe Technical Note 5116, section 18).
func parseAdobe(seg Segment) (transform int, ok bool) {
	d := seg.Data
	if seg.Marker != APP14 || len(d) < 12 || string(d[:5]) != "Adobe" {
		return 0, false
	}
	return int(d[11]), true
}

func be16(b []byte) uint16 { return uint16(b[0])<<8 | uint16(b[1]) }
