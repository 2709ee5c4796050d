package icc

import "encoding/binary"

// A table leads from a device's colours to CIELAB or CIEXYZ: by curves, a grid,
// curves, a matrix, and curves. Any of them may be missing; the grid only if there
// are three inputs.
type table struct {
	before  []curve
	grid    *grid
	between []curve
	matrix  *[12]float32 // 3 x 3 by rows, and what is added
	after   []curve
	decode  func(v [3]float32) [3]float32
}

// at returns the CIELAB or CIEXYZ of a colour.
func (t *table) at(v [4]float32) [3]float32 {
	for i, c := range t.before {
		v[i] = c.at(v[i])
	}
	out := [3]float32{v[0], v[1], v[2]}
	if t.grid != nil {
		out = t.grid.at(v)
	}
	for i, c := range t.between {
		out[i] = c.at(out[i])
	}
	if m := t.matrix; m != nil {
		x, y, z := out[0], out[1], out[2]
		for i := range out {
			out[i] = m[3*i]*x + m[3*i+1]*y + m[3*i+2]*z + m[9+i]
		}
	}
	for i, c := range t.after {
		out[i] = c.at(out[i])
	}
	return t.decode(out)
}

// decodeLab and decodeXYZ convert what tables store, 0 to 1, to CIELAB and CIEXYZ
// (section 6.3.4).
func decodeLab(v [3]float32) [3]float32 {
	return [3]float32{v[0] * 100, v[1]*255 - 128, v[2]*255 - 128}
}

func decodeXYZ(v [3]float32) [3]float32 {
	const most = 1 + 32767./32768
	return [3]float32{v[0] * most, v[1] * most, v[2] * most}
}

// decodeOldLab is decodeLab of a lut16Type (section 10.10).
func decodeOldLab(v [3]float32) [3]float32 {
	const f = 65535. / 65280
	return decodeLab([3]float32{v[0] * f, v[1] * f, v[2] * f})
}

// readTable reads an A2B tag with the given number of inputs.
func readTable(tag []byte, inputs int, lab bool) (*table, error) {
	if len(tag) < 52 && (len(tag) < 32 || string(tag[:4]) != "mAB ") {
		return nil, unusable("a table is cut off")
	}
	if int(tag[8]) != inputs || tag[9] != 3 {
		return nil, unusable("a table from %d to %d channels", tag[8], tag[9])
	}
	t := &table{decode: decodeXYZ}
	if lab {
		t.decode = decodeLab
	}
	switch kind := string(tag[:4]); kind {
	case "mft1":
		return t, t.readLut(tag, inputs, lut{data: tag[48:], in: 256, out: 256, width: 1})
	case "mft2":
		if lab {
			t.decode = decodeOldLab
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
		all = append(all, c)
		data = data[min((size+3)&^3, len(data)):]
	}
	return all, nil
}
