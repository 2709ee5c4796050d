// Netpipe puts a filter behind a TCP port, is the client of such a port, and filters files
// without one.
package main

import (
	"os"

	"imgpipe/cmd/internal/app"
)

func main() {
	server, client, runner := newServer(), newClient(), newRunner()
	// The three uses have options of their own. A server's command line ends with the
	// command line of a filter, so only the options before it tell which use it is.
	args := os.Args[1:]
	if app.Has(args, "run", append(runner.flags(), server.flags()...)) {
		p := program(runner.flags(), "Options of -run", app.Other{
			Title: "Options of the server", Flags: server.flags(), Why: "does not go with -run"})
		p.Run, p.Hint = runner.filter, hintOfRun
		app.Main(p)
	} else if app.Has(args, "connect", append(client.flags(), server.flags()...)) ||
		os.Getenv("NETPIPE_CONNECT") != "" && !app.Has(args, "listen", server.flags()) {
		p := program(client.flags(), "Options of the client", app.Other{
			Title: "Options of the server", Flags: server.flags(), Why: "does not go with -connect"})
		p.Mixed, p.Run = true, client.run
		app.Main(p)
	} else {
		p := program(server.flags(), "Options of the server", app.Other{
			Title: "Options of the client", Flags: client.flags(), Why: "goes with -connect"})
		p.Run = server.run
		app.Main(p)
	}
}

func program(flags []*app.Flag, title string, other app.Other) app.Program {
	return app.Program{
		Name:    "netpipe",
		Summary: "put a filter behind a TCP port",
		Examples: []string{
			"netpipe -listen :8889 imgscale -factor 25%    # a server",
			"netpipe imggray + imgscale -factor 25%        # two programs, joined by a pipe",
			"netpipe -run -o done imggray + imgscale -- photos    # the same for files, without a server",
			"netpipe -listen :8888 -next :8889 imggray     # one that hands on to it",
			"netpipe -listen http://:8080 imggray          # HTTP: POST a picture, or open it in a browser",
			"netpipe -listen http://:8080 -param size imgscale    # curl --data-binary @a.jpg localhost:8080/?size=200x",
			"netpipe -listen tls::8888 -tls-cert a.pem -tls-key a.key imggray # TLS",
			"netpipe -connect :8888 < a.jpg > out.jpg      # the client",
			"netpipe -connect :8888 -o done *.jpg          # the same for many: done/a.jpg, ...",
		},
		Usage: []string{
			"[-listen ADDR] [-next ADDR] [options] FILTER [ARG...] [+ FILTER [ARG...]]...",
			"-run [-o FILE [-rename]] [options] FILTER [ARG...] [+ FILTER [ARG...]]... < INPUT > RESULT",
			"-run -o DIR [options] FILTER [ARG...] [+ FILTER [ARG...]]... -- FILE|DIR...",
			"-connect ADDR [-o FILE [-rename]] [options] < INPUT > ANSWER",
			"-connect ADDR -o DIR [-jobs N] [-prefix TEXT] [-resume] [options] FILE|DIR...",
		},
		Notes: `
ADDR is :PORT (every interface), HOST:PORT, [::1]:PORT or unix:/path, or for HTTP
http://:PORT and so on: POST an input there, or open it in a browser. With TLS it is
tls::PORT, https://:PORT and so on. SIZE is in bytes, or with K, M, G or KiB, MiB,
GiB, which are the same. 0 means no limit. The filter's own options follow its name;
+ alone stands between programs, each of which gets the output of the one before. The
client exits 0 only if the answer came whole. The log, as text and as JSON, has times
with their unit: 1.5s, 250ms, 12µs.
-listen systemd:NAME, http://systemd:NAME and so on take the sockets of that name that
systemd has passed, and systemd: those that have no -listen of their own.`,
		About: manual, SeeAlso: []string{"imggray(1)", "imgscale(1)", "nc(1)", "curl(1)"},
		Env:   "NETPIPE",
		Title: title,
		Flags: flags,
		Other: other,
		Hint:  hint,
		Words: map[string][]string{"log-format": {"text", "json"}},
	}
}

// manual is the beginning of the manual page.
const manual = `
A server puts FILTER behind a TCP port, a unix socket or HTTP: the bytes of each
connection go through a process of FILTER. A filter is any program that reads stdin to
its end, writes its answer to stdout, and exits with 0 only if the answer is whole. It is
looked for in PATH, then beside netpipe.

A client connects, sends its input, and half-closes the connection. What comes back is
the answer. A FIN after it means that the answer is whole; anything else is a reset.
Over HTTP the status tells. An answer is held until the filter has exited with 0, so that
no byte of a failed answer is sent.

With -connect, netpipe is such a client.

With -run it filters files itself, without a server.

SIGTERM ends a server after the connections that have begun. SIGHUP starts the processes
of its filter anew from the program on the disk, and reads the files of certificates and
tokens again.`
