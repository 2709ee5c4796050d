package cgroup

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// own returns the directory of this program's cgroup of version 2. The files of the system
// are below root, which is / but in tests.
func own(root string) (string, error) {
	cgroups, err := os.ReadFile(filepath.Join(root, "proc/self/cgroup"))
	if err != nil {
		return "", err
	}
	mounts, err := os.ReadFile(filepath.Join(root, "proc/self/mountinfo"))
	if err != nil {
		return "", err
	}
	for _, line := range strings.Split(string(cgroups), "\n") {
		if at, found := strings.CutPrefix(line, "0::"); found {
			return locate(root, at, string(mounts))
		}
	}
	return "", errNone
}

var errNone = errors.New("no cgroup of version 2")

// locate returns the directory of a cgroup where its hierarchy is mounted. A line of
// mountinfo has the root of the mount within the hierarchy and the mount point as its fourth
// and fifth field, and the type behind a field "-" (proc_pid_mountinfo(5)).
func locate(root, at, mounts string) (string, error) {
	for _, line := range strings.Split(mounts, "\n") {
		before, after, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(before), strings.Fields(after)
		if len(fields) < 5 || len(kind) == 0 || kind[0] != "cgroup2" {
			continue
		}
		if below, found := strings.CutPrefix(path.Clean(at)+"/", strings.TrimSuffix(unescape(fields[3]), "/")+"/"); found {
			return filepath.Join(root, unescape(fields[4]), below), nil
		}
	}
	return "", errNone
}

// unescape returns a field of mountinfo as it is: white space and backslashes are there in
// octal.
func unescape(field string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(field)
}

// number returns the number in a file of a cgroup, 0 if there is none, such as "max".
func number(dir, name string) int64 {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// field returns a number in a file of a cgroup that has a name and a number on each line, 0
// if there is none.
func field(dir, name, key string) int64 {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return 0
	}
	for _, line := range strings.Split(string(text), "\n") {
		if value, found := strings.CutPrefix(line, key+" "); found {
			n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil {
				return 0
			}
			return n
		}
	}
	return 0
}

func microseconds(n int64) time.Duration { return time.Duration(n) * time.Microsecond }
