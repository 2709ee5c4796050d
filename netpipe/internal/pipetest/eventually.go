package pipetest

import (
	"testing"
	"time"
)

// Eventually waits until check returns nil. It is for what has no event to wait for. The test
// fails if that takes longer than Patience.
func Eventually(t testing.TB, check func() error) {
	t.Helper()
	begun := time.Now()
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Since(begun) > Patience {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}
