package pngrow

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"testing"
)

// page returns a page of text: 32 different letters with smoothed edges on white.
func page(width, height, unit int) [][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	const w, h = 10, 16
	var letters [32][w * h]byte
	for i := range letters {
		for j := range letters[i] {
			letters[i][j] = [...]byte{0, 0, 255, 255, byte(r.IntN(256))}[r.IntN(5)]
		}
	}
	rows := make([][]byte, height)
	for y := range rows {
		rows[y] = bytes.Repeat([]byte{0xff}, width*unit)
	}
	for y := 8; y+h < height; y += 2 * h {
		for x := 8; x+w < width; x += w + 2 {
			letter := letters[r.IntN(len(letters))]
			for j, v := range letter {
				at := (x + j%w) * unit
				copy(rows[y+j/w][at:at+unit], bytes.Repeat([]byte{v}, unit))
			}
		}
	}
	return rows
}

// slope returns a gradient: each sample is a little larger than the one before.
func slope(width, height, unit int) [][]byte {
	rows := make([][]byte, height)
	for y := range rows {
		rows[y] = make([]byte, width*unit)
		for i := range rows[y] {
			rows[y][i] = byte((i/unit*3 + y*2) / 4)
		}
	}
	return rows
}

func TestBetterUnfiltered(t *testing.T) {
	const width, height = 400, 300
	r := rand.New(rand.NewPCG(5, 6))
	board := make([][]byte, height)
	for y := range height {
		board[y] = bytes.Repeat(append(bytes.Repeat([]byte{byte(y / 16 % 2)}, 48), bytes.Repeat([]byte{byte(1 - y/16%2)}, 48)...), 3*width/96+1)[:3*width]
	}
	for _, c := range []struct {
		name string
		rows [][]byte
		want bool
	}{
		{"a page of text", page(width, height, 3), true},
		{"a chessboard", board, false},
		{"a slope", slope(width, height, 3), false},
		{"noise", testRows(r, 3*width, height, 256), false},
	} {
		var trial filterTrial
		if got := trial.betterUnfiltered(bytes.Join(c.rows, nil), 3*width, 3); got != c.want {
			t.Errorf("%s: better unfiltered: got %t, want %t", c.name, got, c.want)
		}
	}
}

// TestFilteredAndUnfilteredBlocks writes an image with blocks of both kinds.
func TestFilteredAndUnfilteredBlocks(t *testing.T) {
	const width, height, unit = 700, 500, 3
	rows := append(page(width, height, unit), slope(width, height, unit)...)
	rows = append(append(rows, page(width, height, unit)...), slope(width, 7, unit)...)
	data, err := write(Header{Width: width, Height: len(rows), ColourType: RGB, BitDepth: 8}, rows)
	if err != nil {
		t.Fatal(err)
	}
	got, err := readAll(bytes.NewReader(data), 1<<24)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.rows, rows) {
		t.Error("the rows differ from those written")
	}
}
