package hosting

import (
	"errors"
	"strings"
)

// Hints are what to type about errors, mostly options. The libraries do not know the options
// of the programs.
type Hints []struct {
	Err  error
	Text string
}

// Of returns the hints about err, separated by commas; "" if there is none.
func (hints Hints) Of(err error) string {
	var texts []string
	for _, h := range hints {
		if errors.Is(err, h.Err) {
			texts = append(texts, h.Text)
		}
	}
	return strings.Join(texts, ", ")
}

// WithHint returns a function that returns the text of an error, with its hint in
// parentheses.
func WithHint(hint func(error) string) func(error) string {
	return func(err error) string {
		if text := hint(err); text != "" {
			return err.Error() + " (" + text + ")"
		}
		return err.Error()
	}
}
