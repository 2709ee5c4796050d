// Package proctree measures the CPU time and memory of processes and all their
// descendants. It reads Linux's /proc (proc(5)).
package proctree

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of times in /proc: 1/USER_HZ, and USER_HZ is 100 on all architectures
// of Go.
const tick = time.Second / 100

// CPU returns the user and system time that the processes roots and their descendants
// have used so far. It includes children that have ended and were waited for.
func CPU(roots ...int) (time.Duration, error) {
	var sum time.Duration
	_, err := each(roots, func(_ int, stat []string) {
		for _, field := range stat[11:15] { // utime stime cutime cstime
			n, _ := strconv.ParseInt(field, 10, 64)
			sum += time.Duration(n) * tick
		}
	})
	return sum, err
}

// Memory returns the bytes of memory that the processes roots and their descendants use
// now. A shared page counts in equal parts for the processes that share it (PSS).
func Memory(roots ...int) (sum int64, err error) {
	pids, err := each(roots, func(int, []string) {})
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			continue // the process has ended
		}
		if _, rest, ok := bytes.Cut(text, []byte("\nPss:")); ok {
			kib, _ := strconv.ParseInt(string(bytes.Fields(rest)[0]), 10, 64)
			sum += kib << 10
		}
	}
	return sum, err
}

// each calls f for every process of the trees, with the fields of /proc/PID/stat from
// the third field (the state) on. It returns the processes' ids.
func each(roots []int, f func(pid int, stat []string)) (pids []int, err error) {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(all) == 0 {
		return nil, fmt.Errorf("no processes in /proc (%v)", err)
	}
	stats, children := map[int][]string{}, map[int][]int{}
	for _, name := range all {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // the process has ended
		}
		pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
		stat := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		parent, _ := strconv.Atoi(stat[1])
		stats[pid] = stat
		children[parent] = append(children[parent], pid)
	}
	for todo := roots; len(todo) > 0; todo = todo[1:] {
		if stat, ok := stats[todo[0]]; ok {
			pids = append(pids, todo[0])
			f(todo[0], stat)
			todo = append(todo, children[todo[0]]...)
		}
	}
	return pids, nil
}
