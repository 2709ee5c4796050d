// Package stdio has what filters and the programs that run them agree on about
// standard streams: a message is one line of printable text, and a pipe can be
// made larger.
package stdio

import (
	"strconv"
	"strings"
	"unicode"
)

// OneLine returns text as one line: white space, line breaks among it, becomes
// single spaces, and every other character that is not printable becomes "?".
// Such characters in a file name or in a peer's answer could otherwise control
// the user's terminal, or change the direction of writing.
func OneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !strconv.IsPrint(r):
			return '?'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	return strings.Join(strings.Fields(text), " ")
}
