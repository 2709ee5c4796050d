package objects

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"imgpipe/netpipe/objects/s3test"
)

// open opens a store of a test.
func open(t *testing.T, o Options, store string) Store {
	t.Helper()
	s, err := o.Open(store)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openBucket opens the bucket of a server.
func openBucket(t *testing.T, s s3test.Server) Store {
	t.Helper()
	return open(t, Options{Endpoint: s.Endpoint}, s3Scheme+s.Bucket)
}

func content(text string) func() io.Reader {
	return func() io.Reader { return strings.NewReader(text) }
}

// All stores do the same.
func TestStores(t *testing.T) {
	t.Run("directory", func(t *testing.T) { checkStore(t, directory(filepath.Join(t.TempDir(), "made by Put"))) })
	forEachS3(t, func(t *testing.T, server s3test.Server) { checkStore(t, openBucket(t, server)) })
}

func checkStore(t *testing.T, s Store) {
	ctx := t.Context()
	_, isDirectory := s.(directory)
	for _, key := range []string{"2026/a.jpg", "2026/b/c d+é%.jpg", "2026/b.jpg", "other.jpg"} {
		o := Object{Key: key, Size: int64(len(key)), Source: "etag-" + key, ContentType: "image/jpeg", Metadata: map[string]string{"Camera": "K 3", "Title": "Größe 日本"}}
		if err := s.Put(ctx, o, content(key)); err != nil {
			t.Fatal(err)
		}
		if isDirectory {
			o.ContentType, o.Metadata = "", nil
		}
		stat, err := s.Stat(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		got, r, err := s.Get(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(text) != key {
			t.Errorf("%s: got %q, %v", key, text, err)
		}
		for call, got := range map[string]Object{"Stat": stat, "Get": got} {
			if got.ETag == "" || got.Key != o.Key || got.Size != o.Size || got.Source != o.Source || got.ContentType != o.ContentType || !maps.Equal(got.Metadata, o.Metadata) {
				t.Errorf("%s: want %+v, got %+v", call, o, got)
			}
		}
	}
	list := func(prefix, after string) (keys []string) {
		t.Helper()
		if err := s.List(ctx, prefix, after, func(o Object) error {
			if stat, err := s.Stat(ctx, o.Key); err != nil || stat.ETag != o.ETag || stat.Size != o.Size {
				t.Errorf("List has %+v, Stat %+v, %v", o, stat, err)
			}
			keys = append(keys, o.Key)
			return nil
		}); err != nil {
			t.Error(err)
		}
		return keys
	}
	all := list("2026/", "")
	if want := []string{"2026/a.jpg", "2026/b.jpg", "2026/b/c d+é%.jpg"}; !slices.Equal(slices.Sorted(slices.Values(all)), want) {
		t.Errorf("List: want %q, got %q", want, all)
	}
	for i, key := range all {
		if rest := list("2026/", key); !slices.Equal(rest, all[i+1:]) {
			t.Errorf("List after %q: want %q, got %q", key, all[i+1:], rest)
		}
	}
	wantStop := errors.New("stop")
	if err := s.List(ctx, "", "", func(Object) error { return wantStop }); err != wantStop {
		t.Errorf("List: want the error of each, got %v", err)
	}

	before, _ := s.Stat(ctx, "other.jpg")
	if err := s.Put(ctx, Object{Key: "other.jpg", Size: 3, Source: "another"}, content("new")); err != nil {
		t.Fatal(err)
	}
	if after, err := s.Stat(ctx, "other.jpg"); err != nil || after.ETag == before.ETag || after.Size != 3 || after.Source != "another" {
		t.Errorf("replaced: got %+v, %v", after, err)
	}
	if err := s.Put(ctx, Object{Key: "short", Size: 4}, content("new")); err == nil {
		t.Error("Put takes less than the object's size")
	}
	for _, key := range []string{"short", "none", "2026/none"} {
		if _, err := s.Stat(ctx, key); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), key) {
			t.Errorf("Stat %s: got %v", key, err)
		}
		if _, _, err := s.Get(ctx, key); !errors.Is(err, ErrNotFound) {
			t.Errorf("Get %s: got %v", key, err)
		}
	}
}

// A list may be longer than a page of it.
func TestListInPages(t *testing.T) {
	forEachS3(t, func(t *testing.T, server s3test.Server) {
		s := openBucket(t, server)
		const n = 1100
		var puts sync.WaitGroup
		for first := range 8 {
			puts.Go(func() {
				for i := first; i < n; i += 8 {
					if err := s.Put(t.Context(), Object{Key: fmt.Sprintf("%06d", i)}, content("")); err != nil {
						t.Error(err)
					}
				}
			})
		}
		puts.Wait()
		seen := 0
		if err := s.List(t.Context(), "", "000049", func(Object) error { seen++; return nil }); err != nil || seen != n-50 {
			t.Errorf("want %d objects, got %d, %v", n-50, seen, err)
		}
	})
}

// One request writes an object, with the checksum of its bytes.
func TestPutIsOneRequest(t *testing.T) {
	var requests []*http.Request
	var bodies []string
	endpoint := s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			requests, bodies = append(requests, r), append(bodies, string(body))
			h.ServeHTTP(rw, r)
		})
	})
	s := open(t, Options{Endpoint: endpoint}, "s3://photos")
	big := strings.Repeat("0123456789", 2_000_000) // more than a part of a multipart upload
	if err := s.Put(t.Context(), Object{Key: "a/b.jpg", Size: int64(len(big)), ContentType: "image/jpeg"}, content(big)); err != nil {
		t.Fatal(err)
	}
	if len(requests) != 1 || requests[0].Method != "PUT" || requests[0].URL.Path != "/photos/a/b.jpg" || bodies[0] != big {
		t.Fatalf("got %d requests, %d bytes", len(requests), len(bodies[0]))
	}
	md5, sha256 := md5.Sum([]byte(big)), sha256.Sum256([]byte(big))
	if got, want := requests[0].Header.Get("Content-Md5"), base64.StdEncoding.EncodeToString(md5[:]); got != want {
		t.Errorf("Content-MD5: want %s, got %q", want, got)
	}
	if got, want := requests[0].Header.Get("X-Amz-Content-Sha256"), hex.EncodeToString(sha256[:]); got != want {
		t.Errorf("SHA-256: want %s, got %q", want, got)
	}
}

