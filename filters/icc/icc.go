// Package icc reads colour profiles (ICC.1:2022, and ICC.1:2001-04 for version 2),
// converts pixels that they describe to sRGB, and makes profiles of gray.
//
// It reads what pictures carry: RGB with a matrix and curves, gray with a curve,
// and RGB and CMYK with look-up tables. Sections are those of ICC.1:2022.
//
// Colours are converted relative to the medium's white, by the perceptual table if
// there are tables, with black point compensation. Colours outside of sRGB are
// clipped.
package icc

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrProfile marks a profile that is broken, or of a kind that is not read.
var ErrProfile = errors.New("unusable colour profile")

func unusable(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrProfile, fmt.Errorf(format, args...))
}

// A Space is the colour space of the pixels that a profile describes (section
// 7.2.6).
type Space string

// The colour spaces of the profiles that are read.
const (
	RGB  Space = "RGB "
	Gray Space = "GRAY"
	CMYK Space = "CMYK"
)

// A Profile is a profile that has been read. One goroutine may use it at a time.
type Profile struct {
	space      Space
	version    byte           // the major one
	lab        bool           // tables and gray's curve lead to CIELAB, not to CIEXYZ
	table      *table         // to CIELAB or CIEXYZ; nil if there are curves
	perceptual bool           // the table is the perceptual one
	stored     []*storedCurve // to light: of red, green and blue, or of gray
	rawCurves  [][]byte       // the bytes of these
	curves     []curve        // the same as knots; see makeCurves
	colorants  [3][3]float32  // CIEXYZ, by row, of red, green and blue, by column
}

const (
	headerSize = 128
	entrySize  = 12       // of the table of tags
	maxSize    = 16 << 20 // bytes of a profile; its tables take up to four times as much in memory
)

// SpaceOf returns the colour space that a profile names; "" if data are no profile.
func SpaceOf(data []byte) Space {
	if len(data) < headerSize {
		return ""
	}
	return Space(data[16:20])
}

// Parse reads a profile. It keeps parts of data. The error is an ErrProfile.
func Parse(data []byte) (*Profile, error) {
	if len(data) < headerSize+4 || string(data[36:40]) != "acsp" {
		return nil, unusable("it has no header")
	}
	if len(data) > maxSize {
		return nil, unusable("it has more than %d bytes", maxSize)
	}
	p := &Profile{space: SpaceOf(data), version: data[8]}
	switch connection := string(data[20:24]); connection {
	case "Lab ":
		p.lab = true
	case "XYZ ":
	default:
		return nil, unusable("it leads to %q", connection)
	}
	tags := tagsOf(data)
	var err error
	switch p.space {
	case RGB, CMYK:
		for _, name := range []string{"A2B0", "A2B1"} { // perceptual, relative colorimetric
			if tag, ok := tags[name]; ok {
				if p.table, err = readTable(tag, p.channels(), p.lab); err != nil {
					return nil, err
				}
				p.perceptual = name == "A2B0"
				return p, nil
			}
		}
		if p.space == CMYK || p.lab {
			return nil, unusable("it has no table")
		}
		err = p.readMatrix(tags)
	case Gray:
		err = p.readCurves(tags, "kTRC")
	default:
		err = unusable("it describes %q", p.space)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// channels returns how many samples a pixel has.
func (p *Profile) channels() int {
	return map[Space]int{Gray: 1, RGB: 3, CMYK: 4}[p.space]
}

// tagsOf returns the data of a profile's tags by their names (section 7.3). A tag
// outside of the profile is left out.
func tagsOf(data []byte) map[string][]byte {
	be := binary.BigEndian
	tags := map[string][]byte{}
	entries := data[headerSize+4:]
	for range min(int(be.Uint32(data[headerSize:])), len(entries)/entrySize) {
		at, n := int64(be.Uint32(entries[4:])), int64(be.Uint32(entries[8:]))
		if at+n <= int64(len(data)) {
			tags[string(entries[:4])] = data[at : at+n]
		}
		entries = entries[entrySize:]
	}
	return tags
}

// readMatrix reads the colorants and the curves of RGB (section 8.3.3).
func (p *Profile) readMatrix(tags map[string][]byte) error {
	for i, name := range []string{"rXYZ", "gXYZ", "bXYZ"} {
		tag := tags[name]
		if len(tag) < 20 || string(tag[:4]) != "XYZ " {
			return unusable("it has no %s", name)
		}
		for k := range 3 {
			p.colorants[k][i] = fixed(tag[8+4*k:])
		}
	}
	return p.readCurves(tags, "rTRC", "gTRC", "bTRC")
}

func (p *Profile) readCurves(tags map[string][]byte, names ...string) error {
	for i, name := range names {
		tag, ok := tags[name]
		if !ok {
			return unusable("it has no %s", name)
		}
		if i > 0 && string(tag) == string(p.rawCurves[0]) {
			p.stored, p.rawCurves = append(p.stored, p.stored[0]), append(p.rawCurves, p.rawCurves[0])
			continue
		}
		c, size, err := readCurve(tag)
		if err != nil {
			return err
		}
		p.stored, p.rawCurves = append(p.stored, &c), append(p.rawCurves, tag[:size])
	}
	return nil
}

// makeCurves makes the curves, before the first colour is converted. Gray of most profiles
// needs none of them, and they are the larger part of the time to read a profile.
func (p *Profile) makeCurves() {
	if p.curves != nil {
		return
	}
	for _, c := range p.stored {
		p.curves = append(p.curves, c.curve())
	}
}

// fixed reads an s15Fixed16Number (section 4.6).
func fixed(b []byte) float32 { return float32(int32(binary.BigEndian.Uint32(b))) / 65536 }
