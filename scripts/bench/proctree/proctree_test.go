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
	}()
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "ready\n" {
		t.Fatalf("got %q and error %v, want ready", line, err)
	}

	cpu, err := proctree.CPU(cmd.Process.Pid)
	if err != nil || cpu == 0 {
		t.Errorf("got CPU time %v and error %v, want more than 0", cpu, err)
	}
	memory, err := proctree.Memory(cmd.Process.Pid)
	if err != nil || memory < 20_000_000 {
		t.Errorf("got %d bytes and error %v, want at least 20 MB", memory, err)
	}
	if own, err := proctree.CPU(os.Getpid()); err != nil || own < cpu {
		t.Errorf("got CPU time %v and error %v for the test's own tree, want at least the shell's %v", own, err, cpu)
	}
	if none, err := proctree.CPU(1 << 30); err != nil || none != 0 {
		t.Errorf("got CPU time %v and error %v for a missing process, want 0", none, err)
	}
}

func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		if _, err := proctree.Memory(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
