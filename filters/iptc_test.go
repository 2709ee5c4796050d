package filters

import (
	"bytes"
	"encoding/binary"
	"os/exec"
	"testing"

	"imgpipe/filters/internal/imagetest"
	"imgpipe/filters/jpegdct"
)

const headPhotoshop = "Photoshop 3.0\x00"

func TestIPTCStaysInAJPEG(t *testing.T) {
	caption := imagetest.ImageResource(0x0404, "", "\x1c\x02\x78\x00\x05Hello") // dataset 2:120
	digest := imagetest.ImageResource(0x0425, "of it", "0123456789abcdef")
	all := bytes.Join([][]byte{imagetest.ImageResource(0x03ed, "", "0123456789abcdef"), caption, imagetest.ImageResource(0x040c, "a name", "a thumbnail"), digest}, nil)
	want := append(append([]byte(nil), caption...), digest...)
	segment := func(data []byte) []byte {
		return append(binary.BigEndian.AppendUint16([]byte{0xff, jpegdct.APP13}, uint16(2+len(headPhotoshop)+len(data))), headPhotoshop+string(data)...)
	}
	photo := imagetest.Input(t, "photo420.jpg")
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
