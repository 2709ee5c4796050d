package filters

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"testing"

	"imgpipe/filters/jpegdct"
)

// resource is an image resource block.
func resource(id uint16, name, data string) []byte {
	b := binary.BigEndian.AppendUint16([]byte("8BIM"), id)
	b = append(append(b, byte(len(name))), name...)
	if len(name)%2 == 0 {
		b = append(b, 0)
	}
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(data))), data...)
	return append(b, make([]byte, len(data)%2)...)
}

func TestIPTCStaysInAJPEG(t *testing.T) {
	caption := resource(0x0404, "", "\x1c\x02\x78\x00\x05Hello") // dataset 2:120
	digest := resource(0x0425, "of it", "0123456789abcdef")
	all := bytes.Join([][]byte{resource(0x03ed, "", "0123456789abcdef"), caption, resource(0x040c, "a name", "a thumbnail"), digest}, nil)
	want := append(append([]byte(nil), caption...), digest...)
	segment := func(data []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, jpegdct.APP13}, uint16(2+len(headPhotoshop)+len(data))), headPhotoshop+string(data)...)
	}
	photo := input(t, "photo420.jpg")
	in := bytes.Join([][]byte{photo[:2], segment(all[:37]), segment(all[37:]), photo[2:]}, nil) // cut within the caption

	for _, c := range []struct {
		name   string
		filter Filter
		o      Options
		want   []byte
	}{
		{"gray", Gray{}, Options{}, want},
		{"half", Scale{}, Options{}, want},
		{"by pixels", Scale{Kernel: "lanczos"}, Options{}, want},
		{"stripped", Gray{}, Options{Strip: true}, nil},
		{"stripped, by pixels", Scale{Kernel: "lanczos"}, Options{Strip: true}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Run(&out, bytes.NewReader(in), c.filter, c.o); err != nil {
				t.Fatal(err)
			}
			var got []byte
			for _, s := range header(t, out.Bytes()).Segments {
				if s.Marker == jpegdct.APP13 {
					got = append(got, s.Data...)
				}
			}
			if c.want != nil {
				c.want = append([]byte(headPhotoshop), c.want...)
			}
			if !bytes.Equal(got, c.want) {
				t.Errorf("image resources are %q, want %q", got, c.want)
			}
			if _, err := exec.LookPath("exiftool"); err != nil || c.want == nil {
				return
			}
			cmd := exec.Command("exiftool", "-s3", "-IPTC:Caption-Abstract", "-")
			cmd.Stdin = bytes.NewReader(out.Bytes())
			if said, err := cmd.Output(); err != nil || string(said) != "Hello\n" {
				t.Errorf("exiftool says %q, error %v; want Hello", said, err)
			}
		})
	}
}

func TestBrokenImageResources(t *testing.T) {
	good := resource(0x0404, "x", "caption")
	for n := range good {
		if got := iptcResources(good[:n]); n < len(good)-1 && got != nil {
			t.Errorf("of %d bytes of %d: %q, want nothing", n, len(good), got)
		}
	}
	long := append(good[:len(good):len(good)], "8BIM\x04\x04\x00\x00\xff\xff\xff\xff"...)
	if got := iptcResources(long); !bytes.Equal(got, good) {
		t.Errorf("%q, want %q", got, good)
	}
}
