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

// addObjects makes objects in a bucket and adds their jobs. From then on, the store answers the
// next n requests that match by the function answer.
func (s *scene) addObjects(keys []string, n int64, match func(*http.Request) bool, answer http.HandlerFunc) objects.Options {
	s.t.Helper()
	var left atomic.Int64
	options := objects.Options{Endpoint: s3test.Fake(s.t, "photos", func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if match(r) && left.Add(-1) >= 0 {
				answer(rw, r)
				return
			}
			h.ServeHTTP(rw, r)
		})
	})}
	store, err := options.Open("s3://photos")
	if err != nil {
		s.t.Fatal(err)
	}
	const steps = "read write:10\n"
	for _, key := range keys {
		if err := store.Put(s.t.Context(), objects.Object{Key: key, Size: int64(len(steps))}, func() io.Reader { return strings.NewReader(steps) }); err != nil {
			s.t.Fatal(err)
		}
	}
	if added, err := s.queue.Add(s.t.Context(), Addition{In: s.location("s3://photos/in"), Out: s.location("s3://photos/out"), Stores: options}); err != nil || added.Jobs != len(keys) {
		s.t.Fatalf("Add: %+v, %v", added, err)
	}
	left.Store(n)
	return options
}