// The user's metadata stays metadata, also if its names are those of headers that S3 obeys.
func TestMetadataIsNoHeader(t *testing.T) {
	metadata := map[string]string{
		"X-Amz-Acl": "public-read", "X-Amz-Grant-Read": "everybody", "X-Amz-Storage-Class": "GLACIER",
		"X-Amz-Server-Side-Encryption": "aws:kms", "X-Amz-Checksum-Crc32": "AAAAAA==", "X-Minio-Source-Etag": "x",
		"X-Amz-Meta-Twice": "x", "Content-Encoding": "gzip", "Content-Type": "text/html", "Cache-Control": "no-store",
	}
	var put http.Header
	endpoint := s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				put = r.Header.Clone()
			}
			h.ServeHTTP(rw, r)
		})
	})
	s := open(t, Options{Endpoint: endpoint}, "s3://photos")
	if err := s.Put(t.Context(), Object{Key: "a.jpg", Size: 3, ContentType: "image/jpeg", Metadata: metadata}, content("abc")); err != nil {
		t.Fatal(err)
	}
	for name, value := range metadata {
		if got := put.Get("X-Amz-Meta-" + name); got != value {
			t.Errorf("x-amz-meta-%s: want %q, got %q", name, value, got)
		}
		if got := put.Get(name); got == value {
			t.Errorf("%s: %s is a header of the request", name, got)
		}
	}
	if o, err := s.Stat(t.Context(), "a.jpg"); err != nil || !maps.Equal(o.Metadata, metadata) || o.ContentType != "image/jpeg" {
		t.Errorf("want %v, got %+v, %v", metadata, o, err)
	}
}

// Metadata that is not ASCII is sent as RFC 2047 has it: some stores take no other header.
func TestMetadataIsASCII(t *testing.T) {
	metadata := map[string]string{"Title": "Größe 日本", "Camera": "K 3", "Long": strings.Repeat("é", 200)}
	endpoint := s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			for name, values := range r.Header {
				if strings.ContainsFunc(values[0], func(c rune) bool { return c < ' ' || c > '~' }) {
					t.Errorf("%s: %q", name, values[0])
				}
			}
			h.ServeHTTP(rw, r)
		})
	})
	s := open(t, Options{Endpoint: endpoint}, "s3://photos")
	if err := s.Put(t.Context(), Object{Key: "a.jpg", Size: 3, Metadata: metadata}, content("abc")); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Stat(t.Context(), "a.jpg"); err != nil || !maps.Equal(o.Metadata, metadata) {
		t.Errorf("want %v, got %v, %v", metadata, o.Metadata, err)
	}
}

