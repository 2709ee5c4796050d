package proctree_test

import (
	"bufio"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"imgpipe/scripts/bench/proctree"
)

// TestTree measures a shell with two children: the first used CPU time and was waited
// for, the second holds memory.
func TestTree(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	cmd := exec.Command("sh", "-c", `sh -c 'i=0; while [ $i -lt 400000 ]; do i=$((i+1)); done'
		(x=$(head -c 20000000 /dev/zero | tr '\0' x); echo ready; read y; echo ${#x})
		:`)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		stdin.Close()
		_ = cmd.Wait()
		if used := proctree.Ended(cmd.ProcessState); used.CPU() == 0 || used.Faults < 1000 || used.Switches == 0 {
			t.Errorf("at its end: got %+v, want time, switches, and the faults of a process with 20 MB", used)
		}
	}()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q and error %v, want ready", line, err)
	}

	used, err := proctree.Used(cmd.Process.Pid)
	if err != nil || used.CPU() == 0 || used.Faults < 1000 || used.Switches == 0 {
		t.Errorf("got %+v and error %v, want time, switches, and the faults of a process with 20 MB", used, err)
	}
	memory, err := proctree.Memory(cmd.Process.Pid)
	if err != nil || memory < 20_000_000 {
		t.Errorf("got %d bytes and error %v, want at least 20 MB", memory, err)
	}
	if own, err := proctree.Used(os.Getpid()); err != nil || own.CPU() < used.CPU() || own.Faults < used.Faults {
		t.Errorf("got %+v and error %v for the test's own tree, want at least the shell's %+v", own, err, used)
	}
	if none, err := proctree.Used(1 << 30); err != nil || none.CPU() != 0 || none.Faults != 0 {
		t.Errorf("got %+v and error %v for a missing process, want no time and no faults", none, err)
	}
}

func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		if _, err := proctree.Memory(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
