package gif

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	stdgif "image/gif"
	"slices"
	"strings"
	"testing"
)

// Parts of a GIF of 2 x 2 pixels with the indices 0, 1, 2, 3.
const (
	head    = "GIF89a\x02\x00\x02\x00\x81\x00\x00" + table
	table   = "\x00\x00\x00\x40\x40\x40\x80\x80\x80\xc0\xc0\xc0"
	control = "\x21\xf9\x04\x09\x07\x00\x02\x00" // Background, 7/100 s, transparent 2
	descr   = ",\x00\x00\x00\x00\x02\x00\x02\x00\x00"
	pixels  = "\x02\x03\x44\x34\x05\x00" // clear, 0, 1, 2, 3, end, in codes of 3 bits and a last one of 4
	frame   = descr + pixels
)

// TestTolerance has files that break the standard, and what the reader says of each.
// All of them have the same pixels.
func TestTolerance(t *testing.T) {
	for _, c := range []struct{ name, in, breach string }{
		{"nothing broken", head + frame + ";", ""},
		{"no trailer", head + frame, "no trailer"},
		{"an end within the last sub-block", strings.TrimSuffix(head+frame, "\x00"), "no trailer"},
		{"zeros between blocks", head + "\x00\x00" + frame + "\x00\x00;", "a zero at byte 25, where a block should begin"},
		{"other bytes behind a still picture", head + frame + "\r\n--boundary", "unknown block 0x0d at byte 41, behind the picture"},
		{"a screen of 0 x 0", strings.Replace(head, "\x02\x00\x02\x00", "\x00\x00\x00\x00", 1) + frame + ";", "frame 1 reaches beyond the screen"},
		{"no colour table", "GIF89a\x02\x00\x02\x00\x00\x00\x00" + frame + ";", "no colour table for frame 1"},
		{"indices beyond the palette", "GIF89a\x02\x00\x02\x00\x80\x00\x00" + table[:6] + frame + ";", "index 2 beyond a palette of 2 colours in frame 1"},
		{"a long control extension", head + "\x21\xf9\x05\x00\x00\x00\x00\x00\x00" + frame + ";", "a graphic control extension of 5 bytes"},
		{"a short control extension", head + "\x21\xf9\x01\x00\x00" + frame + ";", "a graphic control extension of 1 bytes"},
		{"an unknown extension", head + "\x21\x77\x01\x00\x02xx\x00" + frame + ";", ""},
		{"code size 9", head + descr + "\x09\x07" + codes(10, 512, 0, 1, 2, 3) + "\x00;", "minimum code size 9 in frame 1"},
		{"code size 11", head + descr + "\x0b\x08" + codes(12, 2048, 0, 1, 2, 3) + "\x00;", "minimum code size 11 in frame 1"},
		{"no clear code", head + descr + "\x02\x02" + codes(3, 0, 1, 2)[:1] + "\x06\x00;", ""},
		{"no end code", head + descr + "\x02\x02" + codes(3, 4, 0, 1, 2, 3)[:2] + "\x00;", ""},
		{"codes behind the last pixel", head + descr + "\x02\x04" + codes(3, 4, 0, 1, 2, 3)[:2] + "\x11\x11\x00;", "more data than pixels in frame 1"},
		{"bytes behind the end code", head + descr + "\x02\x04" + "\x44\x34\x05\x99\x00;", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var breaches []string
			f, indices, err := read(c.in, func(breach error) error {
				breaches = append(breaches, breach.Error())
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if f.Width != 2 || f.Height != 2 || len(indices) != 1 || !slices.Equal(indices[0], []uint8{0, 1, 2, 3}) {
				t.Errorf("%d x %d, indices %v", f.Width, f.Height, indices)
			}
			if got := strings.Join(breaches, "; "); got != strings.TrimSuffix("corrupt GIF: "+c.breach, "corrupt GIF: ") {
				t.Errorf("told %q, want %q", got, c.breach)
			}
			strict := errors.New("strict")
			if _, _, err := read(c.in, func(error) error { return strict }); (err != nil) != (c.breach != "") || err != nil && err != strict {
				t.Errorf("with an error of Tolerate: %v", err)
			}
		})
	}
}

// codes packs codes of n bits, the lowest bit first.
func codes(n int, all ...int) string {
	var out []byte
	acc, have := 0, 0
	for _, c := range all {
		acc |= c << have
		for have += n; have >= 8; have -= 8 {
			out = append(out, byte(acc))
			acc >>= 8
		}
	}
	return string(append(out, byte(acc)))
}

// read reads a file and the indices of its frames.
func read(in string, tolerate func(error) error) (f *File, indices [][]uint8, err error) {
	r, err := NewReader([]byte(in), ReaderOptions{Tolerate: tolerate})
	if err != nil {
		return nil, nil, err
	}
	for i := range r.File().Frames {
		got, err := r.Indices(i)
		if err != nil {
			return nil, nil, err
		}
		indices = append(indices, bytes.Clone(got))
	}
	return r.File(), indices, nil
}

func TestRefused(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"half a header", head[:9], "truncated GIF: end of file in the header"},
		{"half a colour table", head[:20], "truncated GIF: end of file in the global colour table"},
		{"no frame", head + ";", ""},
		{"a frame of no pixels", head + ",\x00\x00\x00\x00\x00\x00\x02\x00\x00\x02\x00;", "corrupt GIF: no frame has a pixel"},
		{"an end before the first frame", head, "truncated GIF: end of file before the first frame"},
		{"half an extension", head + control[:6], "truncated GIF: end of file in an extension"},
		{"half a descriptor", head + frame + descr[:6], "truncated GIF: end of file in an image descriptor"},
		{"half the pixels", head + descr + pixels[:3], "truncated GIF: frame 1 ends in row 0 of 2"},
		{"an unknown block", head + "x" + frame, "corrupt GIF: unknown block 0x78 at byte 25"},
		{"an unknown block in an animation", head + frame + frame + "x" + frame, "corrupt GIF: unknown block 0x78 at byte 57"},
		{"an early end code", head + descr + "\x02\x01\x44\x00;", "corrupt GIF: the data of frame 1 end in row 0 of 2"},
		{"a code that is not defined", head + descr + "\x02\x02" + codes(3, 4, 0, 7) + "\x00;", "corrupt GIF: a code that is not defined yet in frame 1, row 0 of 2"},
		{"code size 0", head + descr + "\x00\x01\x00\x00;", "corrupt GIF: minimum code size 0 in frame 1"},
		{"code size 12", head + descr + "\x0c\x01\x00\x00;", "corrupt GIF: minimum code size 12 in frame 1"},
	} {
		f, _, err := read(c.in, nil)
		if c.want == "" {
			if err != nil || len(f.Frames) > 0 {
				t.Errorf("%s: %v, want no frames and no error", c.name, err)
			}
		} else if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func TestTimingAndLoops(t *testing.T) {
	loops := func(name, body string) string { return "\x21\xff\x0b" + name + body }
	for _, c := range []struct {
		name, between string
		plays         int
	}{
		{"no extension", "", 1},
		{"for ever", loops("NETSCAPE2.0", "\x03\x01\x00\x00\x00"), 0},
		{"two more times", loops("NETSCAPE2.0", "\x03\x01\x02\x00\x00"), 3},
		{"the older name", loops("ANIMEXTS1.0", "\x03\x01\x02\x00\x00"), 3},
		{"behind the size of a buffer", loops("NETSCAPE2.0", "\x05\x02\x00\x00\x00\x00\x03\x01\x04\x00\x00"), 5},
		{"a sub-block that is too long", loops("NETSCAPE2.0", "\x04\x01\x02\x00\x00\x00"), 3},
		{"another application", loops("XMP DataXMP", "\x03\x01\x02\x00\x00"), 1},
	} {
		f, _, err := read(head+c.between+control+frame+frame+";", nil)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if f.Plays != c.plays {
			t.Errorf("%s: %d plays, want %d", c.name, f.Plays, c.plays)
		}
		if first := f.Frames[0]; first.Delay != 7 || first.Transparent != 2 || first.Disposal != Background {
			t.Errorf("%s: delay %d, transparent %d, disposal %d", c.name, first.Delay, first.Transparent, first.Disposal)
		}
		if second := f.Frames[1]; second.Delay != 0 || second.Transparent != -1 || second.Disposal != Keep {
			t.Errorf("%s: the second frame has delay %d, transparent %d, disposal %d", c.name, second.Delay, second.Transparent, second.Disposal)
		}
	}
}

// TestWriterAndReader writes what the standard library reads, and reads it again.
// The frame of 300 x 200 pixels fills LZW's table several times.
func TestWriterAndReader(t *testing.T) {
	for _, size := range []int{2, 3, 16, 200, 256} {
		const w, h = 300, 200
		palette := make([]byte, 3*size)
		for i := range palette {
			palette[i] = byte(i * 37)
		}
		want := make([]uint8, w*h)
		seed := uint32(1)
		for i := range want {
			seed = seed*1664525 + 1013904223
			want[i] = uint8(int(seed>>16) % size)
		}
		var b bytes.Buffer
		e, err := NewWriter(&b, w, h, 3, palette)
		if err != nil {
			t.Fatal(err)
		}
		frames := []Frame{
			{Rect: image.Rect(0, 0, w, h), Transparent: -1, Delay: 300, Disposal: Keep},
			{Rect: image.Rect(7, 9, 9, 11), Palette: []byte(table), Transparent: 3, Disposal: Background},
		}
		for i, indices := range [][]uint8{want, {0, 1, 2, 3}} {
			if err := e.WriteFrame(&frames[i], indices); err != nil {
				t.Fatal(err)
			}
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}

		f, got, err := read(b.String(), func(breach error) error { return breach })
		if err != nil {
			t.Fatalf("%d colours: %v", size, err)
		}
		if f.Plays != 3 || !bytes.Equal(got[0], want) || !bytes.Equal(got[1], []uint8{0, 1, 2, 3}) {
			t.Errorf("%d colours: %d plays, or other indices", size, f.Plays)
		}
		for i, g := range f.Frames {
			if w := frames[i]; g.Rect != w.Rect || g.Transparent != w.Transparent || g.Delay != w.Delay || g.Disposal != w.Disposal {
				t.Errorf("%d colours: frame %d is %v", size, i, g)
			}
		}
		std, err := stdgif.DecodeAll(&b)
		if err != nil {
			t.Fatalf("%d colours: %v", size, err)
		}
		if !bytes.Equal(std.Image[0].Pix, want) || std.LoopCount != 2 || std.Delay[0] != 300 || std.Disposal[1] != stdgif.DisposalBackground {
			t.Errorf("%d colours: image/gif reads another picture", size)
		}
		if c := std.Image[0].Palette[1].(color.RGBA); c.R != palette[3] || c.G != palette[4] || c.B != palette[5] {
			t.Errorf("%d colours: colour 1 is %v", size, c)
		}
	}
}

func TestSmallestVariantIsWritten(t *testing.T) {
	noise, flat := []uint8("abcdefghijklmnop"), make([]uint8, 16)
	f := Frame{Rect: image.Rect(0, 0, 4, 4), Palette: make([]byte, 768), Transparent: -1}
	for _, variants := range [][][]uint8{{noise, flat}, {flat, noise}, {noise, flat, noise}} {
		var b bytes.Buffer
		e, err := NewWriter(&b, 4, 4, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.WriteFrame(&f, variants...); err != nil {
			t.Fatal(err)
		}
		if _, got, err := read(b.String(), nil); err != nil || !bytes.Equal(got[0], flat) {
			t.Errorf("indices %v, error %v, want zeros", got, err)
		}
	}
}

func TestInterlaced(t *testing.T) {
	dst := make([]byte, 9)
	deinterlace(dst, []byte{0, 8, 4, 2, 6, 1, 3, 5, 7}, 1, 9)
	if want := []byte{0, 1, 2, 3, 4, 5, 6, 7, 8}; !bytes.Equal(dst, want) {
		t.Errorf("rows %v, want %v", dst, want)
	}
}

// FuzzReader: no input makes the reader panic, and what it reads fully image/gif
// reads alike where that can.
func FuzzReader(f *testing.F) {
	f.Add([]byte(head + control + frame + frame + ";"))
	f.Add([]byte(head + "\x21\xff\x0bNETSCAPE2.0\x03\x01\x02\x00\x00" + frame))
	f.Add([]byte(head + descr + "\x0b\x08" + codes(12, 2048, 0, 1, 2, 3) + "\x00;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(data, ReaderOptions{MaxFrames: 100})
		if err != nil {
			return
		}
		std, stdErr := stdgif.DecodeAll(bytes.NewReader(data))
		for i, f := range r.File().Frames {
			if f.Rect.Dx()*f.Rect.Dy() > 1<<16 {
				return
			}
			got, err := r.Indices(i)
			if stdErr == nil && i < len(std.Image) && (err != nil || !bytes.Equal(got, std.Image[i].Pix)) {
				t.Fatalf("frame %d: error %v, or other indices than image/gif's", i, err)
			}
		}
	})
}
