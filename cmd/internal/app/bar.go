package app

import "strings"

// Bar returns a bar for a terminal, with a text behind it: "[####    ] 12 of 24". It fills
// all columns but the last, since a cursor behind that would begin a line. Bar returns "" if
// there is no room, or nothing to do.
func Bar(width int, done, total uint64, text string) string {
	room := width - len("[] ") - len(text) - 1
	if room < 1 || total == 0 {
		return ""
	}
	filled := int(uint64(room) * done / total)
	return "[" + strings.Repeat("#", filled) + strings.Repeat(" ", room-filled) + "] " + text
}
