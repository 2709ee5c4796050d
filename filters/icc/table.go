package icc

import (
	"encoding/binary"
	"slices"
)

// A table leads from a device's colours to CIELAB or CIEXYZ: by curves, a grid,
// curves, a matrix, and curves. Any of them may be missing; the grid only if there
// are three inputs.
type table struct {
	before  []curve
	grid    *grid
	between []curve
	matrix  *[12]float32 // 3 x 3 by rows, and what is added
	after   []curve
	decode  encoding
}

// at returns the CIELAB or CIEXYZ of a colour.
func (t *table) at(v [4]float32) (x, y, z float32) {
	for i, c := range t.before {
		v[i] = c.at(v[i])
	}
	return t.behindCurves(&v)
}

// behindCurves is at for what the first curves lead to.
func (t *table) behindCurves(v *[4]float32) (x, y, z float32) {
	x, y, z = v[0], v[1], v[2]
	if t.grid != nil {
		x, y, z = t.grid.at(v)
	}
	if c := t.between; c != nil {
		x, y, z = c[0].at(x), c[1].at(y), c[2].at(z)
	}
	if m := t.matrix; m != nil {
		x, y, z = dot(m[0], m[1], m[2], x, y, z)+m[9], dot(m[3], m[4], m[5], x, y, z)+m[10], dot(m[6], m[7], m[8], x, y, z)+m[11]
	}
	if c := t.after; c != nil {
		x, y, z = c[0].at(x), c[1].at(y), c[2].at(z)
	}
	d := &t.decode
	return float32(x*d[0].scale) + d[0].offset, float32(y*d[1].scale) + d[1].offset, float32(z*d[2].scale) + d[2].offset
}

// An encoding says how the numbers 0 to 1 that tables store are CIELAB or CIEXYZ
// (section 6.3.4).
type encoding [3]struct{ scale, offset float32 }

const (
	mostXYZ = 1 + 32767./32768
	older   = 65535. / 65280 // a lut16Type's CIELAB (section 10.10)
)

var (
	encodingXYZ      = encoding{{mostXYZ, 0}, {mostXYZ, 0}, {mostXYZ, 0}}
	encodingLab      = encoding{{100, 0}, {255, -128}, {255, -128}}
	encodingOlderLab = encoding{{100 * older, 0}, {255 * older, -128}, {255 * older, -128}}
)

// readTable reads an A2B tag with the given number of inputs.
func readTable(tag []byte, inputs int, lab bool) (*table, error) {
	if len(tag) < 52 && (len(tag) < 32 || string(tag[:4]) != "mAB ") {
		return nil, unusable("a table is cut off")
	}
	if int(tag[8]) != inputs || tag[9] != 3 {
		return nil, unusable("a table from %d to %d channels", tag[8], tag[9])
	}
	t := &table{decode: encodingXYZ}
	if lab {
		t.decode = encodingLab
	}
	switch kind := string(tag[:4]); kind {
	case "mft1":
		return t, t.readLut(tag, inputs, lut{data: tag[48:], in: 256, out: 256, width: 1})
	case "mft2":
		if lab {
			t.decode = encodingOlderLab
		}
		be := binary.BigEndian
		return t, t.readLut(tag, inputs, lut{data: tag[52:], in: int(be.Uint16(tag[48:])), out: int(be.Uint16(tag[50:])), width: 2})
	case "mAB ":
		return t, t.readLutAToB(tag, inputs)
	default:
		return nil, unusable("a table of type %q", kind)
	}
}

// A lut is what the samples of a lut8Type or a lut16Type are.
type lut struct {
	data    []byte
	in, out int // knots of a curve
	width   int // bytes of a sample
}

// readLut reads a lut8Type or a lut16Type (sections 10.10 and 10.11). Their matrix is
// for CIEXYZ as input, and is left out.
func (t *table) readLut(tag []byte, inputs int, l lut) error {
	if l.in < 2 || l.out < 2 {
		return unusable("a curve of one value")
	}
	var points [4]int
	for i := range inputs {
		points[i] = int(tag[10])
	}
	nodes, err := nodesOf(points[:inputs])
	if err != nil {
		return err
	}
	if inputs*l.in+3*(nodes+l.out) > len(l.data)/l.width {
		return unusable("a table is cut off")
	}
	take := func(n int) []float32 {
		data := l.data[:n*l.width]
		l.data = l.data[n*l.width:]
		return values(data, l.width)
	}
	for range inputs {
		t.before = append(t.before, take(l.in))
	}
	t.grid = newGrid(points[:inputs], take(3*nodes))
	for range 3 {
		t.after = append(t.after, take(l.out))
	}
	if !slices.ContainsFunc(t.after, curve.bends) { // as usual
		t.after = nil
	}
	return nil
}

// readLutAToB reads a lutAToBType (section 10.12). Its parts stand at offsets, which
// are 0 for parts that are missing.
func (t *table) readLutAToB(tag []byte, inputs int) (err error) {
	part := func(i int) []byte {
		at := int64(binary.BigEndian.Uint32(tag[12+4*i:]))
		return tag[min(at, int64(len(tag))):]
	}
	has := func(i int) bool { return binary.BigEndian.Uint32(tag[12+4*i:]) != 0 }
	const b, matrix, m, clut, a = 0, 1, 2, 3, 4
	if t.after, err = readCurveSet(part(b), 3); err != nil {
		return err
	}
	if has(matrix) {
		data := part(matrix)
		if len(data) < 48 {
			return unusable("a table's matrix is cut off")
		}
		t.matrix = new([12]float32)
		for i := range t.matrix {
			t.matrix[i] = fixed(data[4*i:])
		}
	}
	if has(m) {
		if t.between, err = readCurveSet(part(m), 3); err != nil {
			return err
		}
	}
	if has(a) {
		if t.before, err = readCurveSet(part(a), inputs); err != nil {
			return err
		}
	}
	if !has(clut) {
		if inputs != 3 {
			return unusable("a table has no grid")
		}
		return nil
	}
	t.grid, err = readGrid(part(clut), inputs)
	return err
}

// readCurveSet reads n curves, each of which begins at a multiple of 4 bytes.
func readCurveSet(data []byte, n int) ([]curve, error) {
	var all []curve
	for range n {
		c, size, err := readCurve(data)
		if err != nil {
			return nil, err
		}
		all = append(all, c.curve())
		data = data[min((size+3)&^3, len(data)):]
	}
	return all, nil
}
