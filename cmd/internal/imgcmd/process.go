package imgcmd

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"imgpipe/cmd/internal/batch"
	"imgpipe/netpipe/stdio"
	"imgpipe/netpipe/worker"
)

// A process is a batch.Filter: this program as a worker (package worker), which is
// started for the first file. After a failure the worker is ended, and another one is
// started for the next file, so that no file suffers from the one before.
type process struct {
	program string
	args    []string
	shares  bool           // a worker of another round may have more memory
	worker  *runningWorker // nil if none is running
}

// Filter has the worker filter an image. The error of an image that takes more memory
// than the worker may have is a *batch.AgainError, if a worker of another round may have more.
func (p *process) Filter(out io.Writer, in io.Reader, warn func(string)) (err error) {
	if p.worker == nil {
		if p.worker, err = startWorker(p.args); err != nil {
			return err
		}
	}
	report, err := p.worker.exchange(out, in)
	if err != nil {
		p.worker = nil
		return err
	}
	for line := range strings.Lines(p.worker.stderr.take()) {
		warn(p.withoutName(strings.TrimSpace(line)))
	}
	if report == "" {
		return nil
	}
	p.Close()
	err = errors.New(strings.TrimPrefix(p.withoutName(report), "input: ")) // the caller names the file
	if p.shares && strings.HasSuffix(report, "("+memoryHint+")") {
		return &batch.AgainError{Err: err}
	}
	return err
}

// withoutName returns a line that the worker would print without its name.
func (p *process) withoutName(line string) string { return strings.TrimPrefix(line, p.program+": ") }

// Close ends the worker.
func (p *process) Close() {
	if p.worker != nil {
		p.worker.stdin.Close()
		p.worker.wait()
		p.worker = nil
	}
}

// A runningWorker is a process and our ends of its pipes.
type runningWorker struct {
	cmd    *exec.Cmd
	stdin  *os.File
	stdout *os.File
	answer *bufio.Reader // of stdout
	stderr *stderr
}

// pipeSize is what a pipe to or from a worker should hold, in bytes: most pictures fit, so
// that no process waits in mid-picture.
const pipeSize = 512 << 10

// startWorker starts this program with other arguments and greets it.
func startWorker(args []string) (*runningWorker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var ours, theirs [3]*os.File
	for i := range ours {
		if ours[i], theirs[i], err = os.Pipe(); err != nil {
			closeAll(ours[:i], theirs[:i])
			return nil, err
		}
	}
	ours[0], theirs[0] = theirs[0], ours[0] // the worker reads the first one
	cmd := &exec.Cmd{Path: self, Args: append([]string{os.Args[0]}, args...), Stdin: theirs[0], Stdout: theirs[1], Stderr: theirs[2]}
	err = cmd.Start()
	closeAll(theirs[:])
	if err != nil {
		closeAll(ours[:])
		return nil, err
	}
	w := &runningWorker{cmd: cmd, stdin: ours[0], stdout: ours[1], answer: bufio.NewReader(ours[1])}
	w.stderr = readStderr(ours[2])
	stdio.GrowPipe(w.stdin, pipeSize)
	stdio.GrowPipe(w.stdout, pipeSize)
	if _, err = w.stdin.Write(worker.AppendGreeting(nil, false)); err == nil {
		_, err = worker.CheckAnswer(w.answer)
	}
	if err != nil {
		return nil, w.bury(err)
	}
	w.stderr.take() // a warning about the sandbox, which this process has printed too
	return w, nil
}

func closeAll(lists ...[]*os.File) {
	for _, files := range lists {
		for _, f := range files {
			f.Close()
		}
	}
}

// A readError is an error of the source.
type readError struct{ error }

func (e *readError) Unwrap() error { return e.error }

// requestID is the id of every request: a worker has one at a time.
const requestID = 1

// exchange sends in as a request and writes the answer to out. It returns what the worker
// reports of a failure. After an error the worker is gone.
func (w *runningWorker) exchange(out io.Writer, in io.Reader) (report string, err error) {
	sent := make(chan error, 1)
	go func() {
		err := w.send(in)
		if errors.As(err, new(*readError)) {
			_ = w.cmd.Process.Kill() // it waits for the rest
		}
		sent <- err
	}()
	report, err = w.receive(out)
	if err != nil {
		_ = w.cmd.Process.Kill() // so that the rest of the input need not be sent
	}
	if unread := new(readError); errors.As(<-sent, &unread) {
		err = unread.error
	}
	if err != nil {
		return "", w.bury(err)
	}
	return report, nil
}

// send sends the records of a request. An error of in is a *readError.
func (w *runningWorker) send(in io.Reader) error {
	if _, err := w.stdin.Write(worker.AppendBegin(nil, requestID)); err != nil {
		return err
	}
	record := make([]byte, 64<<10)
	for {
		n, err := in.Read(record[worker.HeaderSize:])
		if n > 0 {
			worker.Header{Type: worker.Stdin, ID: requestID, Length: n}.Append(record[:0])
			if _, err := w.stdin.Write(record[:worker.HeaderSize+n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			_, err := w.stdin.Write(worker.Header{Type: worker.Stdin, ID: requestID}.Append(nil))
			return err
		case err != nil:
			return &readError{err}
		}
	}
}

// receive writes the answer to out. The report of a failure is not empty.
func (w *runningWorker) receive(out io.Writer) (report string, err error) {
	var words []byte
	answer := worker.AnswerReader{In: w.answer, ID: requestID, Stderr: func(text []byte) {
		words = append(words, text[:min(len(text), maxStderr-len(words))]...)
	}}
	if _, err := io.Copy(out, &answer); err != nil {
		return "", err
	}
	if answer.Status() == 0 {
		return "", nil
	}
	return cmp.Or(string(words), "it failed without a word"), nil
}

// bury ends the worker after an error. If the worker has ended by itself, the returned
// error says how.
func (w *runningWorker) bury(err error) error {
	_ = w.cmd.Process.Kill()
	w.wait()
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	words, _, _ := strings.Cut(strings.TrimSpace(w.stderr.take()), "\n")
	if words == "" {
		return fmt.Errorf("its process ended: %v", w.cmd.ProcessState)
	}
	return fmt.Errorf("its process ended: %v: %s", w.cmd.ProcessState, words)
}

// wait waits for the end of the process.
func (w *runningWorker) wait() {
	<-w.stderr.ended
	_ = w.cmd.Wait()
	closeAll([]*os.File{w.stdin, w.stdout, w.stderr.file})
}
