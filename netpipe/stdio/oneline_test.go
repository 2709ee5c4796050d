package stdio

import "testing"

func TestOneLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"line breaks", "open a\nb.jpg:\r\tno\n", "open a b.jpg: no"},
		{"a terminal's control sequences", "a\x1b[2Jb\u009bc", "a?[2Jb?c"},
		{"the direction of writing", "\u202egpj.exe", "?gpj.exe"},
		{"spaces of Unicode", "café\u00a0\u2028.jpg", "café .jpg"},
		{"bytes that are not UTF-8", "a\xff\xfeb", "a?b"},
		{"nothing", " \n", ""},
	} {
		if got := OneLine(c.text); got != c.want {
			t.Errorf("%s: OneLine(%q) = %q, want %q", c.name, c.text, got, c.want)
		}
	}
}
