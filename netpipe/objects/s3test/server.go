package s3test

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// there is a server that runs already.
var there = flag.String("s3", "", "test also with the S3 server at this `URL`, with the credentials of the environment; the buckets that tests make stay there")

// A Server is one that tests use.
type Server struct {
	Endpoint string // its URL
	Bucket   string // one that is new
	CA       string // a file with the authority of its certificate; "" without TLS
}

// ForEach calls test, each time in a test of its own, with the real servers: Start's, and that
// of the option -s3.
func ForEach(t *testing.T, test func(*testing.T, Server)) {
	t.Helper()
	t.Run(program, func(t *testing.T) { test(t, Start(t)) })
	if *there != "" {
		t.Run(*there, func(t *testing.T) { test(t, withBucket(t, Server{Endpoint: *there})) })
	}
}

// program is a server that keeps objects as files, and compares signatures and checksums.
const program = "versitygw"

// Start starts versitygw with some of its options until the test ends, or skips the test if it
// is not installed. The environment of the test has the credentials then.
func Start(t testing.TB, options ...string) Server {
	t.Helper()
	return start(t, Server{Endpoint: "http://"}, options)
}

// StartTLS is as Start, with a server that speaks TLS.
func StartTLS(t testing.TB) Server {
	t.Helper()
	cert, key := certificate(t)
	return start(t, Server{Endpoint: "https://", CA: cert}, []string{"--cert", cert, "--key", key})
}

func start(t testing.TB, s Server, options []string) Server {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("%s is not installed: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0", program)
	}
	SetCredentials(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	address := l.Addr().String()
	s.Endpoint += address
	options = append([]string{"--quiet", "--keep-alive", "--port", address}, options...)
	server := exec.Command(path, append(options, "posix", t.TempDir())...)
	server.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+Key, "ROOT_SECRET_KEY="+Secret)
	var log strings.Builder
	server.Stdout, server.Stderr = &log, &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Wait()
	}()
	t.Cleanup(func() {
		_ = server.Process.Kill()
		<-ended
	})
	for { // until it listens
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
			return withBucket(t, s)
		}
		select {
		case <-ended:
			t.Fatalf("%s has ended: %s", program, log.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// withBucket makes a new bucket in a server that listens.
func withBucket(t testing.TB, s Server) Server {
	t.Helper()
	u, err := url.Parse(s.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	options := &minio.Options{
		Creds: credentials.NewEnvAWS(), Secure: u.Scheme == "https", BucketLookup: minio.BucketLookupPath,
		Region: cmp.Or(os.Getenv("AWS_REGION"), "us-east-1"),
	}
	if s.CA != "" {
		text, err := os.ReadFile(s.CA)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(text)
		options.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	}
	client, err := minio.New(u.Host, options)
	if err != nil {
		t.Fatal(err)
	}
	s.Bucket = "netqueue-test-" + strings.ToLower(rand.Text())
	if err := client.MakeBucket(context.Background(), s.Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatalf("make a bucket at %s: %v", s.Endpoint, err)
	}
	return s
}

// certificate returns files with a certificate for 127.0.0.1, which is its own authority, and
// its key.
func certificate(t testing.TB) (cert, key string) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	server.Close()
	pair := server.TLS.Certificates[0]
	secret, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name string, block *pem.Block) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	return file("cert", &pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}), file("key", &pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}
