package cmd_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"
	"time"
)

// TestBombs has small files that claim, or decompress to, very much. A filter
// refuses each at once, or processes it within the limits.
func TestBombs(t *testing.T) {
	const memory = 64 // MiB
	header := func(size, interlace string, chunks ...string) string {
		return "\x89PNG\r\n\x1a\n" + chunk("IHDR", size+"\x08\x00\x00\x00"+interlace) + strings.Join(chunks, "")
	}
	const side16000, side1 = "\x00\x00\x3e\x80\x00\x00\x3e\x80", "\x00\x00\x00\x01\x00\x00\x00\x01"
	pixel, iend := chunk("IDAT", packed(2)), chunk("IEND", "")
	// The second IFD begins inside the first entry of the first IFD.
	overlapping := "\x0b\x00" + "\x01\x00\x03\x00\x01\x00\x00\x00\x00\x00\x09\x00" + page(8, 1, 1, 0)[2:110] +
		"\x2c\x01" + strings.Repeat("\x00", 10) + "\x14\x00\x00\x00"
	frame := ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
	for _, c := range []struct{ name, in, want string }{
		{"a GIF of 65,535 x 65,535", "GIF89a\xff\xff\xff\xff\x00\x00\x00" + frame + ";", "(-max-pixels)"},
		{"a GIF of 8000 x 8000 with one pixel", "GIF89a\x40\x1f\x40\x1f\x00\x00\x00" + frame + ";", "(-max-memory)"},
		{"a GIF of 1000 frames of 500 x 500", "GIF89a\xf4\x01\xf4\x01\x00\x00\x00" + strings.Repeat(frame, 1000) + ";", "(-max-memory)"},
		{"a GIF of 1,000,000 frames", "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + strings.Repeat(frame, 1e6) + ";", "(-max-frames)"},
		{"a GIF of 110 frames of 250 x 250, of which one pixel changes", "GIF89a\xfa\x00\xfa\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff" + strings.Repeat(frame, 110) + ";", ""},
		{"an animated PNG of 20,000 frames", animatedPNG(20000), "(-max-frames)"},
		{"an animated PNG of 9000 frames of one pixel", animatedPNG(9000), ""},
		{"an animated WebP of 20,000 frames", animatedWebP(20000), "(-max-frames)"},
		{"an animated WebP of 9000 frames of one pixel", animatedWebP(9000), ""},
		{"a PNG of 16,000 x 16,000 zeros", header(side16000, "\x00", chunk("IDAT", packed(16001*16000)), iend), "(-max-memory)"},
		{"the same interlaced", header(side16000, "\x01", chunk("IDAT", packed(16001*16000)), iend), "(-max-memory)"},
		{"a PNG of one pixel and 256 MiB", header(side1, "\x00", chunk("IDAT", packed(256<<20)), iend), ""},
		{"a PNG with 600,000 chunks", header(side1, "\x00", strings.Repeat(chunk("teSt", ""), 600000), pixel, iend), "corrupt PNG: more than 64 MiB of ancillary chunks"},
		{"a PNG of 1,000,000 empty chunks of pixels", header(side1, "\x00", strings.Repeat(chunk("IDAT", ""), 1e6), pixel, iend), ""},
		{"a PNG with a profile of 256 MiB", header(side1, "\x00", chunk("iCCP", "x\x00\x00"+packed(256<<20)), pixel, iend), ""},
		{"a PNG with 500 comments of 16 MiB", header(side1, "\x00", strings.Repeat(chunk("zTXt", "Comment\x00\x00"+packed(16<<20-1)), 500), pixel, iend), ""},
		{"a PNG column of 268,402,689 pixels", header("\x00\x00\x00\x01\x0f\xff\x80\x01", "\x00", chunk("IDAT", packed(2*268402689)), iend), "268402689 rows are more than the 4194304 that are processed"},
		{"a PNG row of 200,000,000 pixels", header("\x0b\xeb\xc2\x00\x00\x00\x00\x01", "\x00", pixel, iend), "(-max-memory)"},
		{"a BMP of 15,000 x 15,000", bmpHeader(15000, 24, 0), "truncated BMP: pixels end in row 0 of 15000"},
		{"a BMP of 15,000 x 15,000 that runs leave out", bmpHeader(15000, 8, 1) + strings.Repeat("\x00", 1024) + "\x00\x01", "(-max-memory)"},
		{"a BMP of 5000 x 5000 that runs leave out", bmpHeader(5000, 8, 1) + strings.Repeat("\x00", 1024) + "\x00\x01", ""},
		{"a TIFF of 16,000 x 16,000", tiff(page(8, 16000, 16000, 0)), "(-max-memory)"},
		{"a TIFF of 100,000 pages", tiff(pages(100000)...), "(-max-frames)"},
		{"a TIFF whose pages go round", tiff(page(8, 1, 1, 8)), "linked in a circle"},
		{"a TIFF whose directories overlap", tiff(overlapping), "its pages share directories"},
		{"a lossless WebP of 11,000 x 11,000", "RIFF\x1c\x00\x00\x00WEBPVP8L\x10\x00\x00\x00\x2f\xf7\xea\xbd\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "(-max-memory)"},
		{"a JPEG of 16,383 x 16,383 in 500 scans", progressive(16383, 16383, 500), "more than 32 scans over each of"},
		{"a JPEG of 4000 x 4000 in 500 scans", progressive(4000, 4000, 500), ""},
		{"a JPEG of 501 scans", progressive(16, 16, 501), "corrupt JPEG: more than 500 scans"},
		{"a JPEG of 1,000,000 comments", "\xff\xd8" + strings.Repeat("\xff\xfe\x00\x03x", 1e6) + progressive(16, 16, 1)[2:], "headers that take more than 64 MiB"},
		{"a PGM of 16,000 x 16,000", "P5 16000 16000 255\n", "(-max-memory)"},
		{"more than is to be held", "P5 1 1 255\n" + strings.Repeat("\x00", memory<<20), "(-max-memory)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, program := range []string{"imggray", "imgscale"} {
				got := measure(t, strings.NewReader(c.in), program, "-max-memory", "64")
				t.Logf("%s: %v, %d MiB, %s", program, got.CPU.Round(time.Millisecond), got.RSS>>20, got.stderr)
				switch {
				case c.want == "" && got.Status != 0:
					t.Errorf("%s: exit status %d: %s", program, got.Status, got.stderr)
				case c.want != "" && (got.Status != 1 || !strings.Contains(got.stderr, c.want) || len(got.stdout) > 0):
					t.Errorf("%s: exit status %d, %d bytes and %q, want 1, nothing and %q", program, got.Status, len(got.stdout), got.stderr, c.want)
				}
				if got.CPU > 10*time.Second {
					t.Errorf("%s: took %v", program, got.CPU)
				}
				most := int64(memory+2*len(c.in)>>20+24) << 20
				if got.RSS > most { // on a busy machine the garbage collector can fall behind
					got = measure(t, strings.NewReader(c.in), program, "-max-memory", "64")
				}
				if got.RSS > most {
					t.Errorf("%s: took %d MiB twice, want at most %d", program, got.RSS>>20, most>>20)
				}
			}
		})
	}
}

