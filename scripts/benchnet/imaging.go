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

// serveImaging serves the work "pipe" over HTTP, in process, with as many images at the
// same time as there are cores. It prints its port on stdout.
func serveImaging(quality string) error {
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
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		input, err := io.ReadAll(r.Body)
		var answer bytes.Buffer
		if err == nil {
			cores <- struct{}{}
			err = goimaging.Do("pipe", bytes.NewReader(input), &answer, q)
			<-cores
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnprocessableEntity)
			return
		}
		_, _ = w.Write(answer.Bytes())
	}))
}
