package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"imgpipe/scripts/bench/proctree"
)

// countEmptyJobs adds n empty objects, has a filter that does nothing filter them, and writes
// how the cost of a job changes with the length of the queue.
func countEmptyJobs(tmp string, n int) error {
	in, dir := filepath.Join(tmp, "empty"), filepath.Join(tmp, "nats-empty")
	for i := range n {
		folder := filepath.Join(in, fmt.Sprintf("%04d", i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%03d", i%1000)), nil, 0o666); err != nil {
			return err
		}
	}
	nats, err := startNATS(dir)
	if err != nil {
		return err
	}
	defer nats.stop()
	queue := fmt.Sprintf("nats://%s/empty", nats.addr)
	fmt.Printf("%d empty jobs:\n\n| | |\n|---|--:|\n", n)

	m, err := measure("netqueue", "add", "-queue", queue, "-in", in, "-out", filepath.Join(tmp, "empty-out"))
	if err != nil {
		return err
	}
	fmt.Printf("| `netqueue add` | %.0f jobs/s |\n", float64(n)/m.wall.Seconds())
	if err := describeServer(nats, dir, "full", n); err != nil {
		return err
	}
	if err := timeStatus(queue, "full"); err != nil {
		return err
	}
	m, err = work(nats, n, "-queue", queue, "-allow-empty", "-reuse", "1000000", os.Args[0], "nothing")
	if err != nil {
		return err
	}
	tenth := n / 10
	first, last := m.ended[tenth].Sub(m.ended[0]), m.ended[n-1].Sub(m.ended[n-1-tenth])
	fmt.Printf("| `netqueue work`, %d cores | %.0f jobs/s |\n", runtime.NumCPU(), float64(n)/m.wall.Seconds())
	fmt.Printf("| the first tenth of the jobs, the last tenth | %.2f ms, %.2f ms a job |\n",
		first.Seconds()*1e3/float64(tenth), last.Seconds()*1e3/float64(tenth))
	fmt.Printf("| processor time of a job, with the server's | %.2f ms |\n", m.cpu.Seconds()*1e3/float64(n))
	fmt.Printf("| messages of a job, to the server and from it | %.1f |\n", float64(m.messages)/float64(n))
	if err := describeServer(nats, dir, "empty again", n); err != nil {
		return err
	}
	return timeStatus(queue, "empty again")
}

// describeServer writes the server's memory and the size of its files.
func describeServer(s *natsServer, dir, when string, n int) error {
	memory, err := proctree.Memory(s.process.Process.Pid)
	if err != nil {
		return err
	}
	var disk int64
	if err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			disk += info.Size()
		}
		return nil
	}); err != nil {
		return err
	}
	fmt.Printf("| memory of the server, and its files, while the queue is %s | %d MB, %d MB (%d bytes a job) |\n", when, memory>>20, disk>>20, disk/int64(n))
	return nil
}

// timeStatus writes how long netqueue status takes, the least of five times.
func timeStatus(queue, when string) error {
	least := time.Duration(1 << 62)
	for range 5 {
		m, err := measure("netqueue", "status", "-queue", queue)
		if err != nil {
			return err
		}
		least = min(least, m.wall)
	}
	fmt.Printf("| `netqueue status` while the queue is %s | %d ms |\n", when, least.Milliseconds())
	return nil
}
