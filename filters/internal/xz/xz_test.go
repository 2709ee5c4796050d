package xz

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/therootcompany/xz"
)

// samples are data that an encoder compresses in all of its ways.
func samples() map[string][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	noise, skewed, steps := make([]byte, 100_000), make([]byte, 100_000), make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
		skewed[i] = byte(r.ExpFloat64() * 9)
		steps[i] = byte(i>>8) + byte(i%7)*byte(r.UintN(2))
	}
	var text []byte
	for i := range 20_000 {
		text = strconv.AppendInt(append(text, " row "...), int64(i*i), 10)
	}
	return map[string][]byte{
		"one byte": {7}, "zeros": make([]byte, 200_000), "noise": noise, "skewed": skewed, "matches": steps, "text": text,
		"short text": text[:100], "all": bytes.Join([][]byte{noise, text, skewed, noise[:70_000], text, steps}, nil),
	}
}

// compress has the program xz compress data. The test is skipped without it.
func compress(t testing.TB, data []byte, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("xz is not installed")
	}
	cmd := exec.Command("xz", append([]string{"-c", "-q"}, args...)...)
	cmd.Stdin = bytes.NewReader(data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestAsXz decodes what xz writes into just enough room, into too much, and into too
// little.
func TestAsXz(t *testing.T) {
	for name, want := range samples() {
		all := []string{
			"-0", "-6", "-2e", "--check=none -3", "--check=crc32 -3", "--check=sha256 -3", "--block-size=30000 -3", "-T2 --block-size=50000 -1",
			"--lzma2=preset=1,lc=0,lp=4,pb=0", "--lzma2=preset=1,lc=4,lp=0,pb=4", "--lzma2=preset=3,lc=1,lp=2,pb=3",
			"--delta=dist=3 --lzma2=preset=1", "--delta=dist=256 --lzma2=preset=1",
		}
		if name != "all" {
			all = all[:2]
		}
		for _, args := range all {
			data := compress(t, want, strings.Fields(args)...)
			var d Decoder
			for _, room := range []int{len(want), len(want) + 10, len(want) / 2} {
				dst := make([]byte, room)
				n, err := d.Decode(dst, data)
				if err != nil || n != min(room, len(want)) || !bytes.Equal(dst[:n], want[:n]) {
					t.Errorf("%s, %s: decoded %d of %d bytes into %d: %v", name, args, n, len(want), room, err)
				}
			}
		}
	}
}

func TestErrors(t *testing.T) {
	text := samples()["text"]
	file := compress(t, text, "--check=crc32")
	with := func(at int, b byte) []byte {
		changed := bytes.Clone(file)
		changed[at] ^= b
		return changed
	}
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":               {nil, io.ErrUnexpectedEOF},
		"no signature":          {with(0, 1), ErrCorrupt},
		"flags":                 {with(7, 2), ErrCorrupt}, // by the checksum
		"block header":          {with(13, 1), ErrCorrupt},
		"data":                  {with(200, 1), ErrCorrupt},
		"first byte of a chunk": {with(24+6, 1), ErrCorrupt},
		"x86 code":              {compress(t, text, "--x86", "--lzma2=preset=1"), ErrUnsupported},
		"arm code":              {compress(t, text, "--arm", "--lzma2=preset=1"), ErrUnsupported},
	} {
		var d Decoder
		n, err := d.Decode(make([]byte, len(text)+1), c.data)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %d bytes, %v, want %v", name, n, err, c.want)
		}
	}
}

func TestEveryPrefixIsTruncated(t *testing.T) {
	want := samples()["text"]
	file := compress(t, want, "--check=crc32")
	dst := make([]byte, len(want)+1)
	var d Decoder
	for n := 0; n < len(file)-28; n += 1 + n/50 { // without the index and the footer
		if _, err := d.Decode(dst, file[:n:n]); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("%d of %d bytes: %v", n, len(file), err)
		}
	}
}

// FuzzDecode holds that what therootcompany's decoder reads, this one reads as well, but
// for filters of code.
func FuzzDecode(f *testing.F) {
	if _, err := exec.LookPath("xz"); err == nil {
		for _, want := range samples() {
			f.Add(compress(f, want[:min(len(want), 3000)], "--check=none"))
			f.Add(compress(f, want[:min(len(want), 300)], "--check=crc32", "--delta=dist=3", "--lzma2=preset=1,lc=1,lp=2,pb=1"))
		}
	}
	const room = 1 << 17
	var d Decoder
	f.Fuzz(func(t *testing.T, data []byte) {
		dst := make([]byte, room)
		n, err := d.Decode(dst, data)
		peer, peerErr := xz.NewReader(bytes.NewReader(data), 1<<20)
		if peerErr != nil {
			return
		}
		peer.Multistream(false)
		want, peerErr := io.ReadAll(io.LimitReader(peer, room))
		if peerErr == nil && !errors.Is(err, ErrUnsupported) && (err != nil || !bytes.Equal(dst[:n], want)) {
			t.Fatalf("%d bytes, %v, where the other decoder has %d", n, err, len(want))
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	want := samples()["all"]
	data, dst := compress(b, want), make([]byte, len(want))
	b.Run("ours", func(b *testing.B) {
		var d Decoder
		b.SetBytes(int64(len(want)))
		for b.Loop() {
			if _, err := d.Decode(dst, data); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("therootcompany", func(b *testing.B) {
		b.SetBytes(int64(len(want)))
		for b.Loop() {
			r, err := xz.NewReader(bytes.NewReader(data), 1<<26)
			if err == nil {
				_, err = io.ReadFull(r, dst)
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