// chunk returns a chunk of a PNG.
func chunk(kind, data string) string {
	body := kind + data
	head := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	return string(head) + body + string(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(body))))
}

// bmpHeader returns the headers of a square BMP, whose palette and pixels follow.
func bmpHeader(side, bits, compression uint32) string {
	h := []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, v := range []uint32{0, 40, side, side, 1 | bits<<16, compression, 0, 0, 0, 0, 0} {
		h = binary.LittleEndian.AppendUint32(h, v)
	}
	return string(h)
}

// animatedPNG returns n frames of one pixel, black.
func animatedPNG(n int) string {
	be := binary.BigEndian
	long := func(v int) string { return string(be.AppendUint32(nil, uint32(v))) }
	out := "\x89PNG\r\n\x1a\n" + chunk("IHDR", long(1)+long(1)+"\x08\x00\x00\x00\x00") + chunk("acTL", long(n)+long(0))
	data := packed(2)
	var frames strings.Builder
	for i := range n {
		frames.WriteString(chunk("fcTL", long(max(0, 2*i-1))+long(1)+long(1)+long(0)+long(0)+"\x00\x01\x00\x0a\x00\x00"))
		if i == 0 {
			frames.WriteString(chunk("IDAT", data))
		} else {
			frames.WriteString(chunk("fdAT", long(2*i)+data))
		}
	}
	return out + frames.String() + chunk("IEND", "")
}

// animatedWebP returns n frames of one pixel on a canvas of 2 x 1, lossless.
func animatedWebP(n int) string {
	riff := func(kind, body string) string {
		return kind + string(binary.LittleEndian.AppendUint32(nil, uint32(len(body)))) + body
	}
	// Five Huffman codes of one symbol each, which takes no bits.
	image := riff("VP8L", "\x2f\x00\x00\x00\x00\x88\x88\x08\x00\x00")
	frame := riff("ANMF", strings.Repeat("\x00", 16)+image)
	return riff("RIFF", "WEBP"+riff("VP8X", "\x02"+strings.Repeat("\x00", 3)+"\x01\x00\x00\x00\x00\x00")+
		riff("ANIM", strings.Repeat("\x00", 6))+strings.Repeat(frame, n))
}

