package batch

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe/stdio"
)

// A progress prints lines to stderr and, if that is a terminal, keeps a bar below them.
type progress struct {
	program string
	w       io.Writer
	width   int // of the terminal, in columns; 0: no bar
	total   int

	mu   sync.Mutex
	done int
}

// usualWidth is taken for the width of a terminal that does not tell it, in columns.
const usualWidth = 80

// newProgress shows the bar of a program that filters total files.
func newProgress(program string, total int) *progress {
	p := &progress{program: program, w: os.Stderr, total: total}
	if fd := int(os.Stderr.Fd()); term.IsTerminal(fd) {
		if p.width, _, _ = term.GetSize(fd); p.width == 0 {
			p.width = usualWidth
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw()
	return p
}

// increment counts a file that is done with.
func (p *progress) increment() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.draw()
}

// print prints a line above the bar.
func (p *progress) print(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	fmt.Fprintf(p.w, "%s: %s\n", p.program, stdio.OneLine(line))
	p.draw()
}

// end removes the bar.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	p.width = 0
}

// draw draws the bar in place of the one before: [####    ] 12 of 24.
func (p *progress) draw() {
	if bar := app.Bar(p.width, uint64(p.done), uint64(p.total), fmt.Sprintf("%d of %d", p.done, p.total)); bar != "" {
		fmt.Fprint(p.w, "\r"+bar)
	}
}

// erase erases the bar (ECMA-48, erase in line).
func (p *progress) erase() {
	if p.width > 0 {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
