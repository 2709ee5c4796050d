package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// program returns a command that runs netqueue.
func program(args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Args[0] = "netqueue" // which tells the test binary what to be
	return cmd
}

// netqueue runs netqueue to its end, and returns what it has written to stdout.
func netqueue(t *testing.T, args ...string) string {
	t.Helper()
	out, err := program(args...).Output()
	if err != nil {
		t.Fatalf("netqueue %q: %v", args, err)
	}
	return string(out)
}

func writeObjects(t *testing.T, dir string, objects map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for key, text := range objects {
		if err := os.WriteFile(filepath.Join(dir, key), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits until check returns nil.
func eventually(t *testing.T, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatal(err)
}

// patience is how long a test waits for what has to come.
const patience = time.Minute
