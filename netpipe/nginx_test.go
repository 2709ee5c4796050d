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

// nginxHead begins nginx's configuration, in a directory of its own. nginxPaths is for its
// http.
const (
	nginxHead  = "daemon off; user root; pid %[1]s/pid; error_log %[1]s/error.log; events {}\n"
	nginxPaths = `
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
`
)

// nginxConfig makes nginx hand on what is below /img/ on one port to a server. It has no
// field Host of its own: nginx sends that of the server's address.
const nginxConfig = nginxHead + "http {" + nginxPaths + `
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
	return startNginx(t, 1, func(dir string, at []string) string {
		return fmt.Sprintf(nginxConfig, dir, at[0], server.Address)
	})[0]
}

// startNginx starts nginx, which listens on as many addresses as are wanted. The test makes
// its configuration of them. Without nginx the test is skipped.
func startNginx(t *testing.T, listeners int, configure func(dir string, at []string) string) []string {
	t.Helper()
	return startProxy(t, "nginx", listeners, configure, func(dir, config string, cmd *exec.Cmd) {
		cmd.Args = append(cmd.Args, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", config)
		cmd.Env = append(os.Environ(), "NGINX=") // the sockets that it is given: they listen already
		for i := range listeners {
			cmd.Env[len(cmd.Env)-1] += fmt.Sprintf("%d;", firstSocket+i)
		}
	})
}

// firstSocket is the descriptor of the first socket that a proxy is given.
const firstSocket = 3

// startProxy starts a program that listens on as many addresses as are wanted, by sockets that
// it is given, until the test ends. Without the program the test is skipped.
func startProxy(t *testing.T, name string, listeners int, configure func(dir string, at []string) string, prepare func(dir, config string, cmd *exec.Cmd)) (at []string) {
	t.Helper()
	program, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("no %s: the server is not tested behind it", name)
	}
	cmd := exec.Command(program)
	for range listeners {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		socket, err := l.(*net.TCPListener).File()
		at = append(at, l.Addr().String())
		l.Close()
		if err != nil {
			t.Fatal(err)
		}
		defer socket.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, socket)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, name+".conf")
	if err := os.WriteFile(config, []byte(configure(dir, at)), 0o600); err != nil {
		t.Fatal(err)
	}
	prepare(dir, config, cmd)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // the program ends its workers
		_ = cmd.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("%s: %s%s", name, output.Bytes(), log)
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
