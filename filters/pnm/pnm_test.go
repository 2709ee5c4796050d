package pnm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// read gives all rows of an image.
func read(data string) (Header, []byte, error) {
	r, err := NewReader(strings.NewReader(data))
	if err != nil {
		return Header{}, nil, err
	}
	h := r.Header()
	var all []byte
	for range min(h.Height, 100) {
		row := make([]byte, min(h.RowBytes(), 1<<20))
		if err := r.ReadRow(row); err != nil {
			return h, nil, err
		}
		all = append(all, row...)
	}
	return h, all, nil
}

func TestRead(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     Header
		rows     string
	}{
		{"plain PBM, without space between", "P1\n3 2\n101\n010", Header{PlainPBM, 3, 2, 1, 1}, "\x00\xff\x00\xff\x00\xff"},
		{"plain PBM, a comment between", "P1 3 1 1 0 # 1 1\n1", Header{PlainPBM, 3, 1, 1, 1}, "\x00\xff\x00"},
		{"plain PGM, without a last line's end", "P2 3 1 7 0 3 7", Header{PlainPGM, 3, 1, 1, 7}, "\x00\x6d\xff"},
		{"plain PPM, 16 bits", "P3\n1 1\n65535\n1 256 65535\n", Header{PlainPPM, 1, 1, 3, 65535}, "\x00\x01\x01\x00\xff\xff"},
		{"PBM, padded rows", "P4 9 2\n\xaa\x80\x55\x7f", Header{PBM, 9, 2, 1, 1}, "\x00\xff\x00\xff\x00\xff\x00\xff\x00" + "\xff\x00\xff\x00\xff\x00\xff\x00\xff"},
		{"PGM", "P5 2 1 255\n\x09\x80", Header{PGM, 2, 1, 1, 255}, "\x09\x80"},
		{"PGM, comments everywhere", "P5#one\n2#two\n# three\n 1 #four\n255#five\n\x09\x80", Header{PGM, 2, 1, 1, 255}, "\x09\x80"},
		{"PGM whose samples look like space", "P5 2 1 255\r\n ", Header{PGM, 2, 1, 1, 255}, "\n "},
		{"PGM of 4 bits", "P5 2 1 15\n\x01\x0f", Header{PGM, 2, 1, 1, 15}, "\x11\xff"},
		{"PGM of 10 bits", "P5 2 1 1023\n\x00\x01\x03\xff", Header{PGM, 2, 1, 1, 1023}, "\x00\x40\xff\xff"},
		{"PPM", "P6 1 1 255 abc", Header{PPM, 1, 1, 3, 255}, "abc"},
		{"PAM with alpha", "P7\nWIDTH 1\n# comment\nHEIGHT 1\n\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd", Header{PAM, 1, 1, 4, 255}, "abcd"},
		{"PAM of black and white", "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\x00\x01", Header{PAM, 2, 1, 1, 1}, "\x00\xff"},
		{"PAM of black and white with alpha", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE_ALPHA\nENDHDR\n\x00\x01", Header{PAM, 1, 1, 2, 1}, "\x00\xff"},
		{"PAM of no type", "P7\nDEPTH 2\nMAXVAL 65535\nWIDTH 1\nHEIGHT 1\nENDHDR\nabcd", Header{PAM, 1, 1, 2, 65535}, "abcd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, rows, err := read(c.in)
			if err != nil || h != c.want || string(rows) != c.rows {
				t.Errorf("%+v %q, error %v; want %+v %q", h, rows, err, c.want, c.rows)
			}
			if !h.Plain() {
				r := strings.NewReader(c.in)
				if _, err := ReadHeader(r); err != nil || int64(r.Len()) != h.RasterBytes() {
					t.Errorf("%d bytes after the header, error %v; want %d", r.Len(), err, h.RasterBytes())
				}
			}
			for n := range len(c.in) {
				h, rows, err := read(c.in[:n])
				// A plain file's last number may end with the file, as netpbm has it: part
				// of it is a number too.
				if err == nil && string(rows) != c.rows && !c.want.Plain() {
					t.Errorf("%q gives %+v %q", c.in[:n], h, rows)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	pam := func(lines string) string { return "P7\n" + lines + "ENDHDR\n" + strings.Repeat("x", 100) }
	for _, c := range []struct{ name, in, want string }{
		{"no width", "P5 0 1 255\n", "0 x 1 is no size of an image"},
		{"a side of 2³¹", "P5 2147483648 1 255\n", "a number of more than 31 bits"},
		{"2³¹-1 squared", "P4 2147483647 2147483647\n", "2147483647 x 2147483647 is no size of an image"},
		{"a negative side", "P5 -1 1 255\n", "'-', where a number should be"},
		{"maxval 0", "P5 1 1 0\n ", "a maxval of 0"},
		{"maxval 65536", "P5 1 1 65536\n  ", "a maxval of 65536"},
		{"a sample beyond 4 bits", "P5 2 2 15\n\x01\x0f\x10\x00", "a sample of 16 in row 1, where 15 is the most"},
		{"a sample beyond 10 bits", "P5 1 1 1023\n\x04\x00", "a sample of 1024 in row 0"},
		{"a plain sample beyond", "P2 1 1 255 256", "a sample of 256"},
		{"a plain bit that is none", "P1 2 1 0 2", "'2', where 0 or 1 should be"},
		{"a letter for a sample", "P3 1 1 255 1 2 x", "'x', where a number should be"},
		{"XV's thumbnail", "P7 332\n80 60 255\n", `" 332" after the signature`},
		{"P8", "P8 1 1 255\n ", "no PNM signature"},
		{"a comment without an end", "P5 #" + strings.Repeat("-", 1<<20), "a header of more than 65536 bytes"},
		{"PAM of inks", pam("WIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\n"), `tuples of type "CMYK" and depth 4`},
		{"PAM of depth 5", pam("WIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\n"), `tuples of type "" and depth 5`},
		{"PAM that contradicts itself", pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE RGB\n"), `tuples of type "RGB" and depth 1`},
		{"PAM without a height", pam("WIDTH 1\nDEPTH 1\nMAXVAL 255\n"), "1 x 0 is no size"},
		{"PAM without a depth", pam("WIDTH 1\nHEIGHT 1\nMAXVAL 255\n"), "depth 0"},
		{"PAM with two widths", pam("WIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n"), `"WIDTH 1" in the header`},
		{"PAM with something else", pam("COLOUR 1\n"), `"COLOUR 1" in the header`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := read(c.in)
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want … %s …", err, c.want)
			}
		})
	}
	for _, in := range []string{"P", "P5", "P5 1 1", "P5 2 1 255\nx", "P7\nWIDTH 1\n", "P2 2 1 255 7"} {
		if _, _, err := read(in); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: error %v, want truncated", in, err)
		}
	}
}

func TestWrite(t *testing.T) {
	for _, c := range []struct {
		name string
		h    Header
		rows string
		want string
	}{
		{"PGM", Header{PGM, 2, 1, 1, 255}, "ab", "P5\n2 1\n255\nab"},
		{"PGM of 4 bits", Header{PGM, 2, 1, 1, 15}, "\x11\xf9", "P5\n2 1\n15\n\x01\x0f"},
		{"PPM of 10 bits", Header{PPM, 1, 1, 3, 1023}, "\x00\x40\x00\x00\xff\xff", "P6\n1 1\n1023\n\x00\x01\x00\x00\x03\xff"},
		{"PAM", Header{PAM, 1, 1, 2, 255}, "ab", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\nab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b, c.h)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err == nil || b.Len() > 0 {
				t.Errorf("closed without rows: error %v and %d bytes", err, b.Len())
			}
			if err := w.WriteRow([]byte(c.rows)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil || b.String() != c.want {
				t.Errorf("%q, error %v; want %q", b.String(), err, c.want)
			}
			if err := w.WriteRow([]byte(c.rows)); err == nil {
				t.Error("a row too many was taken")
			}
		})
	}
	for _, h := range []Header{{PBM, 1, 1, 1, 1}, {PGM, 1, 1, 3, 255}, {PPM, 1, 1, 1, 255}, {PAM, 1, 1, 5, 255}, {PGM, 0, 1, 1, 255}, {PGM, 1, 1, 1, 70000}} {
		if _, err := NewWriter(io.Discard, h); err == nil {
			t.Errorf("%+v was taken", h)
		}
	}
}

// TestMaxValStays: every sample of every maxval comes back as it was.
func TestMaxValStays(t *testing.T) {
	for _, most := range []int{1, 2, 3, 100, 127, 200, 254, 255, 256, 257, 1000, 4095, 40000, 65534, 65535} {
		in := fmt.Appendf(nil, "P5\n%d 1\n%d\n", most+1, most)
		for v := range most + 1 {
			if most > 255 {
				in = append(in, byte(v>>8))
			}
			in = append(in, byte(v))
		}
		h, row, err := read(string(in))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w, err := NewWriter(&b, h)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WriteRow(row); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil || !bytes.Equal(b.Bytes(), in) {
			t.Errorf("maxval %d: what comes back isn't what was there; error %v", most, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"P1\n3 2\n101010", "P2 3 1 7 0 3 7", "P3 1 1 300 1 2 300", "P4 9 1\n\xaa\x80", "P5 2 1 255\nab", "P6#\n1 1 255\nabc", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		h, rows, err := read(in)
		if err != nil || h.Height > 100 || h.RowBytes() > 1<<20 {
			return
		}
		h.Magic = PAM
		var b bytes.Buffer
		w, err := NewWriter(&b, h)
		if err != nil {
			t.Fatal(err)
		}
		for y := range h.Height {
			if err := w.WriteRow(rows[y*h.RowBytes():][:h.RowBytes()]); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		again, same, err := read(b.String())
		if err != nil || again != h || !bytes.Equal(same, rows) {
			t.Errorf("%+v comes back as %+v, error %v", h, again, err)
		}
	})
}
