package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"

	"imgpipe/scripts/bench/goimaging"
)

// serveImaging does gray and half in process, over HTTP or raw connections, as
// many at once as there are cores. It says on stdout at which port.
func serveImaging(kind, quality string) error {
	q, err := strconv.Atoi(quality)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	cores := make(chan struct{}, runtime.GOMAXPROCS(0))
	work := func(r io.Reader) ([]byte, error) {
		input, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		cores <- struct{}{}
		defer func() { <-cores }()
		var answer bytes.Buffer
		err = goimaging.Do("pipe", bytes.NewReader(input), &answer, q)
		return answer.Bytes(), err
	}
	if kind == "http" {
		return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			answer, err := work(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnprocessableEntity)
				return
			}
			_, _ = w.Write(answer)
		}))
	}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			answer, err := work(conn)
			if err != nil {
				_ = conn.(*net.TCPConn).SetLinger(0)
				return
			}
			_, _ = conn.Write(answer)
		}()
	}
}
