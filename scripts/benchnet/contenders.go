package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A contender is a way to serve a work.
type contender struct {
	name string
	ours bool   // whether it is netpipe
	note string // how it differs from the others
	// orphans says that the server does not wait for its filters. Then their CPU time is
	// not known.
	orphans bool
	fresh   bool // each request over HTTP has a connection of its own
	start   func(*serverGroup) (target string, err error)
}

// Patterns for the addresses that servers print.
var (
	listening = regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)
	port      = regexp.MustCompile(`^(\d+)\n`)
)

// contenders returns the contenders for a work, ours first:
//
//   - "copy" is one hop that changes nothing;
//   - "half" is one hop that halves width and height, also over TLS;
//   - "pipe" is two hops, gray and then half, or one process that does both.
func contenders(work string) []*contender {
	switch work {
	case "copy":
		return append(ours(func(s *serverGroup, listen string, reuse bool) (string, error) {
			if !reuse {
				return s.netpipe("-listen", listen, "cat")
			}
			self, err := os.Executable()
			if err != nil {
				return "", err
			}
			return s.netpipe("-listen", listen, "-reuse", "1000", self, "copy")
		}),
			&contender{name: "tcpserver", start: oneTCPServer("cat")},
			&contender{name: "socat", start: oneSocat("cat"), orphans: true},
		)
	case "half":
		return append(append(ours((*serverGroup).half), overTLS()...),
			&contender{name: "Python peer", start: (*serverGroup).pythonScale},
			&contender{name: "tcpserver", start: oneTCPServer("imgscale")},
			&contender{name: "socat", start: oneSocat("imgscale"), orphans: true},
		)
	}
	return append(ours(func(s *serverGroup, listen string, reuse bool) (string, error) {
		next, err := s.half(listen, reuse)
		if err != nil {
			return "", err
		}
		return s.netpipe(append([]string{"-listen", listen, "-next", next}, filter("imggray", reuse)...)...)
	}),
		&contender{name: "Python peer", start: func(s *serverGroup) (string, error) {
			next, err := s.pythonScale()
			if err != nil {
				return "", err
			}
			return s.python("server_async.py", "--next", next)
		}},
		&contender{name: "tcpserver", note: "nc to the next hop", start: func(s *serverGroup) (string, error) {
			next, err := s.tcpserver("imgscale")
			if err != nil {
				return "", err
			}
			return s.twoHops(next, func(shell string) (string, error) { return s.tcpserver("sh", "-c", shell) })
		}},
		&contender{name: "socat", note: "nc to the next hop", orphans: true, start: func(s *serverGroup) (string, error) {
			next, err := oneSocat("imgscale")(s)
			if err != nil {
				return "", err
			}
			return s.twoHops(next, func(shell string) (string, error) { return s.socat("SYSTEM:" + shell) })
		}},
		&contender{name: "sharp", note: "in one process, HTTP", start: (*serverGroup).inSharp},
		&contender{name: "Go imaging", note: "in one process, HTTP", start: (*serverGroup).inImaging},
	)
}

// ours returns a contender for each way to run netpipe: with and without -reuse, over raw
// TCP and over HTTP.
func ours(start func(s *serverGroup, listen string, reuse bool) (string, error)) (all []*contender) {
	for _, reuse := range []bool{true, false} {
		for _, listen := range []string{"127.0.0.1:0", "http://127.0.0.1:0"} {
			name := "netpipe"
			if reuse {
				name += " -reuse"
			}
			if listen != "127.0.0.1:0" {
				name += ", HTTP"
			}
			all = append(all, &contender{name: name, ours: true, start: func(s *serverGroup) (string, error) { return start(s, listen, reuse) }})
		}
	}
	return all
}

// overTLS returns contenders for "half" with TLS, which has a handshake for each connection,
// and for HTTP without TLS on connections that are not kept.
func overTLS() (all []*contender) {
	for _, c := range []struct {
		name, listen string
		fresh        bool
	}{
		{"HTTP, not kept", "http://127.0.0.1:0", true},
		{"TLS", "tls:127.0.0.1:0", false},
		{"HTTPS", "https://127.0.0.1:0", false},
		{"HTTPS, not kept", "https://127.0.0.1:0", true},
	} {
		all = append(all, &contender{name: "netpipe -reuse, " + c.name, ours: true, fresh: c.fresh, start: func(s *serverGroup) (string, error) {
			return s.half(c.listen, true)
		}})
	}
	return all
}

