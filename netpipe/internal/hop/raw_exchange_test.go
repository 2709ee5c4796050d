package hop

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"imgpipe/netpipe/internal/fdio"
	"imgpipe/netpipe/internal/tlsconn"
)

// What begins like an HTTP response is no answer of a raw port; anything else comes as it
// was sent, also in pieces.
func TestRawExchange(t *testing.T) {
	for _, test := range []struct {
		sent string
		want error
	}{
		{"", nil},
		{"H", nil},
		{"HTTP/1", nil},
		{"HTTP/1.", ErrHTTPPort},
		{"HTTP/1.1 400 Bad Request\r\n\r\n", ErrHTTPPort},
		{"HTTP/1.0 200 OK\r\n\r\n", ErrHTTPPort},
		{"HTTP/x", nil},
		{"HHTTP/1.1 400", nil},
		{"\xff\xd8\xff\xe0", nil},
		{tlsconn.NotTLS, ErrTLSPort},
		{"\x15\x03\x01\x00\x02\x01\x28 and more", ErrTLSPort},
		{"\x15\x03\x01\x00\x02\x01", nil},
		{"\x15\x03\x01\x00\x03\x01\x28", nil},
		{"\x15\x03", nil},
	} {
		for name, in := range map[string]func(io.Reader) io.Reader{
			"at once": func(r io.Reader) io.Reader { return r }, "in bytes": iotest.OneByteReader, "with its end": iotest.DataErrReader,
		} {
			got, err := io.ReadAll(&rawExchange{Socket: readSocket{in: in(bytes.NewReader([]byte(test.sent)))}})
			if want := test.sent; err != test.want || err == nil && string(got) != want || err != nil && len(got) > 0 {
				t.Errorf("%q, %s: want %v, got %q and %v", test.sent, name, test.want, got, err)
			}
		}
	}
}

// A readSocket is a socket that is only read.
type readSocket struct {
	fdio.Socket
	in io.Reader
}

func (s readSocket) Read(b []byte) (int, error) { return s.in.Read(b) }
