// Package s3test starts servers that speak S3, for tests: a fake one in the process of the
// test, and real programs where they are installed.
package s3test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// The credentials that the servers take.
const (
	Key    = "AKIDOFTEST"
	Secret = "a secret that must not be seen"
)

// SetCredentials has the environment of a test give the credentials.
func SetCredentials(t testing.TB) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", Key)
	t.Setenv("AWS_SECRET_ACCESS_KEY", Secret)
	t.Setenv("AWS_REGION", "us-east-1")
}

// Fake starts a server in this process with one bucket, and returns its URL. It looks at no
// signature. Wrap, unless it is nil, returns the handler that is called in place of h.
func Fake(t testing.TB, bucket string, wrap func(h http.Handler) http.Handler) (endpoint string) {
	t.Helper()
	SetCredentials(t)
	backend := s3mem.New()
	if err := backend.CreateBucket(bucket); err != nil {
		t.Fatal(err)
	}
	handler := gofakes3.New(backend).Server()
	if wrap != nil {
		handler = wrap(handler)
	}
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}