// half starts a netpipe that halves width and height.
func (s *serverGroup) half(listen string, reuse bool) (target string, err error) {
	options := []string{"-listen", listen}
	if strings.HasPrefix(listen, "tls:") || strings.HasPrefix(listen, "https:") {
		options = append(options, "-tls-cert", s.certificate.file)
	}
	return s.netpipe(append(options, filter("imgscale", reuse)...)...)
}

// filter returns the end of netpipe's command line for a filter: -reuse, if wanted, and
// the filter's command line.
func filter(name string, reuse bool) []string {
	if reuse {
		return []string{"-reuse", "1000", name, "-worker"}
	}
	return []string{name}
}

// netpipe starts a netpipe.
func (s *serverGroup) netpipe(args ...string) (target string, err error) {
	return s.startAndScan(listening, "netpipe", append([]string{"-log-format", "json"}, args...)...)
}

// oneTCPServer returns a function that starts a tcpserver with a filter.
func oneTCPServer(filter string) func(*serverGroup) (string, error) {
	return func(s *serverGroup) (string, error) { return s.tcpserver(filter) }
}

// tcpserver starts a tcpserver with netpipe's limits on connections: 64 at work and 1024
// in the queue.
func (s *serverGroup) tcpserver(filter string, args ...string) (addr string, err error) {
	path, err := s.path(filter)
	if err != nil {
		return "", err
	}
	at, err := s.startAndScan(port, "tcpserver", append([]string{"-RHl0", "-1", "-c", "64", "-b", "1024", "127.0.0.1", "0", path}, args...)...)
	return "127.0.0.1:" + at, err
}

// oneSocat returns a function that starts a socat with a filter.
func oneSocat(filter string) func(*serverGroup) (string, error) {
	return func(s *serverGroup) (string, error) {
		path, err := s.path(filter)
		if err != nil {
			return "", err
		}
		return s.socat("EXEC:" + path)
	}
}

// socat starts a socat with a filter in socat's own address syntax.
func (s *serverGroup) socat(filter string) (addr string, err error) {
	return s.onPort("socat", func(port string) []string {
		return []string{"-t", "60", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,backlog=1024", filter}
	})
}

// twoHops calls serve with a shell command that makes its input gray and sends it to the
// next hop.
func (s *serverGroup) twoHops(next string, serve func(shell string) (string, error)) (string, error) {
	gray, err := s.path("imggray")
	if err != nil {
		return "", err
	}
	nc, err := s.path("nc")
	if err != nil {
		return "", err
	}
	return serve(gray + " | " + nc + " -N 127.0.0.1 " + next[len("127.0.0.1:"):])
}

// pythonScale starts the Python server that halves width and height.
func (s *serverGroup) pythonScale() (addr string, err error) { return s.python("server_scale.py") }

// python starts one of the Python servers.
func (s *serverGroup) python(script string, args ...string) (addr string, err error) {
	const python = "/usr/bin/python3"
	path := filepath.Join(s.peer, script)
	if _, err := os.Stat(path); err != nil {
		return "", &unavailable{path + " is missing"}
	}
	if err := exec.CommandContext(s.ctx, python, "-c", "import PIL").Run(); err != nil {
		return "", &unavailable{"python3-pil is not installed"}
	}
	return s.onPort(python, func(port string) []string {
		return append([]string{path, "--port", port, "--quality", s.quality}, args...)
	})
}

//go:embed sharp.mjs
var sharpServer []byte

// installSharp installs sharp by npm in the temporary folder. If that fails, b.sharp stays
// "".
func (b *bench) installSharp(ctx context.Context) {
	dir := filepath.Join(b.tmp, "sharp")
	if os.Mkdir(dir, 0o777) != nil || os.WriteFile(filepath.Join(dir, "sharp.mjs"), sharpServer, 0o666) != nil {
		return
	}
	npm := exec.CommandContext(ctx, "npm", "install", "--no-audit", "--no-fund", "sharp@0.35")
	npm.Dir = dir
	if npm.Run() == nil {
		b.sharp = dir
	}
}

// inSharp starts a server that does the work in process with sharp.
func (s *serverGroup) inSharp() (target string, err error) {
	if s.sharp == "" {
		return "", &unavailable{"npm install sharp@0.35 failed"}
	}
	at, err := s.startAndScan(port, "node", filepath.Join(s.sharp, "sharp.mjs"), s.quality)
	return "http://127.0.0.1:" + at + "/", err
}

// inImaging starts a server that does the work in process with package imaging.
func (s *serverGroup) inImaging() (target string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	at, err := s.startAndScan(port, self, "imaging", s.quality)
	return "http://127.0.0.1:" + at + "/", err
}
