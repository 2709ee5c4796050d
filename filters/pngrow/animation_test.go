package pngrow

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"strings"
	"testing"
)

// TestAnimation writes an animation of three frames and reads it again.
func TestAnimation(t *testing.T) {
	controls := []FrameControl{
		{Rect: image.Rect(0, 0, 3, 2), DelayNum: 1, DelayDen: 30, Dispose: DisposeBackground},
		{Rect: image.Rect(1, 1, 3, 2), DelayNum: 5, Dispose: DisposePrevious, Over: true},
		{Rect: image.Rect(0, 0, 1, 1)},
	}
	images := [][]string{{"abc", "def"}, {"gh"}, {"i"}}
	var file bytes.Buffer
	e, err := NewAnimationWriter(&file, Header{Width: 3, Height: 2, BitDepth: 8, ColourType: Gray}, 3, 7, controls[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range images[0] {
		if err := e.WriteRow([]byte(row)); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i < 3; i++ {
		if err := e.WriteFrame(controls[i], func(y int) []byte { return []byte(images[i][y]) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}

	if still := rowsOf(t, newReader(t, file.Bytes())); still != "abcdef" {
		t.Errorf("the still image is %q", still)
	}
	a, err := ReadAnimation(file.Bytes(), 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Frames) != 3 || a.Plays != 7 {
		t.Fatalf("%d frames, %d plays", len(a.Frames), a.Plays)
	}
	for i, f := range a.Frames {
		if f.FrameControl != controls[i] || f.Still != (i == 0) {
			t.Errorf("frame %d is %v, still %v; want %v", i, f.FrameControl, f.Still, controls[i])
		}
		if f.Still {
			continue
		}
		r, err := a.FrameReader(i)
		if err != nil {
			t.Fatal(err)
		}
		if got := rowsOf(t, r); got != strings.Join(images[i], "") {
			t.Errorf("frame %d has the pixels %q, want %q", i, got, images[i])
		}
	}
}

func newReader(t *testing.T, data []byte) *Reader {
	r, err := NewReader(bytes.NewReader(data), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rowsOf returns the pixels that a Reader gives.
func rowsOf(t *testing.T, r *Reader) (all string) {
	row := make([]byte, r.RowBytes())
	for range r.Header().Height {
		if err := r.ReadRow(row); err != nil {
			t.Fatal(err)
		}
		all += string(row)
	}
	if _, err := r.Finish(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBrokenAnimations has chunks of animations that are not valid.
func TestBrokenAnimations(t *testing.T) {
	long := func(all ...uint32) (s string) {
		for _, v := range all {
			s += string(binary.BigEndian.AppendUint32(nil, v))
		}
		return s
	}
	piece := func(kind, data string) string {
		body := kind + data
		return long(uint32(len(data))) + body + long(crc32.ChecksumIEEE([]byte(body)))
	}
	control := func(sequence, w, h, x, y uint32) string {
		return piece("fcTL", long(sequence, w, h, x, y)+"\x00\x01\x00\x0a\x00\x00")
	}
	head := signature + piece("IHDR", long(4, 4)+"\x08\x00\x00\x00\x00")
	acTL, idat, iend := piece("acTL", long(2, 0)), piece("IDAT", ""), piece("IEND", "")
	for _, c := range []struct{ name, in, want string }{
		{"valid", head + acTL + control(0, 4, 4, 0, 0) + idat + control(1, 1, 1, 3, 3) + piece("fdAT", long(2)) + iend, ""},
		{"no frames", head + acTL + idat + iend, ""},
		{"a frame too few", head + acTL + control(0, 4, 4, 0, 0) + idat + iend, "corrupt PNG: 1 frames, but 2 are announced"},
		{"a wrong number", head + acTL + control(1, 4, 4, 0, 0) + idat, "corrupt PNG: fcTL chunk number 1 where number 0 is expected"},
		{"beyond the image", head + acTL + control(0, 4, 4, 1, 0) + idat, "corrupt PNG: frame 1 is at (1,0)-(5,4), beyond the image"},
		{"of no pixels", head + acTL + control(0, 0, 4, 0, 0) + idat, "corrupt PNG: frame 1 is at (0,0)-(0,4), beyond the image"},
		{"sides that overflow", head + acTL + control(0, 1<<32-1, 4, 1, 0) + idat, "corrupt PNG: frame 1 is at (1,0)-(4294967296,4), beyond the image"},
		{"a short fcTL", head + acTL + piece("fcTL", long(0)), "corrupt PNG: invalid length 4 of the fcTL chunk"},
		{"a short fdAT", head + acTL + control(0, 4, 4, 0, 0) + piece("fdAT", "x"), "corrupt PNG: invalid length 1 of the fdAT chunk"},
		{"data before a frame", head + acTL + idat + piece("fdAT", long(0)), "corrupt PNG: fdAT chunk without an fcTL chunk"},
		{"a wrong CRC", head + acTL + strings.Replace(control(0, 4, 4, 0, 0), "\x0a", "\x0b", 1), "corrupt PNG: wrong CRC of the fcTL chunk"},
	} {
		a, err := ReadAnimation([]byte(c.in), 100)
		if c.want == "" && err != nil || c.want != "" && (err == nil || err.Error() != c.want) {
			t.Errorf("%s: %v, error %v, want %q", c.name, a, err, c.want)
		}
	}
}

// FuzzAnimation: no chunks make ReadAnimation or a FrameReader panic.
func FuzzAnimation(f *testing.F) {
	var file bytes.Buffer
	e, err := NewAnimationWriter(&file, Header{Width: 1, Height: 1, BitDepth: 8, ColourType: Gray}, 2, 0, FrameControl{})
	if err != nil {
		f.Fatal(err)
	}
	pixel := func(int) []byte { return []byte{7} }
	if e.WriteRow(pixel(0)) != nil || e.WriteFrame(FrameControl{Rect: image.Rect(0, 0, 1, 1)}, pixel) != nil || e.Close() != nil {
		f.Fatal("the animation cannot be written")
	}
	f.Add(file.Bytes())
	f.Fuzz(func(_ *testing.T, data []byte) {
		if r, err := NewReader(bytes.NewReader(data), ReaderOptions{}); err != nil || r.Header().Width*r.Header().Height > 1<<16 {
			return
		}
		a, err := ReadAnimation(data, 10)
		if err != nil {
			return
		}
		for i := range a.Frames {
			if a.Frames[i].Rect.Dx() > 1<<12 {
				continue
			}
			if r, err := a.FrameReader(i); err == nil {
				_ = r.ReadRow(make([]byte, r.RowBytes()))
			}
		}
	})
}
