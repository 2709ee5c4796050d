package netpipe

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// nginxConfig makes nginx hand on what is below /img/ on one port to a server. It has no
// field Host of its own: nginx sends that of the server's address.
const nginxConfig = `
daemon off; user root; pid %[1]s/pid; error_log %[1]s/error.log;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
	server {
		listen %[2]s;
		location /img/ {
			proxy_pass http://%[3]s/;
			proxy_http_version 1.1;
			client_max_body_size 1m;
			proxy_request_buffering off;
		}
	}
}
`

// behindNginx starts nginx in front of a server, and returns nginx's address. Without nginx
// the test is skipped.
func behindNginx(t *testing.T, server Addr) string {
	t.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("no nginx: the server is not tested behind it")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := listener.(*net.TCPListener).File()
	at := listener.Addr().String()
	listener.Close()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, nginxConfig, dir, at, server.Address), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", config)
	cmd.ExtraFiles = []*os.File{socket}
	cmd.Env = append(os.Environ(), "NGINX=3;") // the socket that it is given: it listens already
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // nginx ends its worker
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx: %s%s", stderr.Bytes(), log)
		}
	})
	return at
}

// A browser that comes over nginx, below a path, is served if Hosts names nginx.
func TestHTTPBehindNginx(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		hosts   []string
		code    int
		verdict verdict
	}{{nil, 403, refused}, {[]string{"pictures.example.org"}, 200, whole}} {
		s := overHTTP("copy")
		s.Hosts = test.hosts
		server := start(t, s)
		at := behindNginx(t, server.addr)
		got, err := post(t, Addr{Network: "http", Address: at + "/img/"}, strings.NewReader("x"), func(r *http.Request) {
			r.Host = "pictures.example.org"
			r.Header.Set("Origin", "http://pictures.example.org")
		})
		if err != nil || got.code != test.code {
			t.Fatalf("Hosts %q: want %d, got %d, %q and %v", test.hosts, test.code, got.code, got.body, err)
		}
		server.verdict(test.verdict)
	}
}
