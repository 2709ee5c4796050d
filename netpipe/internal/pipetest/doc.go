// Package pipetest has what the tests of netpipe's packages share: filters that do as
// they are told, places where filters wait for the test, pairs of sockets, and a search
// for what a test leaves behind.
package pipetest

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

// Patience is how long a test waits for an event before it fails. No test waits for
// Patience to pass.
const Patience = time.Minute

// Main is a TestMain. It lets the test binary be the filters and workers of its own
// tests, and what else has a role: roles has these by the first argument. What tests that
// ran in parallel leave behind is a failure of the run.
func Main(m *testing.M, roles map[string]func(args []string) int) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "filter":
			os.Exit(PlayFilter(os.Args[2:], os.Stdin, os.Stdout))
		case "worker":
			os.Exit(PlayWorker(false))
		case "worker-with-params":
			os.Exit(PlayWorker(true))
		}
		if play := roles[os.Args[1]]; play != nil {
			os.Exit(play(os.Args[2:]))
		}
	}
	// The race detector lets a process sleep for a second before its end.
	os.Setenv("GORACE", "atexit_sleep_ms=0")
	flag.Parse()
	moreInParallel()
	before := count()
	status := m.Run()
	removeCertificates()
	for _, left := range before.left() {
		fmt.Println("after all tests (-parallel 1 tells after which):", left)
		status = max(status, 1)
	}
	os.Exit(status)
}

// moreInParallel has more tests run at once than there are cores, unless -parallel says
// how many: most tests wait for a process or a limit of time.
func moreInParallel() {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", "8")
	}
}
