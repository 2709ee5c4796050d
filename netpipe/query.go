package netpipe

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"imgpipe/netpipe/internal/procpool"
)

// maxQuery is the greatest length of the query of a request, in bytes.
const maxQuery = 4 << 10

// maxParams is how many parameters a server may allow. With maxQuery it bounds what goes to
// a worker (worker.MaxParams) or becomes arguments of a process.
const maxParams = 64

// checkParams returns an error if Server.Params cannot be that.
func checkParams(names []string) error {
	if len(names) > maxParams {
		return fmt.Errorf("more than %d parameters", maxParams)
	}
	for _, name := range names {
		if err := CheckParam(name); err != nil {
			return fmt.Errorf("parameter %q: %w", name, err)
		}
	}
	return nil
}

// CheckParam returns an error if a name cannot be one of Server.Params: it is not the name
// of an option, without the dash before it, of letters, digits, "-" and "_".
func CheckParam(name string) error {
	isWord := func(r rune) bool {
		return r == '-' || r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
	}
	switch {
	case strings.HasPrefix(name, "-"):
		return errors.New("write the name of the option without the dash before it")
	case name == "" || len(name) > 64 || strings.ContainsFunc(name, func(r rune) bool { return !isWord(r) }):
		return errors.New("not the name of an option, such as size")
	}
	return nil
}

// parseQuery returns the parameters in the query of a request. Their names are among those
// allowed, and none comes twice. A parameter without "=" has the value "true", which
// switches take. An error wraps ErrParam or ErrQuery.
func parseQuery(query string, allowed []string) (params []procpool.Param, err error) {
	if len(query) > maxQuery {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrQuery, maxQuery)
	}
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		p, err := parseParam(part)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: %w", ErrQuery, err)
		case !slices.Contains(allowed, p.Name):
			return nil, notAllowed(p.Name, allowed)
		case slices.ContainsFunc(params, func(other procpool.Param) bool { return other.Name == p.Name }):
			return nil, fmt.Errorf("%w: the parameter %q comes twice", ErrQuery, p.Name)
		}
		params = append(params, p)
	}
	return params, nil
}

// parseParam decodes one parameter of a query, as net/url does.
func parseParam(part string) (p procpool.Param, err error) {
	if strings.Contains(part, ";") {
		return p, errors.New(`parameters are separated by "&", not ";"`)
	}
	name, value, hasValue := strings.Cut(part, "=")
	if p.Name, err = url.QueryUnescape(name); err != nil {
		return p, err
	}
	if p.Value, err = url.QueryUnescape(value); err != nil {
		return p, err
	}
	if !hasValue {
		p.Value = "true"
	}
	switch {
	case p.Name == "":
		return p, errors.New("a parameter without a name")
	case !isPlain(p.Name) || !isPlain(p.Value):
		return p, fmt.Errorf("a control character, or no UTF-8, in the parameter %.64q", p.Name)
	}
	return p, nil
}

// isPlain reports whether a text is UTF-8 without control characters.
func isPlain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func notAllowed(name string, allowed []string) error {
	if len(allowed) == 0 {
		return fmt.Errorf("%w: %.64q, nor is any other", ErrParam, name)
	}
	return fmt.Errorf("%w: %.64q; these are: %s", ErrParam, name, strings.Join(allowed, ", "))
}

// queryOf returns parameters as a query, for the log.
func queryOf(params []procpool.Param) string {
	parts := make([]string, len(params))
	for i, p := range params {
		parts[i] = url.QueryEscape(p.Name) + "=" + url.QueryEscape(p.Value)
	}
	return strings.Join(parts, "&")
}
