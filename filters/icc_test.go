package filters

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/filters/internal/imagetest"
)

// TestProfilesAreReal: exiftool reads the profiles of these tests.
func TestProfilesAreReal(t *testing.T) {
	if _, err := exec.LookPath("exiftool"); err != nil {
		t.Skip("exiftool isn't installed")
	}
	for _, p := range []imagetest.Profile{imagetest.SRGB, imagetest.DisplayP3, imagetest.AdobeRGB, imagetest.ProPhoto, imagetest.GrayGamma} {
		path := filepath.Join(t.TempDir(), "profile.icc")
		if err := os.WriteFile(path, p.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := exec.Command("exiftool", "-s3", "-ProfileDescription", "-ColorSpaceData", "-warning", path).CombinedOutput()
		if want := p.Name + "\n" + strings.TrimSpace(p.Space) + "\n"; err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("exiftool says %q of %s, error %v; want %q", got, p.Name, err, want)
		}
	}
}
