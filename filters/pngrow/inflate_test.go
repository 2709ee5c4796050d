package pngrow

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"hash/adler32"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
)

// inflateSamples returns data that deflate encoders treat in different ways.
func inflateSamples() map[string][]byte {
	r := rand.New(rand.NewPCG(10, 11))
	noise := make([]byte, 300<<10)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	skewed := make([]byte, 300<<10) // rare bytes get long codes
	for i := range skewed {
		skewed[i] = byte(r.ExpFloat64() * 12)
	}
	far := append(append(bytes.Clone(noise[:windowSize]), noise[:windowSize]...), skewed...)
	return map[string][]byte{
		"empty":  nil,
		"one":    {7},
		"zeros":  make([]byte, 500<<10),
		"noise":  noise,
		"skewed": skewed,
		"far":    far,
		"text":   bytes.Repeat([]byte("a row at a time, "), 20000),
	}
}

func TestInflate(t *testing.T) {
	for name, data := range inflateSamples() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, flate.BestSpeed, flate.DefaultCompression, flate.BestCompression} {
			var b bytes.Buffer
			z, err := zlib.NewWriterLevel(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			z.Write(data[:len(data)/3])
			z.Flush() // an empty stored block in the middle
			z.Write(data[len(data)/3:])
			z.Close()
			for how, src := range map[string]io.Reader{
				"whole":   bytes.NewReader(b.Bytes()),
				"bytes":   iotest.OneByteReader(bytes.NewReader(b.Bytes())),
				"dataErr": iotest.DataErrReader(bytes.NewReader(b.Bytes())),
			} {
				got, err := io.ReadAll(newInflater(src))
				if err != nil || !bytes.Equal(got, data) {
					t.Errorf("%s, level %d, %s: got %d bytes and error %v, want %d bytes", name, level, how, len(got), err, len(data))
				}
			}
		}
	}
}

func TestAdlerCombine(t *testing.T) {
	data := inflateSamples()["noise"]
	for _, n := range []int{0, 1, 65521, len(data)} {
		got := adler(adler32.Checksum(data[:n])).combine(adler(adler32.Checksum(data[n:])), len(data)-n)
		if want := adler(adler32.Checksum(data)); got != want {
			t.Errorf("cut at %d: got %08x, want %08x", n, got, want)
		}
	}
}

// FuzzInflate checks that an inflater accepts the same streams as compress/zlib, with
// the same data.
func FuzzInflate(f *testing.F) {
	for _, data := range inflateSamples() {
		var b bytes.Buffer
		z := zlib.NewWriter(&b)
		z.Write(data[:min(len(data), 5000)])
		z.Close()
		f.Add(b.Bytes())
	}
	f.Add([]byte("\x78\x01\x01\x02\x00\xfd\xff\x00\x80\x00\x82\x00\x81"))
	f.Fuzz(func(t *testing.T, data []byte) {
		const limit = 1 << 20
		got, err := io.ReadAll(io.LimitReader(newInflater(bytes.NewReader(data)), limit))
		var want []byte
		z, wantErr := zlib.NewReader(bytes.NewReader(data))
		if wantErr == nil {
			want, wantErr = io.ReadAll(io.LimitReader(z, limit))
		}
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("got error %v, want %v", err, wantErr)
		}
		if err == nil && !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes that differ from the %d wanted", len(got), len(want))
		}
	})
}

func BenchmarkInflate(b *testing.B) {
	data := inflateSamples()["skewed"]
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write(data)
	z.Close()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.Copy(io.Discard, newInflater(bytes.NewReader(packed.Bytes()))); err != nil {
			b.Fatal(err)
		}
	}
}
