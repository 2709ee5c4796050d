package netpipe

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// The lines that README.md has for proxies are what these tests run.

// linesForProxy returns the block of README.md that begins with these lines.
func linesForProxy(t *testing.T, start string) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, block, ok := strings.Cut(string(readme), "\n```"+start)
	block, _, end := strings.Cut(block, "\n```\n")
	if !ok || !end {
		t.Fatalf("README.md has no %q", start)
	}
	_, start, _ = strings.Cut(start, "\n")
	return start + block + "\n"
}

// aimed puts the addresses of a test into lines for a proxy.
func aimed(t *testing.T, lines string, oldNew ...string) string {
	t.Helper()
	for i := 0; i < len(oldNew); i += 2 {
		if !strings.Contains(lines, oldNew[i]) {
			t.Fatalf("no %q in %s", oldNew[i], lines)
		}
	}
	return strings.NewReplacer(oldNew...).Replace(lines)
}

// aimedAt are the servers' addresses in README.md and in the test.
func aimedAt(raw, web *backstage) []string {
	return []string{"10.0.0.9:8889", raw.addr.Address, "10.0.0.9:8081", web.addr.Address}
}

func TestBehindHAProxy(t *testing.T) {
	for _, version := range []string{"send-proxy", "send-proxy-v2"} {
		t.Run(version, func(t *testing.T) {
			behindProxy(t, func(t *testing.T, raw, web *backstage) []string {
				return startProxy(t, "haproxy", 2, func(_ string, at []string) string {
					return "defaults\n\ttimeout connect 5s\n" + aimed(t, linesForProxy(t, "haproxy\nlisten raw"), append(aimedAt(raw, web),
						"bind :8888", fmt.Sprintf("bind fd@%d", firstSocket), "bind :8080", fmt.Sprintf("bind fd@%d", firstSocket+1),
						"send-proxy-v2", version)...)
				}, func(_, config string, cmd *exec.Cmd) { cmd.Args = append(cmd.Args, "-db", "-f", config) })
			})
		})
	}
}

// nginxStream is nginx's module for raw connections, where Debian has it.
const nginxStream = "/usr/lib/nginx/modules/ngx_stream_module.so"

func TestBehindNginx(t *testing.T) {
	if _, err := os.Stat(nginxStream); err != nil {
		t.Skip("no stream module of nginx: the server is not tested behind it")
	}
	behindProxy(t, func(t *testing.T, raw, web *backstage) []string {
		return startNginx(t, 2, func(dir string, at []string) string {
			return "load_module " + nginxStream + ";\n" + fmt.Sprintf(nginxHead, dir) + aimed(t, linesForProxy(t, "nginx\nstream {"), append(aimedAt(raw, web),
				"listen 8888", "listen "+at[0], "listen 8080", "listen "+at[1], "http {\n", "http {\n"+fmt.Sprintf(nginxPaths, dir))...)
		})
	})
}

// behindProxy has two clients come to a raw port, without and with TLS, and to an HTTP port of
// a proxy that the test starts. They make up addresses, in vain. Nothing is left of an answer
// that fails; without TLS its end is a FIN.
func behindProxy(t *testing.T, startProxy func(t *testing.T, raw, web *backstage) (at []string)) {
	pipetest.Parallel(t)
	for _, network := range []string{"tcp", "tls"} {
		t.Run(network, func(t *testing.T) {
			pipetest.Parallel(t)
			raw, web := start(t, proxied(network, "obey")), start(t, forwarded("copy"))
			at := startProxy(t, raw, web)
			for _, client := range []string{"127.0.0.2", "127.0.0.3"} {
				askRaw(t, raw, client, at[0])
				askWeb(t, web, client, at[1])
			}
		})
	}
}

func askRaw(t *testing.T, raw *backstage, client, proxy string) {
	t.Helper()
	for verdict, steps := range map[verdict]string{whole: "read write:300000\n", filterFailed: "read write:300000 exit:3\n"} {
		c := secured(t, raw.addr, connectFrom(t, client, Addr{Network: "tcp", Address: proxy}))
		answer, err := exchange(c, strings.NewReader(steps+string(pipetest.Noise(300_000))))
		if verdict == whole {
			wantWhole(t, answer, err, pipetest.Written(300_000))
		} else if len(answer) > 0 || err == nil && raw.addr.IsTLS() {
			t.Errorf("of an answer that failed: %d bytes and %v", len(answer), err)
		}
		wantClient(t, raw.verdict(verdict), client)
	}
}

func askWeb(t *testing.T, web *backstage, client, proxy string) {
	t.Helper()
	c := connectFrom(t, client, Addr{Network: "tcp", Address: proxy})
	in := bufio.NewReader(c)
	for _, madeUp := range []string{"X-Other: 1", "X-Forwarded-For: 203.0.113.7", "Forwarded: for=203.0.113.7", "X-Forwarded-For: 127.0.0.1, x\nForwarded: for=\""} {
		sendFor(t, c, madeUp)
		got, err := hear(t, in, "POST")
		got.want(t, err, 200, []byte("hello"))
		wantClient(t, web.verdict(whole), client)
	}
}
