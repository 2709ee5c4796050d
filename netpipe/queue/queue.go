package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Config says where a queue is, and who asks.
type Config struct {
	Address  Address
	Make     bool // make the queue if there is none
	Replicas int  // servers of a cluster that have a copy; 0: as it is, of a new queue 1
	Login    Login
	Log      *slog.Logger // nil: none

	// AckWait is the time after which a job of a silent worker is given to another one. While
	// others work, the queue keeps the one that it has. 0: as it is, of a new queue 30 s.
	AckWait time.Duration
}

// A Login says how a client shows a NATS server who it is. All fields may be empty. Those
// that are paths are of files, so that no secret is in a command line.
type Login struct {
	Credentials string // a file with a JWT and the seed of its key (.creds)
	NKey        string // a file with the seed of a key
	User        string
	Password    string // a file with the password of User
	CA          string // a file with the authorities of the server's certificate; "": those of the system
	Cert, Key   string // files with a certificate for the server, and its key
}

// ErrNoQueue: there is no queue of that name.
var ErrNoQueue = errors.New("there is no such queue")

// A Queue is a connection to a queue. It comes back by itself when the server does. Several
// goroutines may use it at once.
type Queue struct {
	config   Config
	server   *embeddedServer // nil unless Config.Address has a directory
	conn     *nats.Conn
	js       jetstream.JetStream
	jobs     jetstream.Stream
	failures jetstream.Stream
	tallies  jetstream.Stream // nil unless Config.Make
	log      *slog.Logger

	missing struct { // rights of the login
		sync.Mutex
		logged map[string]bool // by the words of the server
	}
}

// publishTimeout is how long the server may take to store a job that is added. Without a
// leader, or without the right to publish, there is no answer.
const publishTimeout = 10 * time.Second

// Connect connects to a queue. Close ends the connection.
func Connect(ctx context.Context, config Config) (_ *Queue, err error) {
	q := &Queue{config: config, log: cmp.Or(config.Log, slog.New(slog.DiscardHandler))}
	q.missing.logged = map[string]bool{}
	defer func() {
		if err != nil {
			q.Close()
		}
	}()
	servers := config.Address.Servers
	options, err := config.Login.options()
	if err != nil {
		return nil, err
	}
	if dir := config.Address.Dir; dir != "" {
		if _, err := os.Stat(filepath.Join(dir, server.JetStreamStoreDir)); err != nil && !config.Make {
			return nil, fmt.Errorf("%s: %w", dir, ErrNoQueue)
		}
		if q.server, err = startEmbedded(dir, q.log); err != nil {
			return nil, err
		}
		servers, options = "nats://embedded", append(options, nats.SetCustomDialer(q.server), nats.TokenHandler(q.server.token))
	}
	if q.conn, err = nats.Connect(servers, append(options, q.manners()...)...); err != nil {
		return nil, fmt.Errorf("connect to %s: %w", servers, orNoAnswer(err))
	}
	if q.js, err = jetstream.New(q.conn, jetstream.WithPublishAsyncMaxPending(addBatch), jetstream.WithPublishAsyncTimeout(publishTimeout)); err != nil {
		return nil, err
	}
	if err := q.openStreams(ctx); err != nil {
		return nil, orNoAnswer(q.orMissingRight(err))
	}
	return q, nil
}

// orMissingRight returns, in place of an error for want of an answer, the right that the login
// lacks: the server tells that to the connection, and leaves the request without an answer.
func (q *Queue) orMissingRight(err error) error {
	isSilence := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, jetstream.ErrAsyncPublishTimeout)
	if said := q.conn.LastError(); isSilence && errors.Is(said, nats.ErrPermissionViolation) {
		return said
	}
	return err
}

// ErrNoAnswer: the server is away, silent, or not ready.
var ErrNoAnswer = errors.New("the queue does not answer")

// orNoAnswer returns ErrNoAnswer in place of an error of a client that has waited in vain.
func orNoAnswer(err error) error {
	var waited net.Error // of a connection, or of a context
	if errors.Is(err, nats.ErrTimeout) || errors.As(err, &waited) && waited.Timeout() {
		return ErrNoAnswer
	}
	return err
}

// logMissingRight logs that the login lacks a right, once for each right: the server says so
// for each message.
func (q *Queue) logMissingRight(err error) {
	q.missing.Lock()
	defer q.missing.Unlock()
	if q.missing.logged[err.Error()] || len(q.missing.logged) == maxMissing {
		return
	}
	q.missing.logged[err.Error()] = true
	q.log.Warn("the login lacks a right", "err", err)
}

// maxMissing is how many missing rights are logged: a subject may have the number of a message.
const maxMissing = 20

// Name returns the name of the queue.
func (q *Queue) Name() string { return q.config.Address.Name }

// IsConnected reports whether there is a connection to the server.
func (q *Queue) IsConnected() bool { return q.conn.IsConnected() }

// Reconnects returns how often the connection has come back after it was lost.
func (q *Queue) Reconnects() uint64 { return q.conn.Stats().Reconnects }

// Close ends the connection, and the server in a directory if this program has it.
func (q *Queue) Close() {
	if q.conn != nil {
		q.conn.Close()
	}
	if q.server != nil {
		q.server.close()
	}
}

// manners are the options of each connection: it never gives up, and notices a server that
// is silent.
func (q *Queue) manners() []nats.Option {
	return []nats.Option{
		nats.Name("netqueue"),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.Timeout(5 * time.Second),
		nats.DrainTimeout(drainTimeout),
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(2),
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				q.log.Warn("the connection to the queue is lost", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { q.log.Info("the connection to the queue is there again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			if errors.Is(err, nats.ErrPermissionViolation) {
				q.logMissingRight(err)
				return
			}
			q.log.Debug("queue", "err", err)
		}),
	}
}

// options returns the options of a connection for l.
func (l Login) options() (options []nats.Option, err error) {
	if l.Credentials != "" {
		options = append(options, nats.UserCredentials(l.Credentials))
	}
	if l.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(l.NKey)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.NKey, err)
		}
		options = append(options, key)
	}
	if l.User != "" {
		password, err := os.ReadFile(l.Password)
		if err != nil {
			return nil, err
		}
		options = append(options, nats.UserInfo(l.User, strings.TrimRight(string(password), "\r\n")))
	}
	if l.CA != "" {
		options = append(options, nats.RootCAs(l.CA))
	}
	if l.Cert != "" {
		options = append(options, nats.ClientCert(l.Cert, cmp.Or(l.Key, l.Cert)))
	}
	return options, nil
}
