package netpipe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"imgpipe/netpipe"
)

func ExampleParseAddr() {
	for _, s := range []string{":8888", "[::1]:8888", "unix:/run/gray", "http://host"} {
		a, err := netpipe.ParseAddr(s)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(a.Network, a.Address)
	}
	// Output:
	// tcp :8888
	// tcp [::1]:8888
	// unix /run/gray
	// http host:80
}

// A server and a client in one program.
func Example() {
	server := netpipe.Defaults()
	server.Listen = []netpipe.Addr{{Network: "tcp", Address: "127.0.0.1:0"}}
	server.Filter = []string{"tr", "a-z", "A-Z"}

	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	select {
	case <-server.Ready():
	case err := <-served:
		log.Fatal(err)
	}

	client := netpipe.Client{Addr: netpipe.Addr{Network: "tcp", Address: server.Addrs()[0].String()}}
	if err := client.Send(ctx, strings.NewReader("hello\n"), os.Stdout); err != nil {
		log.Fatal(err)
	}

	cancel()
	if err := <-served; err != nil {
		log.Fatal(err)
	}
	// Output: HELLO
}

// Over HTTP a client is told why there is no answer.
func ExampleRetryable() {
	server := netpipe.Defaults()
	server.Listen = []netpipe.Addr{{Network: "http", Address: "127.0.0.1:0"}}
	server.Filter = []string{"sh", "-c", "cat >/dev/null; echo not an image >&2; exit 1"}
	go func() {
		if err := server.Serve(context.Background()); !errors.Is(err, netpipe.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-server.Ready()
	defer server.Close()

	client := netpipe.Client{Addr: netpipe.Addr{Network: "http", Address: server.Addrs()[0].String()}}
	defer client.CloseIdle()
	err := client.Send(context.Background(), strings.NewReader("hello"), io.Discard)
	_, again := netpipe.Retryable(err)
	var status *netpipe.StatusError
	if errors.As(err, &status) {
		fmt.Printf("%d: %s; try again: %t\n", status.Code, status.Text, again)
	}
	// Output: 422: not an image; try again: false
}

// The HTTP front in a server of the program's own, behind a password.
func ExampleServer_Handler() {
	server := netpipe.Defaults()
	server.Listen = nil
	server.Filter = []string{"tr", "a-z", "A-Z"}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	<-server.Ready()

	handler := server.Handler()
	front := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "secret" {
			http.Error(w, "no password", http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	for _, password := range []string{"guess", "secret"} {
		r, err := http.NewRequest(http.MethodPost, front.URL, strings.NewReader("hello\n"))
		if err != nil {
			log.Fatal(err)
		}
		r.SetBasicAuth("user", password)
		answer, err := front.Client().Do(r)
		if err != nil {
			log.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body) // an error means that the answer is not whole
		answer.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d: %s", answer.StatusCode, text)
	}

	cancel()
	if err := <-served; err != nil { // waits for requests that have begun
		log.Fatal(err)
	}
	front.Close()
	// Output:
	// 401: no password
	// 200: HELLO
}
