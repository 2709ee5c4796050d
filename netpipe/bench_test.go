package netpipe

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"testing"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/pipetest"
)

// BenchmarkConnection measures a connection whose filter only copies: with a process of its
// own, and with a worker. Allocations are those of server and client together.
func BenchmarkConnection(b *testing.B) {
	for _, name := range []string{"process", "worker"} {
		for _, size := range []int{1 << 10, 1 << 20} {
			b.Run(fmt.Sprintf("%s/%dKiB", name, size>>10), func(b *testing.B) {
				server := quick("obey")
				if name == "worker" {
					server = quickWorkers()
				}
				at := serveBench(b, server)
				input := append([]byte("copy\n"), pipetest.Noise(size)...)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := roundTrip(at, input); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func serveBench(b *testing.B, s *Server) (at string) {
	records := make(chan record)
	s.Log = slog.New(&recorder{records: records})
	ended := make(chan error, 1)
	go func() {
		ended <- s.Serve(context.Background())
		close(records)
	}()
	go func() {
		for range records {
		}
	}()
	b.Cleanup(func() {
		_ = s.Close()
		<-ended
	})
	<-s.Ready()
	return s.Addrs()[0].String()
}

func roundTrip(at string, input []byte) error {
	c, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	defer c.Close()
	go func() {
		_, _ = c.Write(input)
		_ = c.(fdio.Socket).CloseWrite()
	}()
	n, err := io.Copy(io.Discard, c)
	if err == nil && n < int64(len(input)-len("copy\n")) {
		err = fmt.Errorf("%d bytes of %d", n, len(input))
	}
	return err
}
