package netpipe

import (
	"net/http"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// To a browser an answer is a picture, or bytes that it does not interpret.
func TestHTTPMediaType(t *testing.T) {
	pipetest.Parallel(t)
	server := start(t, overHTTP("copy"))
	for _, test := range []struct{ answer, kind, disposition string }{
		{"\xff\xd8\xff\xe0", "image/jpeg", `attachment; filename="image.jpg"`},
		{"\x89PNG\r\n\x1a\n", "image/png", `attachment; filename="image.png"`},
		{"GIF89a", "image/gif", `attachment; filename="image.gif"`},
		{"RIFF\x04\x00\x00\x00WEBPVP8L", "image/webp", `attachment; filename="image.webp"`},
		{"BM\x46\x00\x00\x00\x00\x00\x00\x00", "image/bmp", `attachment; filename="image.bmp"`},
		{"II*\x00\x08", "image/tiff", `attachment; filename="image.tif"`},
		{"MM\x00*", "image/tiff", `attachment; filename="image.tif"`},
		{"MM\x00+\x00\x08\x00\x00", "image/tiff", `attachment; filename="image.tif"`},
		{"P4\n8 1\n", "image/x-portable-bitmap", `attachment; filename="image.pbm"`},
		{"P5 1 1 255\n", "image/x-portable-graymap", `attachment; filename="image.pgm"`},
		{"P6\n# a comment\n", "image/x-portable-pixmap", `attachment; filename="image.ppm"`},
		{"P7\nWIDTH 1\n", "image/x-portable-arbitrarymap", `attachment; filename="image.pam"`},
		{"\x00\x00\x00\x20ftypavif", "image/avif", `attachment; filename="image.avif"`},
		{"P5 is a page", "application/octet-stream", "attachment"},
		{"BMW is a car", "application/octet-stream", "attachment"},
		{"<html><script>", "application/octet-stream", "attachment"},
		{"<svg xmlns=", "application/octet-stream", "attachment"},
		{"<?xml version=\"1.0\"?><svg", "application/octet-stream", "attachment"},
		{"%PDF-1.7", "application/octet-stream", "attachment"},
		{"text", "application/octet-stream", "attachment"},
		{"{}", "application/octet-stream", "attachment"},
		{"P", "application/octet-stream", "attachment"},
	} {
		got, err := post(t, server.addr, strings.NewReader(test.answer), nil)
		got.want(t, err, 200, []byte(test.answer))
		if kind := got.header.Get("Content-Type"); kind != test.kind {
			t.Errorf("%q: want %s, got %s", test.answer, test.kind, kind)
		}
		if d := got.header.Get("Content-Disposition"); d != test.disposition {
			t.Errorf("%q: want %s, got %s", test.answer, test.disposition, d)
		}
	}
}

// An answer has the name that the request gives its input, with the extension of what the
// answer is. No name leads anywhere, and none adds to the header.
func TestHTTPDisposition(t *testing.T) {
	pipetest.Parallel(t)
	const png, text = "\x89PNG\r\n\x1a\n", "text"
	server := start(t, overHTTP("copy"))
	for _, test := range []struct{ field, answer, want string }{
		{`attachment; filename=a.jpg`, png, `attachment; filename="a.png"`},
		{`inline; filename="my photo.JPEG"`, png, `attachment; filename="my photo.png"`},
		{`attachment; filename="a.PNG"`, png, `attachment; filename="a.PNG"`},
		{`attachment; filename="a.v2"`, png, `attachment; filename="a.v2.png"`},
		{`attachment; filename="a"`, png, `attachment; filename="a.png"`},
		{`attachment; filename="a.jpg"`, text, `attachment; filename="a.jpg"`},
		{`attachment; filename="/etc/../passwd"`, text, `attachment; filename="passwd"`},
		{`attachment; filename="C:\\photos\\a.jpg"`, png, `attachment; filename="a.png"`},
		{`attachment; filename="..."`, png, `attachment; filename="image.png"`},
		{`attachment; filename=".htaccess"`, text, `attachment; filename="htaccess"`},
		{`attachment; filename*=UTF-8''gr%C3%BC%C3%9Fe%20100%25.jpg`, png, `attachment; filename="gr__e 100_.png"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20100%25.png`},
		{`attachment; filename="a\"; filename*=UTF-8''b.html"`, png, `attachment; filename="a_; filename*=UTF-8''b.html.png"; filename*=UTF-8''a%22%3B%20filename%2A%3DUTF-8%27%27b.html.png`},
		{`attachment; filename*=UTF-8''a%0d%0aSet-Cookie:%20b`, png, `attachment; filename="image.png"`},
		{`attachment; filename*=UTF-8''a%E2%80%AEgnp.exe`, png, `attachment; filename="image.png"`}, // reads from right to left
		{`attachment; filename*=UTF-8''%ff`, png, `attachment; filename="image.png"`},
		{`attachment; filename="` + strings.Repeat("x", 201) + `"`, png, `attachment; filename="image.png"`},
		{`attachment; filename="a.jpg"; filename="b.jpg"`, png, `attachment; filename="image.png"`},
		{`;;=`, text, "attachment"},
	} {
		got, err := post(t, server.addr, strings.NewReader(test.answer), func(r *http.Request) { r.Header.Set("Content-Disposition", test.field) })
		got.want(t, err, 200, []byte(test.answer))
		if d := got.header.Get("Content-Disposition"); d != test.want || len(got.header["Content-Disposition"]) != 1 {
			t.Errorf("%s:\nwant %s\ngot  %s", test.field, test.want, d)
		}
	}
}
