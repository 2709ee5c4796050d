// Package batch filters many files and puts the results into a directory: what
// imggray, imgscale and netpipe -connect do with -o DIR FILE|DIR...
//
// Folders are walked, and the places of files in a folder are kept below the directory.
// Before anything is written, each file gets the name of its result; two files of one
// name are an error. Each result is written whole or not at all.
//
// The package reads no more of a picture than its first bytes, which tell its format.
package batch

import (
	"io"
	"time"

	"imgpipe/cmd/internal/app"
	"imgpipe/filters/codec"
)

// A Batch says how files are filtered.
type Batch struct {
	Command string // how the program is called for one file, for messages: "netpipe -connect :8888"
	Filter  string // what stands before the files, for messages: "FILTER --"; mostly empty
	Program string // its name, for messages
	Dir     string // where the results go; it is made if there is none
	Prefix  string // of the names of the results

	Format    codec.Format // of all results; empty: each has the format of its source
	AnyFormat bool         // a result may come in another format than that

	Resume    bool // skip files whose result is there and not older than they are
	KeepTimes bool // give a result the time of modification of its source
	NoRecurse bool // leave out the folders in a folder
	NUL       bool // names on stdin end with NUL, not with a line feed

	Stdin io.Reader // of the operand -; nil: os.Stdin

	// Rounds are carried out one after the other. A file that fails with an *AgainError
	// is tried again in the next round.
	Rounds []Round
}

// A Round says how files are filtered that have not been done before.
type Round struct {
	Pause time.Duration // before the round
	Jobs  int           // files at once; fewer if the limit of open files is low
	Files int           // descriptors that each filter needs; 0: 3, such as pipes to a process

	// NewFilter returns the filter of a job, which filters one file after another.
	NewFilter func() Filter
}

// A Filter filters one file after another.
type Filter interface {
	// Filter reads in to its end and writes the result to out. It calls warn with lines
	// about what is wrong with a file that is filtered nevertheless.
	Filter(out io.Writer, in io.Reader, warn func(line string)) error
	// Close is called when there is no other file.
	Close()
}

// An AgainError says that a file may succeed in another round.
type AgainError struct {
	Err   error
	After time.Duration // how long the job should wait before its next file
}

func (e *AgainError) Error() string { return e.Err.Error() }

func (e *AgainError) Unwrap() error { return e.Err }

// maxAfter limits AgainError.After.
const maxAfter = 30 * time.Second

// Flags returns the options of b that all programs have.
func (b *Batch) Flags() []*app.Flag {
	return []*app.Flag{
		app.Switch("resume", &b.Resume, "with -o DIR: skip files whose result is in DIR and not older than the file"),
		app.Switch("keep-times", &b.KeepTimes, "with -o DIR: give each result the time of its file"),
		app.Switch("no-recurse", &b.NoRecurse, "with -o DIR: leave out the folders in a folder"),
		app.Switch("0", &b.NUL, "with -o DIR: the names that - reads from stdin end with a NUL byte (find -print0), not with the line"),
	}
}

// Names returns the names of the options that Flags returns.
func (b *Batch) Names() (names []string) {
	for _, f := range b.Flags() {
		names = append(names, f.Name)
	}
	return names
}

// Run filters the files and folders that the operands name; the operand - is the list of
// names on stdin. The error is a usage error if nothing can be done as the operands say;
// nothing has been written then. Otherwise it is a *multierror.Error with an error for
// each file that failed, and at last a summary. If no file failed, Run prints the
// summary to stderr.
func (b *Batch) Run(operands []string) error {
	p, err := b.newPlan(operands)
	if err != nil {
		return err
	}
	dir, err := app.OpenDirectory(b.Dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	r := &run{Batch: b, plan: p, dir: dir, progress: newProgress(b.Program, len(p.sources))}
	r.filterAll()
	r.progress.end()
	return r.verdict()
}
