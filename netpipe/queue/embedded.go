package queue

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"golang.org/x/sys/unix"

	"imgpipe/netpipe/wholefile"
)

// An embeddedServer is this program's part in the NATS server of a directory. Of the programs
// that use the directory, the one that holds its lock runs the server. If that program ends,
// also by kill -9, another one takes over, and the clients connect to the new server.
type embeddedServer struct {
	dir   string
	log   *slog.Logger
	stop  context.CancelFunc
	ended chan struct{} // closed when run has returned
}

const (
	embeddedLook  = 100 * time.Millisecond // how often the lock is tried, and a new server looked for
	embeddedStart = 20 * time.Second       // how long a server may take to start
	embeddedSync  = 10 * time.Second       // how often its files are synced
)

// An embeddedPlace says where the server of a directory listens, and what it is shown. It is
// in a file that only the user of the directory can read.
type embeddedPlace struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// startEmbedded has a server of a directory run, in this program or in another one.
func startEmbedded(dir string, log *slog.Logger) (*embeddedServer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	e := &embeddedServer{dir: dir, log: log, stop: stop, ended: make(chan struct{})}
	go e.run(ctx, lock)
	return e, nil
}

// close ends the server, if this program runs it.
func (e *embeddedServer) close() {
	e.stop()
	<-e.ended
}

// run waits for the lock, and then runs the server.
func (e *embeddedServer) run(ctx context.Context, lock *os.File) {
	defer close(e.ended)
	defer lock.Close()
	for unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB) != nil {
		if !sleep(ctx, embeddedLook) {
			return
		}
	}
	for {
		if err := e.serve(ctx); err == nil {
			return
		} else {
			e.log.Error("the server of the queue does not run", "dir", e.dir, "err", err)
		}
		if !sleep(ctx, time.Second) {
			return
		}
	}
}

// serve runs the server until ctx is done.
func (e *embeddedServer) serve(ctx context.Context) error {
	token := rand.Text()
	s, err := server.NewServer(&server.Options{
		ServerName: "netqueue", Host: "127.0.0.1", Port: server.RANDOM_PORT, Authorization: token,
		JetStream: true, StoreDir: e.dir, SyncInterval: embeddedSync,
		NoSigs: true, NoLog: true,
	})
	if err != nil {
		return err
	}
	s.Start()
	defer s.WaitForShutdown()
	defer s.Shutdown()
	if !s.ReadyForConnections(embeddedStart) {
		return errors.New("it does not start")
	}
	if err := e.announce(embeddedPlace{s.Addr().String(), token}); err != nil {
		return err
	}
	e.log.Info("the server of the queue runs in this process", "dir", e.dir, "addr", s.Addr().String())
	<-ctx.Done()
	return nil
}

func (e *embeddedServer) placeFile() string { return filepath.Join(e.dir, "server") }

// announce writes where the server is.
func (e *embeddedServer) announce(place embeddedPlace) error {
	text, err := json.Marshal(place)
	if err != nil {
		return err
	}
	temp := wholefile.TempName(e.placeFile())
	file, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := file.Write(text); err != nil {
		file.Close()
		return err
	}
	return wholefile.Commit(file, nil, func() error { return os.Rename(temp, e.placeFile()) })
}

// place reads where the server is.
func (e *embeddedServer) place() (place embeddedPlace, err error) {
	text, err := os.ReadFile(e.placeFile())
	if err == nil {
		err = json.Unmarshal(text, &place)
	}
	return place, err
}

// token returns what the server is shown.
func (e *embeddedServer) token() string {
	place, _ := e.place() // the server refuses an empty one
	return place.Token
}

// Dial connects to the server that runs now. The address of the client does not count. While
// none does, Dial waits for some time: another program may be about to take over.
func (e *embeddedServer) Dial(network, _ string) (net.Conn, error) {
	for deadline := time.Now().Add(embeddedStart); ; time.Sleep(embeddedLook) {
		place, err := e.place()
		if err == nil {
			var conn net.Conn
			if conn, err = net.DialTimeout(network, place.Address, time.Second); err == nil {
				return conn, nil
			}
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("no server of %s: %w", e.dir, err)
		}
	}
}
