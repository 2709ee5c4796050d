package zstd

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// samples are data that an encoder compresses in all of its ways.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 150_000)
	skewed := make([]byte, 150_000)
	steps := make([]byte, 150_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
		skewed[i] = byte(r.ExpFloat64() * 9)
		steps[i] = byte(i>>8) + byte(i%7)*byte(r.UintN(2))
	}
	var text []byte
	for i := range 20_000 {
		text = strconv.AppendInt(append(text, " row "...), int64(i*i), 10)
	}
	return map[string][]byte{
		"nothing":         nil,
		"one byte":        {7},
		"zeros":           make([]byte, 200_000),
		"noise":           noise,
		"skewed literals": skewed,
		"matches":         steps,
		"text":            text,
		"short text":      text[:100],
		"few literals":    skewed[:40],
		"all":             bytes.Join([][]byte{noise[:1000], text, skewed, text, steps, text}, nil),
	}
}

func TestAsKlauspost(t *testing.T) {
	for name, want := range samples() {
		for _, level := range []zstd.EncoderLevel{zstd.SpeedFastest, zstd.SpeedDefault, zstd.SpeedBetterCompression, zstd.SpeedBestCompression} {
			w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level))
			if err != nil {
				t.Fatal(err)
			}
			checkDecoded(t, name+", "+level.String(), w.EncodeAll(want, nil), want)
		}
	}
}

func TestAsZstd(t *testing.T) {
	if _, err := exec.LookPath("zstd"); err != nil {
		t.Skip("zstd is not installed")
	}
	for name, want := range samples() {
		for _, level := range []string{"--fast=5", "-1", "-3", "-9", "-19"} {
			cmd := exec.Command("zstd", "-q", "-c", "--no-check", level)
			cmd.Stdin = bytes.NewReader(want)
			data, err := cmd.Output()
			if err != nil {
				t.Fatal(err)
			}
			checkDecoded(t, name+", "+level, data, want)
		}
	}
}

// checkDecoded decodes data three times with one decoder: into just enough room, into too
// much, and into too little.
func checkDecoded(t *testing.T, name string, data, want []byte) {
	t.Helper()
	var d Decoder
	for _, room := range []int{len(want), len(want) + 10, len(want) / 2} {
		dst := make([]byte, room)
		n, err := d.Decode(dst, data)
		if err != nil || n != min(room, len(want)) || !bytes.Equal(dst[:n], want[:n]) {
			t.Errorf("%s: decoded %d of %d bytes into %d: %v", name, n, len(want), room, err)
		}
	}
}

// compressed returns a frame with a checksum, and what is in it.
func compressed(t testing.TB) (data, want []byte) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	want = samples()["text"]
	return w.EncodeAll(want, nil), want
}

func TestSeveralFrames(t *testing.T) {
	frame, content := compressed(t)
	skippable := []byte("\x5a\x2a\x4d\x18\x03\x00\x00\x00abc")
	data := bytes.Join([][]byte{skippable, frame, skippable, frame}, nil)
	checkDecoded(t, "two frames and two to be skipped", data, append(bytes.Clone(content), content...))
}

func TestEveryPrefixIsTruncated(t *testing.T) {
	frame, content := compressed(t)
	frame, dst := frame[:len(frame):len(frame)], make([]byte, len(content))
	var d Decoder
	for n := 1; n < len(frame); n += 1 + n/50 {
		if _, err := d.Decode(dst, frame[:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(frame), err)
		}
	}
}

func TestErrors(t *testing.T) {
	frame, _ := compressed(t)
	badSum := bytes.Clone(frame)
	badSum[len(badSum)-1]++
	const header = "\x28\xb5\x2f\xfd\x00\x58" // a window, no size, no checksum
	for name, data := range map[string]string{
		"magic number":            "\x28\xb5\x2f\xfe\x00\x58\x01\x00\x00",
		"reserved bit":            "\x28\xb5\x2f\xfd\x08\x58\x01\x00\x00",
		"dictionary":              "\x28\xb5\x2f\xfd\x01\x58\x07\x01\x00\x00",
		"reserved block":          header + "\x07\x00\x00",
		"block of 256 KiB":        header + "\x03\x00\x20x",
		"literals without table":  header + "\x2d\x00\x00" + "\x13\x40\x00\x01\x00",
		"no table from before":    header + "\x24\x00\x00" + "\x00\x01\xfc\x01\x01",
		"no end mark":             header + "\x35\x00\x00" + "\x08a\x01\x00\x00\x00",
		"copy from before":        header + "\x45\x00\x00" + "\x08a\x01\x54\x01\x03\x00\x08",
		"reserved bits of modes":  header + "\x35\x00\x00" + "\x08a\x01\x01\x00\x00",
		"bytes behind a block":    header + "\x25\x00\x00" + "\x08a\x00\x00",
		"checksum":                string(badSum),
		"weights with no 2^n sum": header + "\x3d\x00\x00" + "\x12\xc0\x00\x82\x33\x20\x00",
	} {
		var d Decoder
		n, err := d.Decode(make([]byte, 1<<20), []byte(data))
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %d bytes, %v", name, n, err)
		}
	}
}

// FuzzDecode holds that what klauspost's decoder reads, this one reads as well.
func FuzzDecode(f *testing.F) {
	for _, want := range samples() {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderCRC(false))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(w.EncodeAll(want[:min(len(want), 3000)], nil))
	}
	f.Add([]byte("\x28\xb5\x2f\xfd\x00\x58\x03\x00\x04x")) // a byte, repeated
	const room = 1 << 18
	peer, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		f.Fatal(err)
	}
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		dst := make([]byte, room)
		n, err := d.Decode(dst, data)
		want, peerErr := peer.DecodeAll(data, make([]byte, 0, room))
		if peerErr == nil && (err != nil || !bytes.Equal(dst[:n], want)) {
			t.Fatalf("%d bytes, %v, where klauspost's decoder has %d", n, err, len(want))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		b.Fatal(err)
	}
	want := samples()["all"]
	data, dst := w.EncodeAll(want, nil), make([]byte, len(want))
	var d Decoder
	b.SetBytes(int64(len(want)))
	for b.Loop() {
		if _, err := d.Decode(dst, data); err != nil {
			b.Fatal(err)
		}
	}
}
