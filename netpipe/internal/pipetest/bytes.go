package pipetest

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
)

// Noise returns n bytes that do not compress and are the same in every run.
func Noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(n)})
	_, _ = r.Read(b)
	return b
}

// Written returns what a filter's step write:N writes.
func Written(n int) []byte {
	var b bytes.Buffer
	_, _ = io.CopyN(&b, new(pattern), int64(n))
	return b.Bytes()
}

// A pattern reads as bytes in which a missing or a moved piece shows.
type pattern struct{ n int }

func (p *pattern) Read(b []byte) (int, error) {
	for left := b; len(left) > 0; {
		n := copy(left, period[p.n%23:])
		left = left[n:]
		p.n += n
	}
	return len(b), nil
}

// period is a multiple of the alphabet, long enough to be copied quickly.
var period = strings.Repeat("abcdefghijklmnopqrstuvw", 2000)
