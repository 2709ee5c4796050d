package codec

import (
	"testing"

	"imgpipe/filters/pngrow"
)

// FuzzChunks: any bytes can be read as the chunks of a PNG or a WebP, and written
// again.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("Comment\x00\x01\x00\x00\x00x"))
	f.Add([]byte(keywordXMP + "\x00\x00\x00\x00\x00<x/>"))
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x69\x87\x04\x00\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("RIFF\x1a\x00\x00\x00WEBPEXIF\x08\x00\x00\x00II*\x00\x08\x00\x00\x00XMP \x01\x00\x00\x00x\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, kind := range []string{"tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "pHYs"} {
			m, _ := pngMetadata([]pngrow.Chunk{{Type: kind, Data: data}})
			pngChunks(&m)
			jpegSegments(&m)
		}
		_, _ = readWebP(data, DecodeOptions{})
	})
}