// packed is n zeros as a zlib stream (RFC 1950). One MiB is like the other once
// there is one before it, and so is what they are packed to: to pack them all
// takes a minute with the race detector.
func packed(n int64) string {
	const size = 1 << 20
	var out bytes.Buffer
	z := zlib.NewWriter(&out)
	pack := func(n int64) string {
		out.Reset()
		_, _ = io.CopyN(z, zeros{}, n) // a write to memory cannot fail
		_ = z.Flush()
		return out.String()
	}
	stream := pack(n % size)
	if n >= size {
		stream += pack(size)
	}
	if n >= 2*size {
		stream += strings.Repeat(pack(size), int(n/size)-1)
	}
	const end = "\x01\x00\x00\xff\xff" // an empty stored block, marked as the last
	return stream + end + string(binary.BigEndian.AppendUint32(nil, uint32(n%65521)<<16|1))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func tiff(parts ...string) string { return "II*\x00\x08\x00\x00\x00" + strings.Join(parts, "") }

// page returns the IFD of a gray page for the given offset. The offset of its only
// strip is the same.
func page(at, width, height, next int) string {
	le := binary.LittleEndian
	entries := [][3]int{{256, 4, width}, {257, 4, height}, {258, 3, 8}, {259, 3, 1}, {262, 3, 1}, {273, 4, at + 110}, {277, 3, 1}, {278, 4, height}, {279, 4, 1}}
	d := le.AppendUint16(nil, uint16(len(entries)))
	for _, e := range entries {
		d = le.AppendUint16(le.AppendUint16(d, uint16(e[0])), uint16(e[1]))
		d = le.AppendUint32(le.AppendUint32(d, 1), uint32(e[2]))
	}
	return string(le.AppendUint32(d, uint32(next)))
}

// pages returns n linked pages of one pixel each.
func pages(n int) []string {
	all := make([]string, n)
	for i := range all {
		next := 8 + (i+1)*len(page(0, 1, 1, 0))
		if i == n-1 {
			next = 0
		}
		all[i] = page(8+i*len(page(0, 1, 1, 0)), 1, 1, next)
	}
	return all
}

// progressive returns a gray JPEG with the given number of scans, all zeros: DC,
// then each bit of each AC coefficient in turn.
func progressive(width, height, scans int) string {
	segment := func(marker byte, data string) string {
		return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(2+len(data)))) + data
	}
	blocks := (width + 7) / 8 * ((height + 7) / 8)
	size := string([]byte{8, byte(height >> 8), byte(height), byte(width >> 8), byte(width), 1, 1, 0x11, 0})
	// DC: 0 is a difference of 0. AC: 0 is EOB14, 10 is EOB0.
	out := "\xff\xd8" + segment(0xdb, "\x00"+strings.Repeat("\x01", 64)) + segment(0xc2, size) +
		segment(0xc4, "\x00\x01"+strings.Repeat("\x00", 16)) + segment(0xc4, "\x10\x01\x01"+strings.Repeat("\x00", 14)+"\xe0\x00") +
		segment(0xda, "\x01\x01\x00\x00\x00\x00") + strings.Repeat("\x00", blocks/8) + string([]byte{0xff >> (blocks % 8)})[:min(1, blocks%8)]
	var bits strings.Builder
	left := blocks
	for ; left >= 1<<14; left -= min(left, 1<<15-1) {
		bits.WriteByte('0')
		for i := 13; i >= 0; i-- {
			bits.WriteByte('0' + byte(min(left, 1<<15-1)>>i&1))
		}
	}
	bits.WriteString(strings.Repeat("10", left))
	var ac strings.Builder
	for rest := bits.String() + "1111111"; len(rest) >= 8; rest = rest[8:] {
		b := byte(0)
		for i := range 8 {
			b = b<<1 | rest[i]&1
		}
		ac.WriteByte(b)
		if b == 0xff {
			ac.WriteByte(0)
		}
	}
	n := 1
	for low := 13; low >= 0; low-- {
		for k := byte(1); k < 64 && n < scans; k++ {
			high := byte(low+1) << 4
			if low == 13 {
				high = 0
			}
			out += segment(0xda, string([]byte{1, 1, 0, k, k, high | byte(low)})) + ac.String()
			n++
		}
	}
	return out + "\xff\xd9"
}
