package main

import (
	"context"
	"io"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/cmd/internal/batch"
	"imgpipe/netpipe"
)

// A client is netpipe's second use: it sends stdin, or files, to a server.
type client struct {
	output    string
	rename    bool
	jobs      int
	tokenFile string
	batch     batch.Batch
	netpipe   netpipe.Client
}

func newClient() *client {
	d := netpipe.Defaults()
	return &client{jobs: 8, netpipe: netpipe.Client{DialTimeout: d.DialTimeout, Timeout: d.Timeout, MaxAnswer: d.MaxAnswer}}
}

// flags defines the client's options.
func (k *client) flags() []*app.Flag {
	return append([]*app.Flag{
		addrFlag("connect", &k.netpipe.Addr, "send stdin, or FILEs, to the server at `ADDR`, and write the answer to stdout"),
		app.File("tls-ca", &k.netpipe.TLS.CA, "trust a server with TLS by the authorities in `FILE` (default: the system's)"),
		app.File("tls-cert", &k.netpipe.TLS.Cert, "show a server with TLS the certificates in `FILE` (PEM), the client's first"),
		app.File("tls-key", &k.netpipe.TLS.Key, "take the private key of -tls-cert from `FILE` (default: the same file)"),
		app.String("tls-server-name", &k.netpipe.TLS.ServerName, "look for `NAME` in the server's certificate (default: the host of -connect)"),
		app.File("o", &k.output, "write the answer to `FILE`, or with FILEs to this directory, each whole or not at all"),
		renameFlag(&k.rename),
		app.Count("jobs", &k.jobs, "with FILEs: send `N` at once, fewer if the limit of open files is low"),
		app.String("prefix", &k.batch.Prefix, "with FILEs: put `TEXT` before the names of the answers"),
		app.File("token-file", &k.tokenFile, "with -connect http://...: show the first token of `FILE`, which has NAME TOKEN on each line"),
		app.Time("dial-timeout", &k.netpipe.DialTimeout, "give up connecting after `TIME`"),
		app.Time("timeout", &k.netpipe.Timeout, "give up when for `TIME` the server takes no input, or after the input sends nothing"),
		app.Size("max-answer", &k.netpipe.MaxAnswer, "hold answers up to `SIZE` each"),
		app.Switch("allow-empty", &k.netpipe.AllowEmpty, "let 0 bytes be a whole answer"),
		app.Switch("no-hold", &k.netpipe.NoHold, "write the answer as it comes: the exit status tells whether it was whole"),
	}, k.batch.Flags()...)
}

// command returns how the client is called for one file.
func (k *client) command() string { return "netpipe -connect " + k.netpipe.Addr.String() }

// run sends stdin, or the files that are named.
func (k *client) run(c *cli.Context) (err error) {
	if err := checkTLS("tls-", k.netpipe.TLS, k.netpipe.Addr.IsTLS(), "-connect tls:ADDR or https://ADDR"); err != nil {
		return err
	}
	if k.tokenFile != "" {
		if !k.netpipe.Addr.IsHTTP() {
			return app.Usagef("-token-file goes with -connect http://... or https://...: a raw connection has no place for a token")
		}
		if k.netpipe.Token, err = netpipe.ReadTokens(k.tokenFile); err != nil {
			return err
		}
	}
	if c.NArg() > 0 {
		return k.sendFiles(c.Args().Slice())
	}
	if err := refuseForFiles(c, &k.batch, "-connect and files: type netpipe -connect ADDR -o DIR FILE..."); err != nil {
		return err
	}
	return filterStdin(k.command(), k.output, k.rename, func(out io.Writer, in io.Reader) error {
		return k.netpipe.Send(context.Background(), in, out)
	})
}
