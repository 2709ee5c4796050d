package meta_test

import (
	"bytes"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/meta"
)

func TestBrokenImageResources(t *testing.T) {
	good := imagetest.ImageResource(0x0404, "x", "caption")
	for n := range good {
		if got := iptc(good[:n]); n < len(good)-1 && got != nil {
			t.Errorf("of %d bytes of %d: %q, want nothing", n, len(good), got)
		}
	}
	long := append(good[:len(good):len(good)], "8BIM\x04\x04\x00\x00\xff\xff\xff\xff"...)
	if got := iptc(long); !bytes.Equal(got, good) {
		t.Errorf("%q, want %q", got, good)
	}
}

func iptc(resources []byte) []byte {
	var m meta.Metadata
	m.SetIPTC(resources)
	return m.IPTC
}
