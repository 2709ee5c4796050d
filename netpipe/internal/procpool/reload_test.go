package procpool

import (
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A new program that ends at once replaces nothing, nor do those beside it in a chain.
func TestReloadEndsAtOnce(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	for name, script := range map[string]string{
		"refuses its command line": "echo its words >&2; exit 2",
		"fails":                    "echo its words >&2; exit 3",
		"does not wait":            "echo its words >&2",
	} {
		t.Run(name, func(t *testing.T) {
			pipetest.LeavesNothing(t)
			dir := t.TempDir()
			path, begun := filepath.Join(dir, "script"), filepath.Join(dir, "begun")
			install := func(script string) {
				if err := os.WriteFile(path+".new", []byte(script), 0o666); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(path+".new", path); err != nil {
					t.Fatal(err)
				}
			}
			if err := syscall.Mkfifo(begun, 0o666); err != nil {
				t.Fatal(err)
			}
			install("echo >" + begun + "; cat")
			p, err := New(Config{Programs: []Program{{Args: pipetest.Filter("copy")}, {Args: []string{"sh", path}}, {Args: pipetest.Filter("copy")}}, Size: 1, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			if _, err := os.ReadFile(begun); err != nil { // the shell has read the script
				t.Fatal(err)
			}
			before := readyProcesses(p)
			install(script)
			if err := p.reload(pipetest.Patience); err == nil || !strings.Contains(err.Error(), "its words") {
				t.Errorf("want an error with the words of the program, got %v", err)
			}
			if after := readyProcesses(p); !slices.Equal(after, before) {
				t.Errorf("want the processes %v to stay, got %v", before, after)
			}
			proc, err := p.Take(nil)
			if err != nil {
				t.Fatal(err)
			}
			chunk := NewInputChunk()
			defer chunk.Free()
			chunk.N, chunk.Last = copy(chunk.Room(), "x"), true
			if err := proc.Push(&chunk, Unwatched); err != nil {
				t.Error(err)
			}
			if got, err := io.ReadAll(proc); string(got) != "x" || err != nil {
				t.Errorf("want the answer of the old program, got %q and %v", got, err)
			}
			if err := proc.Wait(); err != nil {
				t.Error(err)
			}
			proc.Release()
		})
	}
}

// readyProcesses returns the process of each program that is ready.
func readyProcesses(f *Filter) (pids []int) {
	for _, p := range f.pools {
		p.mu.Lock()
		for _, proc := range p.ready {
			pids = append(pids, proc.pid)
		}
		p.mu.Unlock()
	}
	return pids
}
