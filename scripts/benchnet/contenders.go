package main

import (
	"context"
	_ "embed"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
)

// A contender is a way to serve a work.
type contender struct {
	name  string
	ours  bool
	note  string // how it differs
	start func(*servers) (target string, err error)
}

var (
	listening = regexp.MustCompile(`"msg":"listening","addr":"([^"]+)"`)
	port      = regexp.MustCompile(`^(\d+)\n`)
)

// contenders are those for a work, ours first: "copy" is one hop that changes
// nothing, "half" one hop, "pipe" gray and then half in two hops, or in one
// process by who does both.
func contenders(work string) []*contender {
	switch work {
	case "copy":
		return []*contender{
			{name: "netpipe", ours: true, start: oneNetpipe("cat")},
			{name: "tcpserver", start: oneTCPServer("cat")},
			{name: "socat", start: oneSocat("cat")},
		}
	case "half":
		return []*contender{
			{name: "netpipe", ours: true, start: oneNetpipe("imgscale")},
			{name: "Python peer", start: (*servers).pythonScale},
			{name: "tcpserver", start: oneTCPServer("imgscale")},
			{name: "socat", start: oneSocat("imgscale")},
		}
	}
	return []*contender{
		{name: "netpipe", ours: true, start: func(s *servers) (string, error) {
			next, err := s.netpipe("imgscale")
			if err != nil {
				return "", err
			}
			return s.netpipe("-next", next, "imggray")
		}},
		{name: "Python peer", start: func(s *servers) (string, error) {
			next, err := s.pythonScale()
			if err != nil {
				return "", err
			}
			return s.python("server_async.py", "--next", next)
		}},
		{name: "tcpserver", note: "hands on by nc", start: func(s *servers) (string, error) {
			next, err := s.tcpserver("imgscale")
			if err != nil {
				return "", err
			}
			return s.twoHops(next, func(shell string) (string, error) { return s.tcpserver("sh", "-c", shell) })
		}},
		{name: "socat", note: "hands on by nc", start: func(s *servers) (string, error) {
			next, err := oneSocat("imgscale")(s)
			if err != nil {
				return "", err
			}
			return s.twoHops(next, func(shell string) (string, error) { return s.socat("SYSTEM:" + shell) })
		}},
		{name: "sharp", note: "in one process", start: func(s *servers) (string, error) { return s.inSharp("raw") }},
		{name: "sharp, HTTP", note: "in one process", start: func(s *servers) (string, error) { return s.inSharp("http") }},
		{name: "Go imaging", note: "in one process", start: func(s *servers) (string, error) { return s.inImaging("raw") }},
		{name: "Go imaging, HTTP", note: "in one process", start: func(s *servers) (string, error) { return s.inImaging("http") }},
	}
}

func oneNetpipe(args ...string) func(*servers) (string, error) {
	return func(s *servers) (string, error) { return s.netpipe(args...) }
}

func (s *servers) netpipe(args ...string) (addr string, err error) {
	return s.say(listening, "netpipe", append([]string{"-log-format", "json", "-listen", "127.0.0.1:0"}, args...)...)
}

func oneTCPServer(filter string) func(*servers) (string, error) {
	return func(s *servers) (string, error) { return s.tcpserver(filter) }
}

// tcpserver lets as many connections in as netpipe does, and wait.
func (s *servers) tcpserver(filter string, args ...string) (addr string, err error) {
	path, err := s.path(filter)
	if err != nil {
		return "", err
	}
	at, err := s.say(port, "tcpserver", append([]string{"-RHl0", "-1", "-c", "64", "-b", "1024", "127.0.0.1", "0", path}, args...)...)
	return "127.0.0.1:" + at, err
}

func oneSocat(filter string) func(*servers) (string, error) {
	return func(s *servers) (string, error) {
		path, err := s.path(filter)
		if err != nil {
			return "", err
		}
		return s.socat("EXEC:" + path)
	}
}

func (s *servers) socat(filter string) (addr string, err error) {
	return s.onPort("socat", func(port string) []string {
		return []string{"-t", "60", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr,fork,backlog=1024", filter}
	})
}

// twoHops serves a shell's line that makes its input gray and hands it on.
func (s *servers) twoHops(next string, serve func(shell string) (string, error)) (string, error) {
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

func (s *servers) pythonScale() (addr string, err error) { return s.python("server_scale.py") }

func (s *servers) python(script string, args ...string) (addr string, err error) {
	const python = "/usr/bin/python3"
	path := filepath.Join(s.peer, script)
	if _, err := os.Stat(path); err != nil {
		return "", &notThere{path + " isn't there"}
	}
	if err := exec.CommandContext(s.ctx, python, "-c", "import PIL").Run(); err != nil {
		return "", &notThere{"python3-pil isn't installed"}
	}
	return s.onPort(python, func(port string) []string {
		return append([]string{path, "--port", port, "--quality", s.quality}, args...)
	})
}

//go:embed sharp.mjs
var sharpServer []byte

// installSharp has npm fetch sharp into a folder that goes away.
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

func (s *servers) inSharp(kind string) (target string, err error) {
	if s.sharp == "" {
		return "", &notThere{"npm install sharp@0.35 failed"}
	}
	at, err := s.say(port, "node", filepath.Join(s.sharp, "sharp.mjs"), kind, s.quality)
	return targetOf(kind, at), err
}

func (s *servers) inImaging(kind string) (target string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	at, err := s.say(port, self, "imaging", kind, s.quality)
	return targetOf(kind, at), err
}

func targetOf(kind, port string) string {
	if kind == "http" {
		return "http://127.0.0.1:" + port + "/"
	}
	return "127.0.0.1:" + port
}
