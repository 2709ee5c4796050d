package netpipe

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func TestHold(t *testing.T) {
	sizes := []int{0, 1, chunkSize - 1, chunkSize, chunkSize + 1, chunkSize + largeSize, chunkSize + largeSize + 1, inMemory - 1, inMemory, inMemory + 1, 2*inMemory + 12345}
	for i, size := range slices.Concat(sizes, sizes) {
		others := int64(0) // what other answers hold
		if i >= len(sizes) {
			others = allMemory - chunkSize - 1
		}
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"whole reads":  func(r io.Reader) io.Reader { return r },
			"half reads":   iotest.HalfReader,
			"data and EOF": iotest.DataErrReader,
		} {
			b := budget{limit: allMemory + 10*inMemory}
			b.take(others)
			h := hold{budget: &b}
			want := noise(size)
			if n, err := h.ReadFrom(wrap(bytes.NewReader(want))); n != int64(size) || err != nil {
				t.Errorf("%d bytes, %s: ReadFrom: got %d and %v", size, name, n, err)
			}
			if got := b.used.Load() - others; got != int64(size) {
				t.Errorf("%d bytes, %s: %d counted as held", size, name, got)
			}
			if want := size > inMemory && others > 0; (h.file != nil) != want {
				t.Errorf("%d bytes, %s, others hold %d: in a file: %t, want %t", size, name, others, !want, want)
			}
			var got bytes.Buffer
			if n, err := h.WriteTo(&got); n != int64(size) || err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%d bytes, %s: WriteTo: got %d and %v, equal: %t", size, name, n, err, bytes.Equal(got.Bytes(), want))
			}
			h.release()
			if got := b.used.Load() - others; got != 0 {
				t.Errorf("%d bytes, %s: %d counted as held after release", size, name, got)
			}
		}
	}
}

func TestHoldLimits(t *testing.T) {
	broken := errors.New("broken")
	for _, test := range []struct {
		name  string
		limit int64
		all   int64
		from  io.Reader
		want  error
	}{
		{"as large as it may be", 1000, 0, bytes.NewReader(noise(1000)), nil},
		{"larger, in memory", 1000, 0, bytes.NewReader(noise(1001)), errAnswerTooLarge},
		{"larger, in a file", 65 << 20, 0, bytes.NewReader(noise(65<<20 + 1)), errAnswerTooLarge},
		{"no room, in memory", 0, 1000, bytes.NewReader(noise(1001)), errHeldFull},
		{"no room, in a file", 0, 65 << 20, bytes.NewReader(noise(65<<20 + 1)), errHeldFull},
		{"the reader fails", 0, 0, io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), broken},
	} {
		b := budget{limit: test.all}
		h := hold{limit: test.limit, budget: &b}
		if _, err := h.ReadFrom(test.from); !errors.Is(err, test.want) {
			t.Errorf("%s: want %v, got %v", test.name, test.want, err)
		}
		h.release()
		if got := b.used.Load(); got != 0 {
			t.Errorf("%s: %d counted as held after release", test.name, got)
		}
	}
}

func TestHoldWithoutDirectory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()+"/missing")
	var h hold
	defer h.release()
	if _, err := h.ReadFrom(bytes.NewReader(noise(inMemory + 1))); !errors.As(err, new(*holdError)) {
		t.Errorf("want a holdError, got %v", err)
	}
}

func BenchmarkHold(b *testing.B) {
	data := noise(300_000)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var h hold
		_, _ = h.ReadFrom(bytes.NewReader(data))
		_, _ = h.WriteTo(io.Discard)
		h.release()
	}
}

// When a connection's record is there, what its answer held is free again.
func TestHeldIsGivenBack(t *testing.T) {
	const large, small = 30_000_000, 1000
	s := quick("obey")
	s.MaxHeld = large
	server := start(t, s)
	for range 3 {
		gone := connect(t, server.addr)
		send(t, gone, fmt.Appendf(nil, "write:%d\n", large))
		_ = gone.CloseWrite()
		if _, err := io.ReadFull(gone, make([]byte, small)); err != nil {
			t.Fatal(err)
		}
		reset(gone)
		server.verdict(clientGone)
		answer, err := ask(t, server.addr, fmt.Appendf(nil, "write:%d\n", small))
		wantWhole(t, answer, err, written(small))
		server.verdict(whole)
	}
}
