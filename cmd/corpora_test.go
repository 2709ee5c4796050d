package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// references are the reference programs of the formats, by the first bytes of a
// file. Each decodes stdin, and fails unless stdin is a whole image.
var references = map[string][]string{
	"\xff\xd8": {"djpeg"},
	"\x89PNG":  {"pngtopnm"},
	"GIF8":     {"giftopnm", "-image=all"},
	"BM":       {"bmptopnm"},
	"II*\x00":  {"tiffinfo", "-D", "/dev/stdin"},
	"MM\x00*":  {"tiffinfo", "-D", "/dev/stdin"},
	"RIFF":     {"dwebp", "-quiet", "-o", "/dev/null", "--", "-"},
}

// agreed are files that give a result although the reference refuses them, with the
// reason.
var agreed = map[string]string{
	"imggray no-eoi.jpg":  noEOI,
	"imgscale no-eoi.jpg": noEOI,
	"imggray 0ae161b8de2a9e53c887fed70c1970774aa45383-1": copied,
	"imggray 9d56da45ceaf343eda90609b3f83907bae1febe5-1": copied,
	"imggray af4b23309bf0e3212ebf656059ba0eebfe74f012-1": copied,
	"imggray cedd35db3d4db0487f38d9355ef92247afda099b-1": copied,
}

const (
	noEOI  = "all its coefficients came: only the EOI is missing"
	copied = "imggray copies a progressive JPEG's scans without decoding them; djpeg finds bytes too many in one"
)

// TestCorpora runs both filters over every file of the shared corpora. Each
// gives a result or one line, within limits of time and memory. The references
// refuse what was written before a failure. There is no result for a file that its
// reference refuses.
func TestCorpora(t *testing.T) {
	const memory = 256 << 20
	files := corpora(t)
	for i, file := range files {
		if testing.Short() && i%64 != 0 {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range []string{"imggray", "imgscale"} {
			name := program + " " + filepath.Base(file)
			got := measure(t, bytes.NewReader(data), program, "-max-memory", "256")
			switch {
			case got.Status == 0 && (got.stderr != "" || len(got.stdout) == 0):
				t.Errorf("%s: status 0 with %d bytes and %q", name, len(got.stdout), got.stderr)
			case got.Status == 0 && agreed[name] == "":
				if why := refused(t, data); why != "" {
					t.Errorf("%s: gave a result, while %s", name, why)
				}
			case got.Status == 1 && !regexp.MustCompile(`^`+program+`: [^\n]+\n$`).MatchString(got.stderr):
				t.Errorf("%s: said %q, want one line", name, got.stderr)
			case got.Status == 1 && len(got.stdout) > 0:
				if again := measure(t, bytes.NewReader(got.stdout), "imggray", "-format", "png"); again.Status != 1 || len(again.stdout) > 0 {
					t.Errorf("%s: failed, and what it wrote passes for an image", name)
				}
			case got.Status > 1 || got.Status < 0:
				t.Errorf("%s: exit status %d, %q", name, got.Status, got.stderr)
			}
			if got.CPU > 10*time.Second {
				t.Errorf("%s: took %v", name, got.CPU)
			}
			if got.RSS > memory {
				t.Errorf("%s: took %d MiB", name, got.RSS>>20)
			}
		}
	}
}

// corpora returns the names of the files in ../shared/corpus and ../shared/photos.
func corpora(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"corpus/malformed/*/*", "corpus/pngsuite/*", "corpus/jpeg-variants/*", "photos/*"} {
		found, err := filepath.Glob(filepath.Join("../../shared", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			if st, err := os.Stat(file); err == nil && st.Mode().IsRegular() {
				files = append(files, file)
			}
		}
	}
	if len(files) == 0 {
		t.Skip("no ../shared/corpus beside the checkout")
	}
	return files
}

// refused returns the error of an image's reference; "" if the reference accepts
// the image or is not installed.
func refused(t *testing.T, data []byte) string {
	t.Helper()
	for magic, command := range references {
		if !strings.HasPrefix(string(data), magic) {
			continue
		}
		path, err := exec.LookPath(command[0])
		if err != nil {
			return ""
		}
		cmd := exec.Command(path, command[1:]...)
		cmd.Stdin = bytes.NewReader(data)
		if command[0] == "tiffinfo" { // which must be able to seek
			file := filepath.Join(t.TempDir(), "x.tiff")
			if err := os.WriteFile(file, data, 0o666); err != nil {
				t.Fatal(err)
			}
			cmd.Args[len(cmd.Args)-1] = file
		}
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil {
			return command[0] + " says " + strings.TrimSpace(stderr.String())
		}
	}
	return ""
}
