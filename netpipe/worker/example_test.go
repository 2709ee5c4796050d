package worker_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"

	"imgpipe/netpipe/worker"
)

// Example serves one request with a worker that answers with its input in upper case.
// A real worker calls Serve with os.Stdin and os.Stdout, and netpipe starts it:
//
//	netpipe -listen :8888 -reuse 500 ./upper
func Example() {
	upper := func(w io.Writer, r io.Reader) error {
		input, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		_, err = w.Write(bytes.ToUpper(input))
		return err
	}

	// The records that netpipe sends: greeting, BEGIN_REQUEST, STDIN with the input, STDIN
	// without content.
	stdin := worker.AppendGreeting(nil, false)
	stdin = worker.AppendBegin(stdin, 1)
	stdin = worker.Header{Type: worker.Stdin, ID: 1, Length: 5}.Append(stdin)
	stdin = append(stdin, "hello"...)
	stdin = worker.Header{Type: worker.Stdin, ID: 1}.Append(stdin)

	var stdout bytes.Buffer
	if err := worker.Serve(bytes.NewReader(stdin), &stdout, upper); err != nil {
		log.Fatal(err)
	}

	// The records that netpipe receives.
	r := bufio.NewReader(&stdout)
	if _, err := worker.CheckAnswer(r); err != nil {
		log.Fatal(err)
	}
	for {
		h, err := worker.ReadHeader(r)
		if err == io.EOF {
			return
		}
		if err != nil {
			log.Fatal(err)
		}
		content := make([]byte, h.Length)
		if _, err := io.ReadFull(r, content); err != nil {
			log.Fatal(err)
		}
		switch h.Type {
		case worker.Stdout:
			fmt.Printf("answer: %s\n", content)
		case worker.EndRequest:
			status, err := worker.ParseEnd(content)
			if err != nil {
				log.Fatal(err)
			}
			fmt.Printf("status: %d\n", status)
		}
	}
	// Output:
	// answer: HELLO
	// status: 0
}