// Errors tell what is the matter, and no secret.
func TestS3Errors(t *testing.T) {
	says := func(status int, code string) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				rw.WriteHeader(status)
				if r.Method != http.MethodHead && code != "" {
					fmt.Fprintf(rw, `<?xml version="1.0"?><Error><Code>%s</Code><Message>what the store says</Message></Error>`, code)
				}
			})
		}
	}
	for _, test := range []struct {
		name string
		wrap func(http.Handler) http.Handler
		want error // ErrBusy, fs.ErrPermission, or nil: neither
	}{
		{"503 SlowDown", says(503, "SlowDown"), ErrBusy},
		{"503 without a word", says(503, ""), ErrBusy},
		{"429", says(429, "TooManyRequests"), ErrBusy},
		{"507", says(507, "XMinioStorageFull"), ErrBusy},
		{"500", says(500, "InternalError"), nil},
		{"403 AccessDenied", says(403, "AccessDenied"), fs.ErrPermission},
		{"403 InvalidAccessKeyId", says(403, "InvalidAccessKeyId"), nil},
		{"404 of a web server", says(404, ""), nil},
		{"404 about the key of the login", says(404, "InvalidAccessKeyId"), nil},
		{"breaks off", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
		}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := open(t, Options{Endpoint: s3test.Fake(t, "photos", test.wrap)}, "s3://photos")
			_, statErr := s.Stat(t.Context(), "a.jpg")
			_, _, getErr := s.Get(t.Context(), "a.jpg")
			for call, err := range map[string]error{
				"Stat": statErr, "Get": getErr,
				"Put":  s.Put(t.Context(), Object{Key: "a.jpg", Size: 3}, content("abc")),
				"List": s.List(t.Context(), "", "", func(Object) error { return nil }),
			} {
				missing := call == "Stat" && strings.HasPrefix(test.name, "404") // HEAD has no words to say why
				denied := call == "Stat" && strings.HasPrefix(test.name, "403") || test.want == fs.ErrPermission
				if err == nil || errors.Is(err, ErrBusy) != (test.want == ErrBusy) || errors.Is(err, fs.ErrPermission) != denied || errors.Is(err, ErrNotFound) != missing || !strings.HasPrefix(err.Error(), "s3://photos/") {
					t.Errorf("%s: got %v, want %v", call, err, test.want)
				} else if code := test.name[strings.LastIndexByte(test.name, ' ')+1:]; call != "Stat" && strings.HasPrefix(test.name, "403") && !strings.HasSuffix(err.Error(), " ("+code+", HTTP status 403)") {
					t.Errorf("%s: %v does not end with the code and the status", call, err)
				} else if strings.Contains(err.Error(), s3test.Secret) {
					t.Errorf("%s: %v tells a secret", call, err)
				}
			}
		})
	}
}

// A content that ends early, or that changes while it is read, is an error, not a short object.
func TestGetBreaksOff(t *testing.T) {
	t.Run("S3, the connection ends", func(t *testing.T) {
		s := open(t, Options{Endpoint: s3test.Fake(t, "photos", func(http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Length", "1000")
				rw.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
				_, _ = io.WriteString(rw, "half")
				panic(http.ErrAbortHandler)
			})
		})}, "s3://photos")
		_, r, err := s.Get(t.Context(), "a.jpg")
		if err != nil {
			return
		}
		defer r.Close()
		if got, err := io.ReadAll(r); err == nil {
			t.Errorf("got %q and no error", got)
		}
	})
	for _, test := range []struct {
		name    string
		change  func(d directory, path string) error
		changed bool // in the file that is open
	}{
		{"is longer", func(_ directory, path string) error {
			return os.WriteFile(path, []byte("the content, and more"), 0o600)
		}, true},
		{"is shorter", func(_ directory, path string) error { return os.Truncate(path, 3) }, true},
		{"is modified later", func(_ directory, path string) error { return os.Chtimes(path, time.Time{}, time.Unix(1, 0)) }, true},
		{"is replaced", func(d directory, _ string) error {
			return d.Put(t.Context(), Object{Key: "a.jpg", Size: 3}, content("new"))
		}, false},
		{"is removed", func(_ directory, path string) error { return os.Remove(path) }, false},
	} {
		t.Run("directory, the file "+test.name, func(t *testing.T) {
			d := directory(t.TempDir())
			if err := d.Put(t.Context(), Object{Key: "a.jpg", Size: 11}, content("the content")); err != nil {
				t.Fatal(err)
			}
			_, r, err := d.Get(t.Context(), "a.jpg")
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			begin := make([]byte, 3)
			if _, err := io.ReadFull(r, begin); err != nil {
				t.Fatal(err)
			}
			if err := test.change(d, filepath.Join(string(d), "a.jpg")); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(r)
			if test.changed {
				if err == nil || !strings.Contains(err.Error(), "a.jpg: the file changed") {
					t.Errorf("got %q, %v", rest, err)
				}
			} else if got := string(begin) + string(rest); got != "the content" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// The credentials are those of the environment or of the usual file.
func TestCredentials(t *testing.T) {
	endpoint := s3test.Fake(t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Authorization"), s3test.Key) {
				rw.WriteHeader(http.StatusForbidden)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})
	file := filepath.Join(t.TempDir(), "credentials")
	text := "[default]\naws_access_key_id = other\naws_secret_access_key = x\n[mine]\naws_access_key_id = " + s3test.Key + "\naws_secret_access_key = " + s3test.Secret + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	put := func() error {
		s, err := Options{Endpoint: endpoint}.Open("s3://photos")
		if err != nil {
			return err
		}
		return s.Put(context.Background(), Object{Key: "a"}, content(""))
	}
	if err := put(); err != nil {
		t.Errorf("of the environment: %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	t.Setenv("AWS_PROFILE", "mine")
	if err := put(); err != nil {
		t.Errorf("of the file: %v", err)
	}
	t.Setenv("AWS_PROFILE", "")
	if err := put(); err == nil {
		t.Error("another profile's key is taken")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	if err := put(); err != ErrNoCredentials {
		t.Errorf("none: want %v, got %v", ErrNoCredentials, err)
	}
}
