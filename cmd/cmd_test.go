// Package cmd_test plays the sessions in testdata/script with the programs as
// they are shipped.
package cmd_test

import (
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"imgpipe/filters/codec"
	"imgpipe/filters/pixel"
)

// bin is the directory in which TestMain builds the programs.
var bin string

func TestMain(m *testing.M) {
	if program := os.Getenv(measured); program != "" {
		os.Exit(runMeasured(program))
	}
	os.Exit(func() int {
		var err error
		if bin, err = os.MkdirTemp("", "imgpipe-bin-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(bin)
		if out, err := exec.Command("../scripts/build.sh", bin).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "scripts/build.sh: %v\n%s", err, out)
			return 1
		}
		return m.Run()
	}())
}

func TestSessions(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	gocache, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	caches := strings.Fields(string(gocache))
	testscript.Run(t, testscript.Params{
		Dir: "../testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", bin+":"+e.Getenv("PATH"))
			e.Setenv("IN", filepath.Join(root, "testdata", "in"))
			e.Setenv("CASES", filepath.Join(root, "testdata", "cases"))
			e.Setenv("ROCKET", filepath.Join(root, "testdata", "rocket.jpg"))
			e.Setenv("SCRIPTS", filepath.Join(root, "scripts"))
			e.Setenv("IMGPIPE_BIN", bin)
			e.Setenv("GOCACHE", caches[0]) // for scripts that build
			e.Setenv("GOMODCACHE", caches[1])
			all := servers{}
			e.Values[serversKey{}] = all
			e.Defer(all.endAll)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"picture": picture,
			"serve":   serve,
			"end":     end,
		},
	})
}

// exits STATUS PROGRAM [ARG...] runs a program, which must exit with the status. For
// another status than 0 it must print one line that begins with its name.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		status = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
	stderr := ts.ReadFile("stderr")
	if status != 0 && args[1] != "sh" && !regexp.MustCompile(`^`+filepath.Base(args[1])+`: [^\n]+\n$`).MatchString(stderr) {
		ts.Fatalf("stderr is %q, want one line that begins with the program's name", stderr)
	}
}

// picture FILE FORMAT WIDTHxHEIGHT CHANNELS DEPTH checks the first image of a file.
func picture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 5 {
		ts.Fatalf("usage: picture FILE FORMAT WIDTHxHEIGHT CHANNELS DEPTH")
	}
	got, err := describePicture(strings.NewReader(ts.ReadFile(args[0])))
	ts.Check(err)
	if want := strings.Join(args[1:], " "); got != want {
		ts.Fatalf("%s is a %s, want %s", args[0], got, want)
	}
}

// describePicture returns the format, size, number of channels and depth of the
// first image of r.
func describePicture(r io.Reader) (string, error) {
	p, err := codec.Decode(r, codec.DecodeOptions{})
	if err != nil {
		return "", err
	}
	m := p.Frames[0].Image
	channels, depth := 4, 8
	switch m := m.(type) {
	case *image.Gray:
		channels = 1
	case *image.Gray16:
		channels, depth = 1, 16
	case *pixel.GrayAlpha:
		channels = 2
	case *pixel.GrayAlpha16:
		channels, depth = 2, 16
	case *image.YCbCr:
		channels = 3
	case *image.NRGBA:
		if m.Opaque() {
			channels = 3
		}
	case *image.NRGBA64:
		depth = 16
		if m.Opaque() {
			channels = 3
		}
	}
	return fmt.Sprintf("%s %dx%d %d %d", p.Format, m.Bounds().Dx(), m.Bounds().Dy(), channels, depth), nil
}

// servers are the servers of a session, by their names there.
type servers map[string]*server

type serversKey struct{}

// serve NAME COUNT PROGRAM [ARG...] starts a server, waits until its log has COUNT
// records of a listener, and sets $NAME to the address of the last one, and $NAME_HTTP to
// that of the last one for HTTP.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: serve NAME COUNT PROGRAM [ARG...]")
	}
	count, err := strconv.Atoi(args[1])
	ts.Check(err)
	cmd := exec.Command(args[2], args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "IMGPIPE_BIN", "GRAY_LISTEN", "SCALE_LISTEN", "GRAY_HTTP", "SCALE_HTTP", "FACTOR"} {
		cmd.Env = append(cmd.Env, name+"="+ts.Getenv(name))
	}
	s, err := newServer(cmd, count)
	ts.Check(err)
	ts.Value(serversKey{}).(servers)[args[0]] = s
	ts.Setenv(args[0], s.address)
	ts.Setenv(args[0]+"_HTTP", s.http)
}

// end NAME ends a server by SIGTERM, after which it must exit with 0. Its stderr is
// in the file NAME.log.
func end(ts *testscript.TestScript, neg bool, args []string) {
	all := ts.Value(serversKey{}).(servers)
	if neg || len(args) != 1 || all[args[0]] == nil {
		ts.Fatalf("usage: end NAME")
	}
	log, err := all[args[0]].stop()
	delete(all, args[0])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".log"), []byte(log), 0o666))
	if err != nil {
		ts.Fatalf("%s: %v after SIGTERM: %s", args[0], err, log)
	}
}

// endAll ends the servers that a failed session has left.
func (all servers) endAll() {
	for _, s := range all {
		_, _ = s.stop()
	}
}
