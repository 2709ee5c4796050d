package netpipe

import (
	"io"
	"os"
	"testing"
	"time"
)

// A limit ends the input of a filter that reads it. What a filter doesn't take
// can't be too much, nor come too late.
func TestInputLimits(t *testing.T) {
	const idle = time.Millisecond
	for _, test := range []struct {
		name   string
		server Server
		sent   int // bytes
		reads  bool
		want   error
	}{
		{"within all", Server{MaxInput: 10}, 10, true, io.EOF},
		{"silent, wanted", Server{IdleTimeout: idle}, 0, true, errSilent},
		{"silent, not wanted", Server{IdleTimeout: idle}, 0, false, io.EOF},
		{"large, wanted", Server{MaxInput: 9}, 10, true, errInputTooLarge},
		{"large, not wanted", Server{MaxInput: 9}, 10, false, io.EOF},
	} {
		t.Run(test.name, func(t *testing.T) {
			sock, client := pair(t, "tcp")
			filter, stdin, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer closeFiles(filter, stdin)
			if !test.reads {
				filter.Close()
			}
			c := &conn{service: &service{Server: &test.server, pool: &pool{}}, front: &raw{socket: sock}, run: &process{stdin: stdin}}
			got := make(chan error, 1)
			go func() { got <- c.copyInput(&piece{buf: new([chunkSize]byte)}) }()
			send(t, client, noise(test.sent))
			if test.want == io.EOF {
				time.Sleep(20 * test.server.IdleTimeout) // no shorter silence would fail
				_ = client.CloseWrite()
			}
			if err := <-got; err != test.want {
				t.Errorf("want %v, got %v", test.want, err)
			}
		})
	}
}
