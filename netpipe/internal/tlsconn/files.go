package tlsconn

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Files are the files of one side of TLS connections, in PEM.
type Files struct {
	Cert       string // this side's certificate, and those between it and its authority; "" means none
	Key        string // the private key of Cert; "" means that it is in Cert
	CA         string // authorities of the other side's certificate; a client without has the system's
	ServerName string // of a client: the name in the server's certificate; "" means the address's host
}

// IsZero reports whether nothing is set.
func (f Files) IsZero() bool { return f == Files{} }

// A Source has the tls.Config of one side, and reads its files anew when they change.
type Source struct {
	files Files
	make  func(Files) (*tls.Config, error)
	warn  func(error) // of files that cannot be read anew

	now     atomic.Pointer[configs]
	checked atomic.Int64 // when the files were looked at last, in Unix ns

	loading sync.Mutex    // held while files are looked at, which may take long
	read    []fs.FileInfo // of now; guarded by loading
}

// configs are a Source's of one moment.
type configs struct {
	raw  *tls.Config
	http *tls.Config // the same for HTTP/1.1
}

// NewServer returns the source of a server, which must have a certificate. With a CA, only
// clients with a certificate from it are let in. Files that change and cannot be read are
// told to warn, once; the old ones stay in use.
func NewServer(files Files, warn func(error)) (*Source, error) {
	return newSource(files, serverConfig, warn)
}

// NewClient returns the source of a client.
func NewClient(files Files, warn func(error)) (*Source, error) {
	return newSource(files, clientConfig, warn)
}

func newSource(files Files, config func(Files) (*tls.Config, error), warn func(error)) (*Source, error) {
	s := &Source{files: files, make: config, warn: warn}
	if err := s.load(); err != nil {
		return nil, err
	}
	return s, nil
}

// checkPause is how long files that have been looked at are taken as unchanged.
const checkPause = time.Second

// Config returns the config for a raw connection. It does not wait for the files, whose file
// system may hang: what has changed in them counts as soon as it has been read.
func (s *Source) Config() *tls.Config {
	s.check()
	return s.now.Load().raw
}

// HTTPConfig returns the config for HTTP/1.1, as ALPN has it (RFC 7301).
func (s *Source) HTTPConfig() *tls.Config {
	s.check()
	return s.now.Load().http
}

// check has the files looked at if that is due, and is not under way.
func (s *Source) check() {
	last, now := s.checked.Load(), time.Now().UnixNano()
	if now-last < int64(checkPause) || !s.checked.CompareAndSwap(last, now) || !s.loading.TryLock() {
		return
	}
	go func() {
		defer s.loading.Unlock()
		if !sameFiles(s.read, s.stat()) {
			s.reload()
		}
	}()
}

// Reload reads the files anew, at once.
func (s *Source) Reload() {
	s.loading.Lock()
	defer s.loading.Unlock()
	s.reload()
}

// reload reads the files anew. The caller holds s.loading.
func (s *Source) reload() {
	if err := s.load(); err != nil {
		s.warn(err)
	}
}

func (s *Source) load() error {
	s.read = s.stat() // before the files are read: a change that comes now is found later
	config, err := s.make(s.files)
	if err != nil {
		return err
	}
	http := config.Clone()
	http.NextProtos = []string{"http/1.1"}
	s.now.Store(&configs{config, http})
	return nil
}

// stat looks at the files; nil stands for one that is not there.
func (s *Source) stat() []fs.FileInfo {
	all := make([]fs.FileInfo, 3)
	for i, name := range []string{s.files.Cert, s.files.Key, s.files.CA} {
		if name != "" {
			all[i], _ = os.Stat(name)
		}
	}
	return all
}

func sameFiles(a, b []fs.FileInfo) bool {
	for i := range a {
		switch x, y := a[i], b[i]; {
		case (x == nil) != (y == nil):
			return false
		case x != nil && (!os.SameFile(x, y) || x.Size() != y.Size() || !x.ModTime().Equal(y.ModTime())):
			return false
		}
	}
	return true
}

// ErrNoCertificate is the error of a server without a certificate.
var ErrNoCertificate = errors.New("a TLS server needs a certificate")

func serverConfig(files Files) (*tls.Config, error) {
	if files.Cert == "" {
		return nil, ErrNoCertificate
	}
	config, err := commonConfig(files)
	if err != nil || files.CA == "" {
		return config, err
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	config.ClientCAs, err = authorities(files.CA)
	return config, err
}

func clientConfig(files Files) (*tls.Config, error) {
	config, err := commonConfig(files)
	if err != nil {
		return nil, err
	}
	config.ServerName = files.ServerName
	config.ClientSessionCache = tls.NewLRUClientSessionCache(0)
	if files.CA != "" {
		config.RootCAs, err = authorities(files.CA)
	}
	return config, err
}

// commonConfig has what both sides have in common: TLS 1.2 or later, own certificate.
func commonConfig(files Files) (*tls.Config, error) {
	// Answers are sent in large pieces, so that small records at their start are of no use.
	config := &tls.Config{MinVersion: tls.VersionTLS12, DynamicRecordSizingDisabled: true}
	if files.Cert == "" {
		return config, nil
	}
	cert, err := os.ReadFile(files.Cert)
	if err != nil {
		return nil, err
	}
	key, keyFile := cert, files.Cert
	if files.Key != "" {
		keyFile = files.Key
		if key, err = os.ReadFile(keyFile); err != nil {
			return nil, err
		}
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s, key %s: %w", files.Cert, keyFile, err)
	}
	config.Certificates = []tls.Certificate{pair}
	return config, nil
}

// authorities returns the certificates in a file.
func authorities(name string) (*x509.CertPool, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("certificates %s: there is none in PEM", name)
	}
	return pool, nil
}

// ReadableByAll returns the file of the private key if every user can read it, else "".
func (f Files) ReadableByAll() string {
	name := f.Key
	if name == "" {
		name = f.Cert
	}
	if file, err := os.Stat(name); err == nil && file.Mode().Perm()&0o004 != 0 {
		return name
	}
	return ""
}
