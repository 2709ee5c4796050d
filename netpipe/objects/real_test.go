package objects

import (
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// realS3 starts moto's server, which is a service of its own in another language and with
// another library than the fake, and makes a bucket in it.
func realS3(t *testing.T) Store {
	path, err := exec.LookPath("moto_server")
	if err == nil {
		err = exec.Command(path, "-h").Run()
	}
	if err != nil {
		t.Skipf("moto_server is not installed: %v", err)
	}
	setCredentials(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	server := exec.Command(path, "-H", host, "-p", port)
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Wait()
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-ended
	})
	endpoint := "http://" + net.JoinHostPort(host, port)
	for { // until it listens
		request, err := http.NewRequest(http.MethodPut, endpoint+"/photos", nil)
		if err != nil {
			t.Fatal(err)
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Fatalf("making a bucket: %s", response.Status)
			}
			return open(t, Options{Endpoint: endpoint}, "s3://photos")
		}
		select {
		case <-ended:
			t.Fatalf("moto_server has ended: %s", log.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
