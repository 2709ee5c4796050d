package netpipe

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"imgpipe/netpipe/internal/pipetest"
	"imgpipe/netpipe/internal/tlsconn"
)

// tool skips a test if a program is not installed.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(name + " is not installed")
	}
	return path
}

// background starts another program that listens on a port, which args puts into its
// command line, and ends it with the test. It returns the program's address, for which
// isReady holds then.
func background(t *testing.T, name string, args func(addr, port string) []string, isReady func(addr string) bool) (addr string) {
	t.Helper()
	pipetest.LeavesNothing(t)
	path := tool(t, name)
	said := ""
	for range 5 { // another program can take the port before this one has it
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr = l.Addr().String()
		l.Close()
		_, port, _ := net.SplitHostPort(addr)
		if said = listens(t, exec.Command(path, args(addr, port)...), func() bool { return isReady(addr) }); said == "" {
			return addr
		}
	}
	t.Fatalf("%s: %s", name, said)
	return ""
}

// listens starts a program and waits until it is ready. If it ends before, listens returns
// what the program has said.
func listens(t *testing.T, cmd *exec.Cmd, isReady func() bool) string {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for until := time.Now().Add(pipetest.Patience); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		select {
		case <-ended:
			return said.String() + " (ended)"
		default:
		}
		if isReady() {
			return ""
		}
	}
	t.Fatalf("%v does not listen", cmd)
	return ""
}

// isThere reports whether a program listens.
func isThere(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	return err == nil
}

// openssl s_client is a client over HTTP. At a raw port it is none: at the end of its input
// it ends the connection at once, or with -quiet does nothing.
func TestTLSWithOpenSSL(t *testing.T) {
	pipetest.Parallel(t)
	path, files := tool(t, "openssl"), pipetest.ClientFiles()
	input := pipetest.Noise(100_000)
	client := func(server *backstage, input []byte, more ...string) []byte {
		args := append([]string{"s_client", "-quiet", "-verify_return_error", "-CAfile", files.CA, "-cert", files.Cert, "-key", files.Key,
			"-connect", server.addr.Address}, more...)
		cmd := exec.Command(path, args...)
		cmd.Stdin = bytes.NewReader(input)
		got, err := cmd.Output()
		if err != nil {
			t.Logf("openssl: %v", err)
		}
		return got
	}
	for _, version := range []string{"-tls1_2", "-tls1_3"} {
		server := start(t, withTLS(overHTTP("copy")))
		request := fmt.Sprintf("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(input))
		got := client(server, append([]byte(request), input...), version)
		if !bytes.HasPrefix(got, []byte("HTTP/1.1 200 OK")) || !bytes.HasSuffix(got, input) {
			t.Errorf("%s: got %.200q", version, got)
		}
		r := server.verdict(whole)
		if want := strings.ReplaceAll(version[len("-tls"):], "_", "."); r["tls"] != want {
			t.Errorf("want TLS %s, got %v", want, r)
		}
	}
	t.Run("s_server", func(t *testing.T) {
		server := pipetest.ServerFiles()
		// A connection without a handshake would end this server: a probe must be a whole one.
		background(t, "openssl", func(_, port string) []string {
			return []string{"s_server", "-rev", "-quiet", "-accept", port, "-cert", server.Cert, "-key", server.Key}
		}, func(addr string) bool {
			var out bytes.Buffer
			err := (&Client{Addr: Addr{Network: "tls", Address: addr}, TLS: files}).Send(t.Context(), strings.NewReader("hello\nworld\n"), &out)
			if err == nil && out.String() != "olleh\ndlrow\n" {
				t.Errorf("got %q", out.String())
			}
			return err == nil
		})
	})
}

// stunnel carries a raw client's input and a whole answer; of a failure the client gets no
// byte.
func TestTLSWithStunnel(t *testing.T) {
	pipetest.Parallel(t)
	tool(t, "stunnel")
	stunnel := func(t *testing.T, files TLSFiles, more, to string) string {
		name := t.TempDir() + "/stunnel.conf"
		return background(t, "stunnel", func(addr, _ string) []string {
			text := "foreground = yes\npid =\n[port]\naccept = " + addr + "\nconnect = " + to + "\nverifyChain = yes\nCAfile = " + files.CA +
				"\ncert = " + files.Cert + "\nkey = " + files.Key + "\n" + more
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return []string{name}
		}, isThere)
	}
	input := pipetest.Noise(2_000_000)
	for _, side := range []string{"client", "server"} {
		for _, last := range []string{"exit:0", "exit:3"} {
			t.Run(side+"/"+last, func(t *testing.T) {
				pipetest.Parallel(t)
				s := quick("copy", last)
				client := &Client{TLS: pipetest.ClientFiles()}
				var server *backstage
				if side == "client" {
					server = start(t, withTLS(s))
					client.Addr = Addr{Network: "tcp", Address: stunnel(t, client.TLS, "client = yes\n", server.addr.Address)}
				} else {
					server = start(t, s)
					client.Addr = Addr{Network: "tls", Address: stunnel(t, pipetest.ServerFiles(), "", server.addr.Address)}
				}
				var out bytes.Buffer
				err := client.Send(t.Context(), bytes.NewReader(input), &out)
				r := <-server.records
				for r["verdict"] == string(probe) { // of background
					r = <-server.records
				}
				if last == "exit:0" {
					wantWhole(t, out.Bytes(), err, input)
				} else if err == nil || out.Len() > 0 || r["verdict"] != string(filterFailed) {
					t.Errorf("want no answer, got %d bytes, %v and %v", out.Len(), err, r)
				}
			})
		}
	}
}

// socat ends its input with a close_notify, and reads on.
func TestTLSWithSocat(t *testing.T) {
	pipetest.Parallel(t)
	path, files := tool(t, "socat"), pipetest.ClientFiles()
	server := start(t, withTLS(quick("copy")))
	input := pipetest.Noise(500_000)
	cmd := exec.Command(path, "-t", "60", "-", "OPENSSL:"+server.addr.Address+",cafile="+files.CA+",cert="+files.Cert+",key="+files.Key)
	cmd.Stdin = bytes.NewReader(input)
	got, err := cmd.Output()
	wantWhole(t, got, err, input)
	server.verdict(whole)
}

// An input of any client that ends with a FIN alone is not whole, and starts no filter that
// could take it for that: here of one that has sent all of it.
func TestTLSInputWithoutEnd(t *testing.T) {
	pipetest.Parallel(t)
	for name, s := range map[string]*Server{"processes": quick("copy"), "workers": quickWorkers()} {
		next := newFakeTLSHop(t, echo)
		withTLS(s).Next = []Addr{next.addr()}
		server := start(t, s)
		c := connect(t, server.addr).(*tlsconn.Conn)
		send(t, c, append([]byte("copy\n"), pipetest.Noise(50_000)...))
		_ = c.Wire().CloseWrite()
		if r := server.verdict(clientGone); r["err"] != "client: "+tlsconn.ErrCut.Error() {
			t.Errorf("%s: got %v", name, r)
		}
		server.stop()
		_ = server.wait()
		next.sawNoEnd(t)
	}
}
