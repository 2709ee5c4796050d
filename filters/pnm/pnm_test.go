package pnm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// read decodes an image. It reads no more than 100 rows and 1 MiB of a row.
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
		{"plain PBM, without white space", "P1\n3 2\n101\n010", Header{plainPBM, 3, 2, 1, 1}, "\x00\xff\x00\xff\x00\xff"},
		{"plain PBM, a comment between samples", "P1 3 1 1 0 # 1 1\n1", Header{plainPBM, 3, 1, 1, 1}, "\x00\xff\x00"},
		{"plain PGM, no newline at the end", "P2 3 1 7 0 3 7", Header{plainPGM, 3, 1, 1, 7}, "\x00\x6d\xff"},
		{"plain PPM, 16 bits", "P3\n1 1\n65535\n1 256 65535\n", Header{plainPPM, 1, 1, 3, 65535}, "\x00\x01\x01\x00\xff\xff"},
		{"PBM, padded rows", "P4 9 2\n\xaa\x80\x55\x7f", Header{PBM, 9, 2, 1, 1}, "\x00\xff\x00\xff\x00\xff\x00\xff\x00" + "\xff\x00\xff\x00\xff\x00\xff\x00\xff"},
		{"PGM", "P5 2 1 255\n\x09\x80", Header{PGM, 2, 1, 1, 255}, "\x09\x80"},
		{"PGM, comments everywhere", "P5#one\n2#two\n# three\n 1 #four\n255#five\n\x09\x80", Header{PGM, 2, 1, 1, 255}, "\x09\x80"},
		{"PGM whose samples look like white space", "P5 2 1 255\r\n ", Header{PGM, 2, 1, 1, 255}, "\n "},
		{"PGM of 4 bits", "P5 2 1 15\n\x01\x0f", Header{PGM, 2, 1, 1, 15}, "\x11\xff"},
		{"PGM of 10 bits", "P5 2 1 1023\n\x00\x01\x03\xff", Header{PGM, 2, 1, 1, 1023}, "\x00\x40\xff\xff"},
		{"PPM", "P6 1 1 255 abc", Header{PPM, 1, 1, 3, 255}, "abc"},
		{"PAM with alpha", "P7\nWIDTH 1\n# comment\nHEIGHT 1\n\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\nabcd", Header{PAM, 1, 1, 4, 255}, "abcd"},
		{"PAM of black and white", "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\x00\x01", Header{PAM, 2, 1, 1, 1}, "\x00\xff"},
		{"PAM of black and white with alpha", "P7\nWIDTH 1\nHEIGHT 1\nDEPTH 2\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE_ALPHA\nENDHDR\n\x00\x01", Header{PAM, 1, 1, 2, 1}, "\x00\xff"},
		{"PAM without a tuple type", "P7\nDEPTH 2\nMAXVAL 65535\nWIDTH 1\nHEIGHT 1\nENDHDR\nabcd", Header{PAM, 1, 1, 2, 65535}, "abcd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, rows, err := read(c.in)
			if err != nil || h != c.want || string(rows) != c.rows {
				t.Errorf("got %+v, %q and error %v; want %+v and %q", h, rows, err, c.want, c.rows)
			}
			if !h.Plain() {
				r := strings.NewReader(c.in)
				if _, err := ReadHeader(r); err != nil || int64(r.Len()) != h.RasterBytes() {
					t.Errorf("got %d bytes after the header and error %v, want %d", r.Len(), err, h.RasterBytes())
				}
			}
			for n := range len(c.in) {
				h, rows, err := read(c.in[:n])
				// In a plain file the last number may end with the file, as in netpbm. Then
				// a part of the last number is valid too.
				if err == nil && string(rows) != c.rows && !c.want.Plain() {
					t.Errorf("prefix %q: got %+v and %q, want an error", c.in[:n], h, rows)
				}
			}
		})
	}
}

