package netpipe

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"imgpipe/netpipe/internal/pipetest"
)

// A slowSocket takes what is written at a rate. It stands still for some time
// after so many bytes.
type slowSocket struct {
	rate  int64 // bytes per second
	after int64
	still time.Duration

	taken    int64
	deadline time.Time
}

func (s *slowSocket) SetWriteDeadline(t time.Time) error {
	s.deadline = t
	return nil
}

func (s *slowSocket) Write(b []byte) (int, error) {
	takes := time.Duration(len(b)) * time.Second / time.Duration(s.rate)
	if s.after <= s.taken {
		takes, s.after = takes+s.still, math.MaxInt64
	}
	if left := time.Until(s.deadline); !s.deadline.IsZero() && left < takes {
		time.Sleep(left)
		return 0, os.ErrDeadlineExceeded
	}
	time.Sleep(takes)
	s.taken += int64(len(b))
	return len(b), nil
}

// A client has to keep pace, by the clock of a synctest bubble.
func TestMinRate(t *testing.T) {
	pipetest.Parallel(t)
	const size = 32 << 20
	const idle, never = 30 * time.Second, math.MaxInt64
	for _, test := range []struct {
		name   string
		idle   time.Duration
		socket slowSocket
		want   error
		within time.Duration
	}{
		{"at the least rate", idle, slowSocket{rate: minRate, after: never}, nil, size / minRate * time.Second},
		{"at half of it", idle, slowSocket{rate: minRate / 2, after: never}, ErrSlowClient, 2 * idle},
		{"at a trickle", idle, slowSocket{rate: minRate / 16, after: never}, ErrSlowClient, 2 * idle},
		{"fast, after a pause", idle, slowSocket{rate: 100 * minRate, after: size / 2, still: idle - time.Second}, nil, 2*idle + size/minRate*time.Second/100},
		{"at the least rate, after a pause", idle, slowSocket{rate: minRate, after: size / 2, still: idle - 2*time.Second}, nil, idle + size/minRate*time.Second},
		{"fast, then nothing", idle, slowSocket{rate: 100 * minRate, after: size / 2, still: idle}, ErrSlowClient, idle + size/minRate*time.Second/100},
		{"at a trickle, without a limit", 0, slowSocket{rate: minRate / 16, after: never}, nil, 16 * size / minRate * time.Second},
	} {
		for name, write := range map[string]func(*minRateWriter) error{
			"memory": func(p *minRateWriter) error { _, err := p.Write(make([]byte, size)); return err },
			"file": func(p *minRateWriter) error {
				_, err := p.ReadFrom(bytes.NewReader(make([]byte, size)))
				return err
			},
		} {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begun, socket := time.Now(), test.socket
					err := write(newMinRateWriter(&socket, test.idle))
					if !errors.Is(err, test.want) {
						t.Errorf("want %v, got %v", test.want, err)
					}
					if took := time.Since(begun); took > test.within {
						t.Errorf("want an end within %v, got %v", test.within, took)
					}
				})
			})
		}
	}
}

// With NoHold the filter may be slow: only the client's time counts.
func TestMinRateOfSlowFilter(t *testing.T) {
	pipetest.Parallel(t)
	synctest.Test(t, func(t *testing.T) {
		p := newMinRateWriter(&slowSocket{rate: minRate, after: math.MaxInt64}, time.Second)
		for range 100 {
			time.Sleep(time.Minute)
			if _, err := io.WriteString(p, "x"); err != nil {
				t.Fatalf("want no error, got %v", err)
			}
		}
	})
}
