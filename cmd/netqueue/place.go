package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/queue"
)

// A place is where the queue is, and who asks.
type place struct {
	config  queue.Config
	address late[queue.Address]
}

func newPlace() *place { return &place{address: late[queue.Address]{parse: queue.ParseAddress}} }

// flags defines the options of all commands.
func (p *place) flags() []*app.Flag {
	l := &p.config.Login
	return []*app.Flag{
		{Name: "queue", Usage: "use the queue at `QUEUE`", Value: &p.address},
		app.File("creds", &l.Credentials, "show NATS the credentials in `FILE` (.creds)"),
		app.File("nkey", &l.NKey, "show NATS the key whose seed is in `FILE`"),
		app.String("user", &l.User, "be `NAME` for NATS, with -password-file"),
		app.File("password-file", &l.Password, "take the password of -user from `FILE`"),
		app.File("tls-ca", &l.CA, "trust NATS by the authorities in `FILE` (default: the system's)"),
		app.File("tls-cert", &l.Cert, "show NATS the certificates in `FILE` (PEM)"),
		app.File("tls-key", &l.Key, "take the private key of -tls-cert from `FILE` (default: the same file)"),
	}
}

// A late is the value of an option whose error comes later, because one of Set would be
// printed with the text, which may have a password.
type late[T any] struct {
	parse func(text string) (T, error)
	text  string
	value T
	err   error
}

func (l *late[T]) String() string { return l.text }

func (l *late[T]) Set(text string) error {
	l.text = text
	l.value, l.err = l.parse(text)
	return nil
}

// connect connects to the queue.
func (p *place) connect(ctx context.Context, log *slog.Logger) (*queue.Queue, error) {
	switch l := p.config.Login; {
	case p.address.err != nil:
		return nil, app.Usagef("-queue: %w", p.address.err)
	case p.address.text == "":
		return nil, app.Usagef("no queue: say -queue nats://HOST/NAME, or -queue embedded:DIR")
	case (l.User == "") != (l.Password == ""):
		return nil, app.Usagef("-user and -password-file go together")
	case l.Key != "" && l.Cert == "":
		return nil, app.Usagef("-tls-key goes with -tls-cert")
	}
	p.config.Address, p.config.Log = p.address.value, log
	return queue.Connect(ctx, p.config)
}

// ask connects to the queue for a command that takes no operands. The context ends by a
// signal.
func (p *place) ask(c *cli.Context, command string) (context.Context, *queue.Queue, error) {
	if c.NArg() > 0 {
		return nil, nil, app.Usagef("%q: %s takes no operands", c.Args().First(), command)
	}
	ctx := untilSignal()
	q, err := p.connect(ctx, nil)
	return ctx, q, err
}

// untilSignal returns a context that SIGTERM or SIGINT ends. The next signal ends the
// program.
func untilSignal() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx
}

func endpointFlag(to *objects.Options) *app.Flag {
	return app.String("endpoint", &to.Endpoint, "reach s3:// at `URL`, such as https://s3.example.org, instead of AWS")
}
