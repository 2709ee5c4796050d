package netpipe

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync/atomic"

	"imgpipe/netpipe/internal/fdio"
)

// Tokens are those of a file, by which clients show over HTTP who they are
// (Authorization: Bearer, RFC 6750). Several goroutines may use them at once.
type Tokens struct {
	path string
	all  atomic.Pointer[[]token]
}

// A token is one of a file's.
type token struct {
	name string // for the log
	text string
	hash [sha256.Size]byte // of text
}

// ErrTokenFile is an error of ReadTokens about what the file says.
var ErrTokenFile = errors.New("not a file of tokens")

// ReadTokens reads a file that has a name and a token on each line. Empty lines and lines
// that begin with # are left out. Several tokens may have one name. A token is 16 to 1024
// of the characters of RFC 6750, section 2.1. Only the file's owner and group may have the
// right to read or write it. No error contains a token.
func ReadTokens(path string) (*Tokens, error) {
	t := &Tokens{path: path}
	if err := t.Reload(); err != nil {
		return nil, err
	}
	return t, nil
}

// maxTokenFile is the size of the largest file of tokens, in bytes.
const maxTokenFile = 1 << 20

// Reload reads the file again. After an error the tokens are those of before.
func (t *Tokens) Reload() error {
	all, err := readTokens(t.path)
	if err != nil {
		return fmt.Errorf("tokens %s: %w", t.path, fdio.Plain(err))
	}
	t.all.Store(&all)
	return nil
}

func readTokens(path string) ([]token, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); mode.IsRegular() && mode.Perm()&0o006 != 0 {
		return nil, fmt.Errorf("%w: every user may read or write it (mode %04o): chmod o= %s", ErrTokenFile, mode.Perm(), path)
	}
	text, err := io.ReadAll(io.LimitReader(file, maxTokenFile+1))
	if err != nil {
		return nil, err
	}
	if len(text) > maxTokenFile {
		return nil, fmt.Errorf("%w: it has more than %d KiB", ErrTokenFile, maxTokenFile>>10)
	}
	return parseTokens(string(text))
}

// tokenChars is a b64token (RFC 6750, section 2.1), of a length that is hard to guess.
var tokenChars = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

const (
	minToken = 16
	maxToken = 1024
)

func parseTokens(text string) ([]token, error) {
	var all []token
	names := map[string]string{} // by token
	for i, line := range strings.Split(text, "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		wrong := ""
		switch {
		case len(fields) != 2:
			wrong = "want NAME TOKEN"
		case len(fields[1]) < minToken || len(fields[1]) > maxToken:
			wrong = fmt.Sprintf("the token has %d characters, want %d to %d", len(fields[1]), minToken, maxToken)
		case !tokenChars.MatchString(fields[1]):
			wrong = "the token has a character other than A-Z, a-z, 0-9 and -._~+/ (= at the end)"
		case names[fields[1]] != "":
			wrong = "the token is that of " + names[fields[1]] + ", too"
		}
		if wrong != "" {
			return nil, fmt.Errorf("%w: line %d: %s", ErrTokenFile, i+1, wrong)
		}
		names[fields[1]] = fields[0]
		all = append(all, token{fields[0], fields[1], sha256.Sum256([]byte(fields[1]))})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%w: it has no token", ErrTokenFile)
	}
	return all, nil
}

// owner returns the name of the token that a request shows, or ErrNoToken or
// ErrUnknownToken. The time that it takes tells nothing of the tokens.
func (t *Tokens) owner(r *http.Request) (string, error) {
	shown := r.Header.Values("Authorization")
	if len(shown) != 1 {
		return "", ErrNoToken
	}
	scheme, text, _ := strings.Cut(shown[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrNoToken
	}
	hash := sha256.Sum256([]byte(strings.Trim(text, " ")))
	all, found := *t.all.Load(), -1
	for i := range all {
		found = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(hash[:], all[i].hash[:]), i, found)
	}
	if found < 0 {
		return "", ErrUnknownToken
	}
	return all[found].name, nil
}

// field returns the field of a request's head that shows the first token, with CRLF; ""
// without tokens.
func (t *Tokens) field() string {
	if t == nil {
		return ""
	}
	return "Authorization: Bearer " + (*t.all.Load())[0].text + "\r\n"
}
