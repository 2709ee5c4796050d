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
	netpipe := filepath.Join(dir, "netpipe")
	if err := os.WriteFile(netpipe, nil, 0o777); err != nil {
		t.Fatal(err)
	}
	var units []string
	for _, name := range []string{"netpipe.service", "netpipe.socket", "netpipe@.service"} {
		unit := read(t, filepath.Join("systemd", name))
		file := filepath.Join(dir, name)
		// The program need not be installed.
		text := strings.ReplaceAll(string(unit), "/usr/bin/netpipe", netpipe)
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
	_, page, _ := strings.Cut(string(read(t, "../../netpipe/OPERATING.md")), "```ini\n[Service]\nLoadCredential=")
	page, _, _ = strings.Cut(page, "```")
	credentials := "[Service]\nLoadCredential=" + page
	for _, service := range []string{"netpipe.service", "netpipe@.service"} {
		unit := strings.ReplaceAll(string(read(t, filepath.Join("systemd", service))), "\n#\t", "\n")
		if page == "" || !strings.Contains(unit, credentials) {
			t.Errorf("%s has other credentials than the page", service)
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