func TestRefused(t *testing.T) {
	pam := func(lines string) string { return "P7\n" + lines + "ENDHDR\n" + strings.Repeat("x", 100) }
	for _, c := range []struct{ name, in, want string }{
		{"no width", "P5 0 1 255\n", "invalid image size 0x1"},
		{"a side of 2³¹", "P5 2147483648 1 255\n", "number of more than 31 bits"},
		{"2³¹-1 squared", "P4 2147483647 2147483647\n", "invalid image size 2147483647x2147483647"},
		{"a negative side", "P5 -1 1 255\n", "unexpected '-', expected a number"},
		{"maxval 0", "P5 1 1 0\n ", "invalid maxval 0"},
		{"maxval 65536", "P5 1 1 65536\n  ", "invalid maxval 65536"},
		{"a sample beyond 4 bits", "P5 2 2 15\n\x01\x0f\x10\x00", "sample 16 in row 1 exceeds the maxval 15"},
		{"a sample beyond 10 bits", "P5 1 1 1023\n\x04\x00", "sample 1024 in row 0"},
		{"a plain sample beyond", "P2 1 1 255 256", "sample 256 in row 0 exceeds the maxval 255"},
		{"a plain bit of 2", "P1 2 1 0 2", "unexpected '2', expected 0 or 1"},
		{"a letter for a sample", "P3 1 1 255 1 2 x", "unexpected 'x', expected a number"},
		{"XV's thumbnail", "P7 332\n80 60 255\n", `unexpected " 332" after the signature`},
		{"P8", "P8 1 1 255\n ", "no PNM signature"},
		{"a comment without an end", "P5 #" + strings.Repeat("-", 1<<20), "header longer than 65536 bytes"},
		{"PAM of CMYK", pam("WIDTH 1\nHEIGHT 1\nDEPTH 4\nMAXVAL 255\nTUPLTYPE CMYK\n"), `tuples of type "CMYK" and depth 4`},
		{"PAM of depth 5", pam("WIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\n"), `tuples of type "" and depth 5`},
		{"PAM whose depth contradicts its tuple type", pam("WIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE RGB\n"), `tuples of type "RGB" and depth 1`},
		{"PAM without a height", pam("WIDTH 1\nDEPTH 1\nMAXVAL 255\n"), "invalid image size 1x0"},
		{"PAM without a depth", pam("WIDTH 1\nHEIGHT 1\nMAXVAL 255\n"), "depth 0"},
		{"PAM with two widths", pam("WIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n"), `unexpected line "WIDTH 1" in the header`},
		{"PAM with an unknown line", pam("COLOUR 1\n"), `unexpected line "COLOUR 1" in the header`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := read(c.in)
			if !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want ErrCorrupt with %q", err, c.want)
			}
		})
	}
	for _, in := range []string{"P", "P5", "P5 1 1", "P5 2 1 255\nx", "P7\nWIDTH 1\n", "P2 2 1 255 7"} {
		if _, _, err := read(in); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%q: got error %v, want ErrUnexpectedEOF", in, err)
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
		{"PBM", Header{PBM, 9, 1, 1, 1}, "\x00\xff\x00\xff\xff\xff\xff\xff\x00", "P4\n9 1\n\xa0\x80"},
		{"PAM of black and white", Header{PAM, 2, 1, 1, 1}, "\x00\xff", "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 1\nTUPLTYPE BLACKANDWHITE\nENDHDR\n\x00\x01"},
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
				t.Errorf("Close without rows: got error %v and %d bytes, want an error and none", err, b.Len())
			}
			if err := w.WriteRow([]byte(c.rows)); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil || b.String() != c.want {
				t.Errorf("got %q and error %v, want %q", b.String(), err, c.want)
			}
			if err := w.WriteRow([]byte(c.rows)); err == nil {
				t.Error("got no error from a row too many, want one")
			}
		})
	}
	for _, h := range []Header{{PBM, 1, 1, 1, 255}, {plainPBM, 1, 1, 1, 1}, {PGM, 1, 1, 3, 255}, {PPM, 1, 1, 1, 255}, {PAM, 1, 1, 5, 255}, {PGM, 0, 1, 1, 255}, {PGM, 1, 1, 1, 70000}} {
		if _, err := NewWriter(io.Discard, h); err == nil {
			t.Errorf("%+v: got no error, want one", h)
		}
	}
}

// TestMaxValIsKept checks that reading and writing changes no sample, for several
// maxvals.
func TestMaxValIsKept(t *testing.T) {
	for _, maxVal := range []int{1, 2, 3, 100, 127, 200, 254, 255, 256, 257, 1000, 4095, 40000, 65534, 65535} {
		in := fmt.Appendf(nil, "P5\n%d 1\n%d\n", maxVal+1, maxVal)
		for v := range maxVal + 1 {
			if maxVal > 255 {
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
			t.Errorf("maxval %d: the samples changed, error %v", maxVal, err)
		}
	}
}

// FuzzRead checks that an image that can be read is the same after it was written as
// PAM and read again.
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
			t.Errorf("%+v: read again as %+v, with error %v, or with other rows", h, again, err)
		}
	})
}
