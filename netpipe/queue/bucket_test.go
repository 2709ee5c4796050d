package queue

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"

	"imgpipe/netpipe/objects"
	"imgpipe/netpipe/objects/s3test"
)

// A bucket is a store that speaks S3, in place of the directories of a scene: it has objects
// below in/, and their results below out/.
type bucket struct {
	scene   *scene
	options objects.Options
	store   objects.Store
}

// newBucket makes a bucket. Its requests go through the handler that wrap returns.
func (s *scene) newBucket(wrap func(http.Handler) http.Handler) *bucket {
	s.t.Helper()
	b := &bucket{scene: s, options: objects.Options{Endpoint: s3test.Fake(s.t, "photos", wrap)}}
	var err error
	if b.store, err = b.options.Open("s3://photos"); err != nil {
		s.t.Fatal(err)
	}
	return b
}

// put writes an object.
func (b *bucket) put(o objects.Object, content string) {
	b.scene.t.Helper()
	o.Size = int64(len(content))
	if err := b.store.Put(b.scene.t.Context(), o, func() io.Reader { return strings.NewReader(content) }); err != nil {
		b.scene.t.Fatal(err)
	}
}

// add adds the objects below in/ to the queue.
func (b *bucket) add() (Added, error) {
	s := b.scene
	return s.queue.Add(s.t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: b.options})
}

// addAll adds the objects below in/, of which there are n.
func (b *bucket) addAll(n int) {
	b.scene.t.Helper()
	if added, err := b.add(); err != nil || added.Jobs != n {
		b.scene.t.Fatalf("want %d jobs, got %+v, %v", n, added, err)
	}
}

// addObjects makes objects in a bucket and adds their jobs. From then on, the store answers the
// next n requests that match by the function answer.
func (s *scene) addObjects(keys []string, n int64, match func(*http.Request) bool, answer http.HandlerFunc) objects.Options {
	s.t.Helper()
	var left atomic.Int64
	b := s.newBucket(func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if match(r) && left.Add(-1) >= 0 {
				answer(rw, r)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})
	for _, key := range keys {
		b.put(objects.Object{Key: key}, "read write:10\n")
	}
	b.addAll(len(keys))
	left.Store(n)
	return b.options
}

// answerWith answers a request with an error as S3 does.
func answerWith(status int, code string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/xml")
		rw.WriteHeader(status)
		if r.Method != http.MethodHead {
			fmt.Fprintf(rw, `<?xml version="1.0"?><Error><Code>%s</Code><Message>why</Message></Error>`, code)
		}
	}
}

// breakOff answers with the end of the connection.
func breakOff(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
