package jpegdct

import (
	"bytes"
	"testing"
)

// TestGrayOfLargeDC: DC differences beyond those that 8-bit samples need are kept, if the
// source's table has codes for them. After each block with a large DC comes one with a
// small, which shows whether the difference was exact.
func TestGrayOfLargeDC(t *testing.T) {
	dcs := []int32{3000, 12, -2500, -40, 16000, 90, -16000, 7, -4100, 3, 2047, -1, 9000, 1, -9000, 0, 40, 80, -4096, 4, 8191, -60, 1, -2, 30, 8192, -9, 5, 6, 7, 16383, 100}
	for _, progressive := range []bool{false, true} {
		in := largeDC(dcs, progressive)
		want, err := decoded(in, 8)
		if err != nil {
			t.Fatal(err)
		}
		out, told, err := do(in, tolerantOperations["gray"], true)
		if err != nil {
			t.Errorf("progressive %v: %v, breaches %v", progressive, err, told)
			continue
		}
		got, err := decoded(out, 8)
		if err != nil || !bytes.Equal(tight(got.Planes[0]), tight(want.Planes[0])) {
			t.Errorf("progressive %v: luma differs from the source's (%v)", progressive, err)
		}
	}
}

// largeDC returns a picture of 4:2:0 that is 8 blocks wide and has the given luma DCs, in the
// order of its MCUs.
func largeDC(dcs []int32, progressive bool) []byte {
	var out bytes.Buffer
	o := newOutput(&out, 1<<10)
	o.writeMarker(mSOI)
	o.writeDQT(0, StandardQuant(false, 100)) // each element is 1
	sof, se := byte(mSOF0), 63
	if progressive {
		sof, se = mSOF2, 0
	}
	o.writeSOF(sof, 64, len(dcs)/8*8, []Component{{ID: 1, H: 2, V: 2}, {ID: 2, H: 1, V: 1}, {ID: 3, H: 1, V: 1}})
	dc := mustHuffman([]byte{3: 8, 4: 8, 15: 0}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
	o.writeDHT(0, 0, dc)
	o.writeDHT(1, 0, mustHuffman([]byte{0: 1, 15: 0}, 0))
	o.writeSOS(0, se, 0, 0, scanEntry{id: 1}, scanEntry{id: 2}, scanEntry{id: 3})
	block := func(diff int32) {
		size := category(diff)
		c := newGrayDCCodes(dc).codes[size]
		o.writeBits(dcBits(&c, diff, size))
		if !progressive {
			o.writeBits(0, 1) // EOB
		}
	}
	pred := int32(0)
	for i, v := range dcs {
		block(v - pred)
		if pred = v; i%4 == 3 {
			block(0)
			block(0)
		}
	}
	o.align()
	o.writeMarker(mEOI)
	_ = o.flush() // to memory
	return out.Bytes()
}
