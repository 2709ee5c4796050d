package netpipe

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

const (
	annasToken = "anna-0123456789abcdef"
	benosToken = "beno-0123456789abcdef="
)

// tokenFile returns the path of a new file.
func tokenFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readTokenFile(t *testing.T, text string) *Tokens {
	t.Helper()
	tokens, err := ReadTokens(tokenFile(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestReadTokens(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name, text string
		mode       os.FileMode
		want       string // in the error; "" if there is none
	}{
		{"two", "# comment\n\nanna " + annasToken + "\n\t beno\t" + benosToken + "\r\n", 0o600, ""},
		{"two of one name, no last line end", "anna " + annasToken + "\nanna " + benosToken, 0o640, ""},
		{"every user may read", "anna " + annasToken, 0o644, "every user may read or write it (mode 0644)"},
		{"every user may write", "anna " + annasToken, 0o602, "every user may read or write it (mode 0602)"},
		{"empty", "", 0o600, "it has no token"},
		{"a comment alone", "# anna " + annasToken, 0o600, "it has no token"},
		{"a token alone", "\n" + annasToken, 0o600, "line 2: want NAME TOKEN"},
		{"three words", "anna the " + annasToken, 0o600, "line 1: want NAME TOKEN"},
		{"a short one", "anna " + annasToken[:15], 0o600, "line 1: the token has 15 characters, want 16 to 1024"},
		{"a long one", "anna " + strings.Repeat("x", 1025), 0o600, "line 1: the token has 1025 characters, want 16 to 1024"},
		{"a quote", "anna \"" + annasToken + "\"", 0o600, "line 1: the token has a character other than"},
		{"= in the middle", "anna x=" + annasToken, 0o600, "line 1: the token has a character other than"},
		{"one token twice", "anna " + annasToken + "\nbeno " + annasToken, 0o600, "line 2: the token is that of anna, too"},
		{"a large file", strings.Repeat("#\n", maxTokenFile), 0o600, "it has more than 1024 KiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := tokenFile(t, test.text)
			if err := os.Chmod(path, test.mode); err != nil {
				t.Fatal(err)
			}
			_, err := ReadTokens(path)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("want no error, got %v", err)
			case test.want != "" && (!errors.Is(err, ErrTokenFile) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("want %q, got %v", test.want, err)
			case err != nil && strings.Contains(err.Error(), "0123456789"):
				t.Errorf("a token is in the error: %v", err)
			}
		})
	}
	if _, err := ReadTokens(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: got %v", err)
	}
}

// A POST shows one of the tokens, or is refused before a byte of its body is read.
func TestHTTPTokens(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	path := tokenFile(t, "anna "+annasToken+"\nbeno "+benosToken)
	var err error
	if s.Tokens, err = ReadTokens(path); err != nil {
		t.Fatal(err)
	}
	server := start(t, s)
	const none, unknown = `Bearer realm="netpipe"`, `Bearer realm="netpipe", error="invalid_token"`
	check := func(name string, shown []string, challenge, user string) {
		t.Helper()
		input := pipetest.Noise(100_000)
		got, err := post(t, server.addr, bytes.NewReader(input), func(r *http.Request) { r.Header["Authorization"] = shown })
		if challenge == "" {
			got.want(t, err, 200, input)
			if r := server.verdict(whole); r["token"] != user {
				t.Errorf("%s: in the log: want token %q, got %v", name, user, r)
			}
			return
		}
		got.says(t, err, 401, "token")
		if field := got.header.Get("WWW-Authenticate"); field != challenge {
			t.Errorf("%s: want %q, got %q", name, challenge, field)
		}
		if r := server.verdict(refused); strings.Contains(fmt.Sprint(r), "0123456789") || r["token"] != "" || r["in"] != "0" {
			t.Errorf("%s: in the log: %v", name, r)
		}
	}
	for _, test := range []struct {
		name            string
		shown           []string
		challenge, user string
	}{
		{"anna's", []string{"Bearer " + annasToken}, "", "anna"},
		{"beno's", []string{"bearer   " + benosToken}, "", "beno"},
		{"none", nil, none, ""},
		{"a password", []string{"Basic " + annasToken}, none, ""},
		{"two", []string{"Bearer " + annasToken, "Bearer " + annasToken}, none, ""},
		{"an empty one", []string{"Bearer "}, unknown, ""},
		{"another", []string{"Bearer carl-0123456789abcdef"}, unknown, ""},
		{"the start of one", []string{"Bearer " + annasToken[:16]}, unknown, ""},
		{"one and more", []string{"Bearer " + annasToken + "x"}, unknown, ""},
		{"a name", []string{"Bearer anna " + annasToken}, unknown, ""},
	} {
		check(test.name, test.shown, test.challenge, test.user)
	}

	t.Log("a client that waits to be asked for its input is not asked")
	c := connect(t, server.addr)
	sendHTTP(t, c, postHead+"Content-Length: 5\nExpect: 100-continue\n\n")
	got, err := hear(t, bufio.NewReader(c), "POST")
	got.says(t, err, 401, "token")
	server.verdict(refused)

	t.Log("the page is for everybody: it asks for the token")
	for _, path := range []string{"/", "/healthz"} {
		response, err := browse(t).Get(server.addr.String() + path)
		if err != nil || response.StatusCode != 200 {
			t.Errorf("GET %s: got %v and %v", path, response, err)
		}
		if err == nil {
			response.Body.Close()
		}
	}

	t.Log("a broken new file changes nothing, a good one does")
	if err := os.WriteFile(path, []byte("beno"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Tokens.Reload(); !errors.Is(err, ErrTokenFile) {
		t.Errorf("Reload: got %v", err)
	}
	check("after a broken file", []string{"Bearer " + annasToken}, "", "anna")
	if err := os.WriteFile(path, []byte("beno "+benosToken), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Tokens.Reload(); err != nil {
		t.Errorf("Reload: got %v", err)
	}
	check("after a new file", []string{"Bearer " + annasToken}, unknown, "")
	check("after a new file", []string{"Bearer " + benosToken}, "", "beno")
}

// A client and a server show their token to an HTTP server, also on a kept connection.
func TestHTTPTokensOfHop(t *testing.T) {
	pipetest.Parallel(t)
	s := overHTTP("copy")
	s.Tokens = readTokenFile(t, "anna "+annasToken+"\nbeno "+benosToken)
	last := start(t, s)
	for _, test := range []struct {
		name, file string
		user       string // "" means that the last server refuses
	}{
		{"the first of two", "beno " + benosToken + "\nanna " + annasToken, "beno"},
		{"another", "carl carl-0123456789abcdef", ""},
	} {
		tokens := readTokenFile(t, test.file)
		f := overHTTP("copy")
		f.Next, f.NextToken = []Addr{last.addr}, tokens
		first := start(t, f)
		client := &Client{Addr: last.addr, Token: tokens}
		defer client.CloseIdle()
		for range 2 {
			var out bytes.Buffer
			err := client.Send(t.Context(), strings.NewReader("hello"), &out)
			got, postErr := post(t, first.addr, strings.NewReader("hello"), nil)
			if test.user != "" {
				if err != nil || out.String() != "hello" {
					t.Errorf("%s: got %q and %v", test.name, out.String(), err)
				}
				got.want(t, postErr, 200, []byte("hello"))
				first.verdict(whole)
				for range 2 {
					if r := last.verdict(whole); r["token"] != test.user {
						t.Errorf("%s: in the log: want token %q, got %v", test.name, test.user, r)
					}
				}
				continue
			}
			if said := new(StatusError); !errors.As(err, &said) || said.Code != 401 {
				t.Errorf("%s: want 401, got %v", test.name, err)
			}
			if _, again := Retryable(err); again {
				t.Errorf("%s: %v is worth another try", test.name, err)
			}
			got.says(t, postErr, 502, "the next hop failed")
			if r := first.verdict(nextFailed); !strings.Contains(r["err"], "401") || strings.Contains(r["err"], "0123456789") {
				t.Errorf("%s: in the log: %v", test.name, r)
			}
			last.verdict(refused)
			last.verdict(refused)
		}
	}
}
