package deploy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestUnits has systemd check the units, also with the credentials of the page, and how much
// they let a service do.
func TestUnits(t *testing.T) {
	needs(t, "systemd-analyze")
	dir := t.TempDir()
	var units []string
	for _, name := range []string{"netpipe.service", "netpipe.socket", "netpipe@.service", "netqueue-worker@.service"} {
		text := string(read(t, filepath.Join("systemd", name)))
		for _, program := range []string{"netpipe", "netqueue"} { // need not be installed
			path := filepath.Join(dir, program)
			if err := os.WriteFile(path, nil, 0o777); err != nil {
				t.Fatal(err)
			}
			text = strings.ReplaceAll(text, "/usr/bin/"+program, path)
		}
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		units = append(units, file)
	}
	verify := func(what string) {
		t.Helper()
		if said := run(t, "systemd-analyze", append([]string{"verify", "--man=no"}, units...)...); said != "" {
			t.Errorf("verify%s: %s", what, said)
		}
	}
	verify("")
	for service, page := range map[string]string{
		"netpipe.service": "netpipe/OPERATING.md", "netpipe@.service": "netpipe/OPERATING.md",
		"netqueue-worker@.service": "cmd/netqueue/README.md",
	} {
		_, text, found := strings.Cut(string(read(t, "../../"+page)), "```ini\n[Service]\nLoadCredential=")
		text, _, _ = strings.Cut(text, "```")
		credentials := "[Service]\nLoadCredential=" + text
		unit := strings.ReplaceAll(string(read(t, filepath.Join("systemd", service))), "\n#\t", "\n")
		if !found || !strings.Contains(unit, credentials) {
			t.Errorf("%s has other credentials than %s", service, page)
		}
		dropIn := filepath.Join(dir, service+".d", "credentials.conf")
		if err := errors.Join(os.Mkdir(filepath.Dir(dropIn), 0o777), os.WriteFile(dropIn, []byte(credentials), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	verify(" with credentials")
	for _, unit := range units {
		if filepath.Ext(unit) != ".service" {
			continue
		}
		lines := strings.Split(strings.TrimSpace(run(t, "systemd-analyze", "security", "--offline=true", "--no-pager", unit)), "\n")
		_, after, _ := strings.Cut(lines[len(lines)-1], ": ")
		number, _, _ := strings.Cut(after, " ")
		if exposure, err := strconv.ParseFloat(number, 64); err != nil || exposure > 2 {
			t.Errorf("%s: %q, want at most 2.0", filepath.Base(unit), lines[len(lines)-1])
		}
	}
}
