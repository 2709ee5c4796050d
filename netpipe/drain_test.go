package netpipe

import (
	"io"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

func TestDrain(t *testing.T) {
	pipetest.Parallel(t)
	t.Run("what has begun ends whole", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		server := start(t, quick("read", "meet:"+meeting.String(), "write:10"))
		silent := connect(t, server.addr)
		busy := connect(t, server.addr)
		_, _ = busy.Write(pipetest.Noise(10))
		_ = busy.CloseWrite()
		filter := meeting.Come()
		server.stop()
		server.verdict(probe) // the silent one
		if _, err := silent.Read(make([]byte, 1)); err == nil {
			t.Error("the connection that hadn't begun was not closed")
		}
		filter.Close()
		server.verdict(whole)
		if err := server.wait(); err != nil {
			t.Errorf("Serve: want nil, got %v", err)
		}
	})
	t.Run("what is not done in time is cut off", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		s := quick("read", "ignore-term", "meet:"+meeting.String(), "write:10")
		s.Drain = 10 * time.Millisecond
		server := start(t, s)
		c := connect(t, server.addr)
		_, _ = c.Write(pipetest.Noise(10))
		_ = c.CloseWrite()
		filter := meeting.Come()
		server.stop()
		server.verdict(stopped)
		meeting.Dies(filter)
		if err := server.wait(); err == nil {
			t.Error("Serve: want an error, got nil")
		}
	})
	t.Run("the second signal", func(t *testing.T) {
		pipetest.Parallel(t)
		meeting := pipetest.NewMeeting(t)
		server := start(t, quick("read", "meet:"+meeting.String(), "write:10"))
		c := connect(t, server.addr)
		_, _ = c.Write(pipetest.Noise(10))
		_ = c.CloseWrite()
		filter := meeting.Come()
		server.stop()
		server.kill()
		server.verdict(stopped)
		meeting.Dies(filter)
		if err := server.wait(); err == nil {
			t.Error("Serve: want an error, got nil")
		}
	})
}

// TestDrainFirstByte: what has been accepted is served, though its first byte comes
// after the signal.
func TestDrainFirstByte(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name   string
		server *Server
		input  string
		want   string
	}{
		{"raw", quick("copy"), "image", "image"},
		{"HTTP", overHTTP("copy"), "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nConnection: close\r\n\r\nimage", "image"},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			server := start(t, test.server)
			c := connect(t, server.addr)
			// The first connection has been accepted when the second one is served.
			second := connect(t, server.addr)
			send(t, second, []byte(test.input))
			_ = second.CloseWrite()
			if _, err := io.ReadAll(second); err != nil {
				t.Fatal(err)
			}
			server.stop()
			waitRefused(t, server.addr)
			send(t, c, []byte(test.input))
			_ = c.CloseWrite()
			answer, err := io.ReadAll(c)
			if err != nil || !strings.HasSuffix(string(answer), test.want) || strings.Contains(string(answer), "503") {
				t.Errorf("got %q (%v)", answer, err)
			}
			if err := server.wait(); err != nil {
				t.Errorf("Serve: want nil, got %v", err)
			}
		})
	}
}
