package jpegdct

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestHeader(t *testing.T) {
	tests := []struct {
		name       string
		w, h       int
		process    Process
		colors     ColorSpace
		components string // sampling factors
		restart    int
	}{
		{"base-2x2.jpg", 501, 377, Baseline, YCbCr, "22 11 11", 0},
		{"base-4x1.jpg", 501, 377, Baseline, YCbCr, "41 11 11", 0},
		{"prog-2x4.jpg", 501, 377, Progressive, YCbCr, "24 11 11", 0},
		{"restart-8b.jpg", 501, 377, Baseline, YCbCr, "22 11 11", 8},
		{"gray-2x2.jpg", 501, 377, Baseline, Gray, "22", 0},
		{"sub-luma-lt-chroma.jpg", 501, 377, Baseline, YCbCr, "11 22 22", 0},
		{"rgb.jpg", 501, 377, Baseline, RGB, "11 11 11", 0},
		{"cmyk-adobe.jpg", 501, 377, Baseline, CMYK, "11 11 11 11", 0},
		{"cmyk-im-sub.jpg", 501, 377, Baseline, YCCK, "22 11 11 22", 0},
		{"arith.jpg", 501, 377, Arithmetic, YCbCr, "22 11 11", 0},
		{"1x1.jpg", 1, 1, Baseline, YCbCr, "22 11 11", 0},
		{"65500x1.jpg", 65500, 1, Baseline, YCbCr, "22 11 11", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := NewReader(bytes.NewReader(variant(t, test.name)), ReaderOptions{})
			if err != nil {
				t.Fatal(err)
			}
			h := r.Header()
			var sampling []string
			for _, c := range h.Components {
				sampling = append(sampling, string([]byte{byte('0' + c.H), byte('0' + c.V)}))
			}
			got := strings.Join(sampling, " ")
			if h.Width != test.w || h.Height != test.h || h.Process != test.process ||
				h.ColorSpace != test.colors || got != test.components || h.RestartInterval != test.restart {
				t.Errorf("got %dx%d %v %v %s, restart %d\nwant %+v", h.Width, h.Height, h.Process, h.ColorSpace, got, h.RestartInterval, test)
			}
		})
	}
}

func TestReplayGivesTheWholeInput(t *testing.T) {
	for name, data := range pictures(t) {
		r, err := NewReader(iotest.HalfReader(bytes.NewReader(data)), ReaderOptions{})
		if err != nil {
			if name != "leading-zero.jpg" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		again, err := r.Replay()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(again)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: Replay returned %d bytes and error %v, want the %d bytes of the input", name, len(got), err, len(data))
		}
		if err := r.Gray(io.Discard, GrayOptions{}); err == nil {
			t.Errorf("%s: Gray after Replay: got no error", name)
		}
	}
}

func TestReplayAfterARefusal(t *testing.T) {
	data := variant(t, "rgb.jpg")
	r, err := NewReader(bytes.NewReader(data), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Gray(io.Discard, GrayOptions{}); !errors.Is(err, ErrUnsupported) {
		t.Fatalf("got %v, want ErrUnsupported", err)
	}
	again, err := r.Replay()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(again); err != nil || !bytes.Equal(got, data) {
		t.Errorf("Replay returned %d bytes and error %v, want the %d bytes of the input", len(got), err, len(data))
	}
}

func TestReaderErrorsPassThrough(t *testing.T) {
	data := read(t, "testdata/9x17.jpg")
	broken := errors.New("the cable is unplugged")
	for n := 0; n < len(data); n += 7 {
		in := io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(broken))
		r, err := NewReader(in, ReaderOptions{})
		if err == nil {
			err = r.Gray(io.Discard, GrayOptions{})
		}
		if err != broken {
			t.Fatalf("after %d bytes: got %v, want %v", n, err, broken)
		}
	}
}

func TestBadFiles(t *testing.T) {
	good := read(t, "testdata/9x17.jpg")
	sof := bytes.Index(good, []byte{0xFF, 0xC0})
	sos := bytes.Index(good, []byte{0xFF, 0xDA})
	edit := func(at int, to ...byte) []byte {
		bad := append([]byte(nil), good...)
		copy(bad[at:], to)
		return bad
	}
	insert := func(at int, what ...byte) []byte {
		return append(append(append([]byte(nil), good[:at]...), what...), good[at:]...)
	}
	tests := []struct {
		name string
		in   []byte
		kind error
		text string
	}{
		{"empty input", nil, ErrTruncated, "empty input"},
		{"text", []byte("hello, world"), ErrCorrupt, "not a JPEG"},
		{"headers cut", good[:sof+5], ErrTruncated, "file ends in its headers"},
		{"scan cut", good[:len(good)-8], ErrTruncated, "entropy-coded data ends in MCU row"},
		{"EOI and the last byte missing", good[:len(good)-3], ErrTruncated, "entropy-coded data ends in MCU row 2 of 2"},
		{"width 0", edit(sof+7, 0, 0), ErrCorrupt, "width is 0"},
		{"height 0", edit(sof+5, 0, 0), ErrTruncated, "before a DNL segment gives it"},
		{"height 0, EOI", append(edit(sof+5, 0, 0), 0, 0, 0, 0), ErrCorrupt, "comes FFD9 instead of a DNL segment"},
		{"12 bits", edit(sof+4, 12), ErrUnsupported, "12 bits per sample"},
		{"lossless", edit(sof, 0xFF, 0xC3), ErrUnsupported, "lossless"},
		{"lossless, arithmetic", edit(sof, 0xFF, 0xCB), ErrUnsupported, "lossless"},
		{"hierarchical", edit(sof, 0xFF, 0xC5), ErrUnsupported, "hierarchical"},
		{"JPEG-LS", edit(sof, 0xFF, 0xF7), ErrUnsupported, "JPEG-LS"},
		{"sampling 5x1", edit(sof+11, 0x51), ErrCorrupt, "sampling factors 5x1"},
		{"sampling 0x1", edit(sof+11, 0x01), ErrCorrupt, "sampling factors 0x1"},
		{"MCU of 18 blocks", edit(sof+11, 0x44), ErrCorrupt, "MCU of 18 blocks"},
		{"unknown component", edit(sos+5, 9), ErrCorrupt, "component 9, which the frame lacks"},
		{"missing table", edit(sos+6, 0x33), ErrCorrupt, "Huffman table 3 is missing"},
		{"two SOF", insert(sos, good[sof:sof+19]...), ErrCorrupt, "two frame headers"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := gray(test.in)
			if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("got error %v, want %v: … %s …", err, test.kind, test.text)
			}
			if bytes.HasSuffix(out, []byte{0xFF, mEOI}) {
				t.Errorf("the output ends with EOI")
			}
		})
	}
}
