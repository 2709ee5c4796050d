package tiff

import (
	"testing"

	"imgpipe/filters/meta"
	"imgpipe/filters/pixel"
)

// FuzzReader reads any bytes: there is no panic, and all pages that are read have the
// size that their headers say.
func FuzzReader(f *testing.F) {
	for _, l := range []pixel.Layout{{Width: 9, Height: 7, Channels: 1, Depth: 1}, {Width: 9, Height: 7, Channels: 4, Depth: 8}, {Width: 9, Height: 7, Channels: 3, Depth: 16}} {
		f.Add(written(f, picture(l)))
	}
	short := meta.ShortField
	for _, c := range []int{compressionNone, compressionHuffman, compressionGroup3, compressionGroup4, compressionLZW, compressionJPEG,
		compressionDeflate, compressionPack, compressionLZMA, compressionZstd, compressionWebP} {
		for photometric := range 10 {
			f.Add(strip(3, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", short(tagBitsPerSample, 1+7*(photometric%2)), short(tagSamplesPerPixel, 1+photometric%4),
				meta.LongField(tagCompression, c), short(tagPhotometric, photometric), short(tagPredictor, 2)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := NewReader(data, ReaderOptions{})
		for err == nil && r.More() {
			var p *Page
			if p, err = r.Next(); err != nil {
				return
			}
			const most = 1 << 22 // bytes
			if image, besides := p.Memory(); int64(p.Width)*int64(p.Height) > most || image > most || besides > most {
				return
			}
			m, err := p.Decode()
			if err != nil {
				return
			}
			if b := m.Bounds(); b.Dx() != p.Width || b.Dy() != p.Height {
				t.Fatalf("%v, want %d x %d", b, p.Width, p.Height)
			}
			p.Metadata()
		}
	})
}
