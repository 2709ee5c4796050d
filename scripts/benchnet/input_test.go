package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"imgpipe/scripts/bench/goimaging"
	"imgpipe/scripts/bench/picture"
)

// TestCheck checks right and wrong first answers.
func TestCheck(t *testing.T) {
	p, err := picture.Describe("../../testdata/rocket.jpg", "")
	if err != nil {
		t.Fatal(err)
	}
	in, err := newInput(p)
	if err != nil {
		t.Fatal(err)
	}
	made := func(work string) []byte {
		var out bytes.Buffer
		if err := goimaging.Do(work, bytes.NewReader(in.data), &out, p.Quality); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	other, err := os.ReadFile("../../testdata/golden/photo420-half.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, work string
		answer     []byte
		want       string // part of the error; "" for no error
	}{
		{"copied", "copy", in.data, ""},
		{"copied, one byte less", "copy", in.data[:len(in.data)-1], "differs from the"},
		{"gray and half", "pipe", made("pipe"), ""},
		{"half", "half", made("half"), ""},
		{"half, but not gray", "pipe", made("half"), "are not gray"},
		{"gray, but colours are wanted", "half", made("pipe"), "no colours"},
		{"gray alone", "pipe", made("gray"), "want (0,0)-(320,214)"},
		{"the picture itself", "half", in.data, "want (0,0)-(320,214)"},
		{"another picture", "half", other, "want (0,0)-(320,214)"},
		{"cut", "pipe", made("pipe")[:500], "unexpected EOF"},
		{"nothing", "pipe", nil, "EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := in.check(test.work, test.answer)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %q", err, test.want)
			}
		})
	}
	slices.Reverse(in.small.Pix)
	if err := in.check("half", made("half")); err == nil {
		t.Error("got no error for a picture upside down, want one")
	}
}
