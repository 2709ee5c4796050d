package jpegdct

import (
	"bytes"
	"image/jpeg"
	"io"
	"path/filepath"
	"testing"
)

// benchInputs runs a benchmark on each of the shared photos, or if these are missing,
// on test pictures of Go. It reports MB/s of the input and megapixels per second.
func benchInputs(b *testing.B, run func(b *testing.B, in []byte)) {
	names, _ := filepath.Glob(filepath.Join(shared, "photos/*.jpg"))
	if len(names) == 0 {
		b.Logf("%s not found: using test pictures of Go", filepath.Join(shared, "photos"))
		names = []string{filepath.Join(goTestdata, "video-001.jpeg"), filepath.Join(goTestdata, "video-001.progressive.jpeg")}
	}
	for _, name := range names {
		in := read(b, name)
		r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
		if err != nil {
			b.Fatal(err)
		}
		h := r.Header()
		b.Run(filepath.Base(name), func(b *testing.B) {
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			run(b, in)
			b.ReportMetric(float64(h.Width*h.Height)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MP/s")
		})
	}
}

// benchOperation benchmarks reading a picture and an operation on it.
func benchOperation(b *testing.B, do func(*Reader) error) {
	benchInputs(b, func(b *testing.B, in []byte) {
		for b.Loop() {
			r, err := NewReader(bytes.NewReader(in), ReaderOptions{})
			if err == nil {
				err = do(r)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGray(b *testing.B) {
	benchOperation(b, func(r *Reader) error { return r.Gray(io.Discard, GrayOptions{}) })
}

func BenchmarkHalf(b *testing.B) {
	benchOperation(b, func(r *Reader) error { return r.Scale(io.Discard, ScaleOptions{Denominator: 2}) })
}

func BenchmarkQuarter(b *testing.B) {
	benchOperation(b, func(r *Reader) error { return r.Scale(io.Discard, ScaleOptions{Denominator: 4}) })
}

func BenchmarkEighth(b *testing.B) {
	benchOperation(b, func(r *Reader) error { return r.Scale(io.Discard, ScaleOptions{Denominator: 8}) })
}

// BenchmarkParse reads the entropy-coded data of a sequential picture, and does nothing with
// them: it skips all coefficients, as Gray does with chroma's, or reads those that half or an
// eighth of the picture needs.
func BenchmarkParse(b *testing.B) {
	for _, p := range []struct {
		name string
		sink func(*Reader) sink
	}{
		{"skip", func(r *Reader) sink { return newSkipSink(&r.firstScan, r.skipIndexBits()) }},
		{"half", func(r *Reader) sink { return newParseSink(r, 2) }},
		{"eighth", func(r *Reader) sink { return newParseSink(r, 8) }},
	} {
		b.Run(p.name, func(b *testing.B) {
			benchOperation(b, func(r *Reader) error {
				if r.frame.inMemory() {
					b.Skip("not sequential")
				}
				return r.firstScan.decode(newEntropyReader(&r.src, r.bufferSize()/2), p.sink(r))
			})
		})
	}
}

// A parseSink is a scaleSink whose strips are not encoded.
type parseSink struct{ scaleSink }

func newParseSink(r *Reader, n int) *parseSink {
	s := newScaler(r, io.Discard, ScaleOptions{Denominator: n})
	to := s.beginScan(r.firstScan.comps, len(r.firstScan.comps) > 1)
	values, skips := s.tables(&r.firstScan, to)
	k := &parseSink{scaleSink{scaleReader: s.newScaleReader(&r.firstScan, to, values, skips)}}
	k.strip = to.newStrip()
	return k
}

func (k *parseSink) endRow(_ *entropyReader, y int) error {
	if k.endStrip(y) {
		k.strip.clear()
	}
	return nil
}

func BenchmarkDecode(b *testing.B) {
	benchOperation(b, func(r *Reader) error { _, err := r.Decode(DecodeOptions{}); return err })
}

func BenchmarkDecodeGo(b *testing.B) {
	benchInputs(b, func(b *testing.B, in []byte) {
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(in)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	benchInputs(b, func(b *testing.B, in []byte) {
		r, _ := NewReader(bytes.NewReader(in), ReaderOptions{})
		p, err := r.Decode(DecodeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		samples := 0
		for _, c := range p.Planes {
			samples += c.Width * c.Height
		}
		for b.Loop() {
			if err := Encode(io.Discard, p, EncodeOptions{}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(samples)*float64(b.N)/1e6/b.Elapsed().Seconds(), "Msamples/s")
	})
}

// BenchmarkEncodeGo encodes the same picture with image/jpeg. That encoder always
// writes 1.5 samples for each pixel (4:2:0), so Msamples/s are to be compared.
func BenchmarkEncodeGo(b *testing.B) {
	benchInputs(b, func(b *testing.B, in []byte) {
		m, err := jpeg.Decode(bytes.NewReader(in))
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			if err := jpeg.Encode(io.Discard, m, nil); err != nil {
				b.Fatal(err)
			}
		}
		samples := 1.5 * float64(m.Bounds().Dx()*m.Bounds().Dy())
		b.ReportMetric(samples*float64(b.N)/1e6/b.Elapsed().Seconds(), "Msamples/s")
	})
}

func BenchmarkMap(b *testing.B) {
	m := newScaling(2).tileMap(&lumaQuant, &lumaQuant)
	var in coefs
	for i := range 12 {
		in[i*5] = int16(20 - 3*i)
	}
	var sum [64]float32
	var out coefBlock
	p := m.newProducts()
	b.Run("transform", func(b *testing.B) {
		for b.Loop() {
			m.transform(&in, &sum, &out)
		}
	})
	b.Run("transformGo", func(b *testing.B) {
		for b.Loop() {
			m.transformGo(&in, &sum, &out)
		}
	})
	b.Run("addHigh", func(b *testing.B) {
		for b.Loop() {
			m.addHigh(&sum, &in, &p[0], &p[1])
		}
	})
	b.Run("addHighGo", func(b *testing.B) {
		for b.Loop() {
			m.addHighGo(&sum, &in, &p[0], &p[1])
		}
	})
}
