package objects

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"imgpipe/netpipe/objects/s3test"
)

// All is the same if the name of the bucket is in that of the host, as it is at AWS.
func TestBucketInHost(t *testing.T) {
	const domain = "s3.test"
	server := s3test.Start(t, "--virtual-domain", domain)
	at, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	client, err := minio.NewCore(domain+":"+at.Port(), &minio.Options{
		Creds: credentials.NewEnvAWS(), Region: "us-east-1", BucketLookup: minio.BucketLookupDNS, MaxRetries: 1,
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if !strings.HasPrefix(address, server.Bucket+"."+domain+":") {
				t.Errorf("a connection to %s", address)
			}
			return new(net.Dialer).DialContext(ctx, network, at.Host)
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	checkStore(t, &bucket{client, server.Bucket})
}

// Keys may have all characters that XML can have, and prefixes of them too.
func TestOddKeys(t *testing.T) {
	keys := []string{
		"with space", " leads", "trails ", "a+b", "a%2Fb", "a%", "q?x=1&y=2", "h#ash", `"quotes'`, `back\slash`, "*", "a:b", "<tag>&amp;",
		"é", "e\u0301", "日本/写真.jpg", "😀", "~", "=,@$!()[]{}|^`;", "tab\t", ".hidden", "...", "A", "a",
		strings.Repeat("long/", 100) + "x", strings.Repeat("n", 200),
	}
	forEachS3(t, func(t *testing.T, server s3test.Server) {
		s := openBucket(t, server)
		for _, key := range keys {
			if err := s.Put(t.Context(), Object{Key: "in/" + key, Size: int64(len(key))}, content(key)); err != nil {
				t.Error(err)
			}
		}
		for _, prefix := range []string{"", "with ", " ", "a", "a+", "a%", "a%2F", "日本/", "q?", `"`, "<tag>&", "e\u0301", "long/long/", "*", "none"} {
			want := map[string]bool{}
			for _, key := range keys {
				want["in/"+key] = strings.HasPrefix(key, prefix)
			}
			if err := s.List(t.Context(), "in/"+prefix, "", func(o Object) error {
				if !want[o.Key] {
					t.Errorf("the prefix %q has %q, which is another key, or comes twice", prefix, o.Key)
				}
				delete(want, o.Key)
				return nil
			}); err != nil {
				t.Error(err)
			}
			for key, missing := range want {
				if missing {
					t.Errorf("the prefix %q does not have %q", prefix, key)
				}
			}
		}
		for _, key := range keys {
			_, r, err := s.Get(t.Context(), "in/"+key)
			if err != nil {
				t.Error(err)
				continue
			}
			text, err := io.ReadAll(r)
			r.Close()
			if string(text) != key || err != nil {
				t.Errorf("%q has the content %q, %v", key, text, err)
			}
		}
	})
}

// An object is larger than a part of a multipart upload. A reader of one that is replaced has
// the old content, or an error.
func TestLargeObject(t *testing.T) {
	forEachS3(t, func(t *testing.T, server s3test.Server) {
		s := openBucket(t, server)
		const head = 1000
		large := bytes.Repeat([]byte("0123456789abcde\n"), 20<<20/16)
		if err := s.Put(t.Context(), Object{Key: "large", Size: int64(len(large))}, func() io.Reader { return bytes.NewReader(large) }); err != nil {
			t.Fatal(err)
		}
		for _, replaced := range []bool{false, true} {
			_, r, err := s.Get(t.Context(), "large")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got := make([]byte, head)
			if _, err := io.ReadFull(r, got); err != nil {
				t.Fatal(err)
			}
			if replaced {
				if err := s.Put(t.Context(), Object{Key: "large", Size: 3}, content("new")); err != nil {
					t.Fatal(err)
				}
			}
			rest, err := io.ReadAll(r)
			if replaced && err != nil {
				continue
			}
			if err != nil || !bytes.Equal(append(got, rest...), large) {
				t.Errorf("replaced: %t: got %d bytes, %v", replaced, head+len(rest), err)
			}
		}
	})
}

// A store that compares checksums takes no content that has changed on its way.
func TestWrongChecksum(t *testing.T) {
	s3test.ForEach(t, func(t *testing.T, server s3test.Server) {
		s := openBucket(t, server)
		calls := 0
		err := s.Put(t.Context(), Object{Key: "a", Size: 3}, func() io.Reader {
			calls++
			return strings.NewReader(fmt.Sprintf("ab%d", calls))
		})
		if err == nil || calls < 2 {
			t.Errorf("got %v after %d readers", err, calls)
		}
		if _, err := s.Stat(t.Context(), "a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("Stat: want %v, got %v", ErrNotFound, err)
		}
	})
}

// A store that does not let in, and a bucket that is not there, are no objects that are not
// there. The errors tell no secret.
func TestRefused(t *testing.T) {
	const wrong = "another secret that must not be seen"
	for _, test := range []struct {
		name   string
		bucket string            // "": the one that is there
		env    map[string]string // in place of the right credentials
	}{
		{"another bucket", "no-such-bucket", nil},
		{"another secret", "", map[string]string{"AWS_SECRET_ACCESS_KEY": wrong}},
		{"another key", "", map[string]string{"AWS_ACCESS_KEY_ID": "AKIDOTHER"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s3test.ForEach(t, func(t *testing.T, server s3test.Server) {
				server.Bucket = cmp.Or(test.bucket, server.Bucket)
				for name, value := range test.env {
					t.Setenv(name, value)
				}
				s := openBucket(t, server)
				_, _, err := s.Get(t.Context(), "a")
				for call, err := range map[string]error{
					"Get":   err,
					"Check": s.Check(t.Context(), time.Time{}),
					"Put":   s.Put(t.Context(), Object{Key: "a", Size: 3}, content("abc")),
					"List":  s.List(t.Context(), "", "", func(Object) error { return nil }),
				} {
					switch {
					case err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrBusy):
						t.Errorf("%s: got %v", call, err)
					case strings.Contains(err.Error(), s3test.Secret) || strings.Contains(err.Error(), wrong):
						t.Errorf("%s: %v tells a secret", call, err)
					}
				}
			})
		})
	}
}

// A list that is denied, or that the store does not have, says nothing of the other requests.
// Neither does one that fails, if the store answers a GET.
func TestCheckOfLists(t *testing.T) {
	for _, test := range []struct {
		name  string
		list  int // HTTP status
		code  string
		get   int // 0: the same
		word  string
		fails bool
	}{
		{"denied", 403, "AccessDenied", 0, "", false},
		{"no lists", 501, "NotImplemented", 0, "", false},
		{"errors", 500, "InternalError", 0, "", true},
		{"an error, and no such object", 500, "InternalError", 404, "NoSuchKey", false},
		{"an error, and an object that is denied", 502, "", 403, "AccessDenied", false},
		{"an error, and another login", 500, "InternalError", 403, "InvalidAccessKeyId", true},
		{"an error, and a busy store", 500, "InternalError", 503, "SlowDown", true},
		{"another login", 403, "InvalidAccessKeyId", 404, "NoSuchKey", true},
		{"no such bucket", 404, "NoSuchBucket", 404, "NoSuchKey", true},
	} {
		server := s3test.Server{Bucket: "photos", Endpoint: s3test.Fake(t, "photos", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				status, code := test.list, test.code
				if test.get > 0 && !r.URL.Query().Has("list-type") {
					status, code = test.get, test.word
				}
				rw.WriteHeader(status)
				fmt.Fprintf(rw, `<?xml version="1.0"?><Error><Code>%s</Code><Message>why</Message></Error>`, code)
			})
		})}
		if err := openBucket(t, server).Check(t.Context(), time.Time{}); (err != nil) != test.fails {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
}

// forEachS3 calls test with each server, the fake one too.
func forEachS3(t *testing.T, test func(*testing.T, s3test.Server)) {
	t.Helper()
	t.Run("fake", func(t *testing.T) {
		test(t, s3test.Server{Endpoint: s3test.Fake(t, "photos", nil), Bucket: "photos"})
	})
	s3test.ForEach(t, test)
}
