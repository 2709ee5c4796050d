// Package sandbox restricts the process to computation and to input and output on open
// files. A program calls [Enter] before it reads untrusted input.
//
// On Linux (amd64 and arm64) two mechanisms of the kernel restrict all threads:
//
//   - seccomp (seccomp(2)) allows only the system calls for computation and for input
//     and output on open files. All other system calls fail, and so do making memory
//     executable and signalling other processes.
//   - Landlock (landlock(7)) forbids access to files and to TCP ports. If seccomp is in
//     force, Landlock is not used: it would forbid nothing more, and delay every start
//     by 0.15 ms.
//
// On other systems Enter does nothing.
package sandbox

import "fmt"

// Options say what stays allowed. With the zero value only open files can be used.
type Options struct {
	Move *Move // the one change of files by name; nil: none
}

// Held says which restrictions are in force.
type Held struct {
	// Seccomp says whether the seccomp filter is in force. If so, the process cannot
	// create sockets, start programs or processes, signal or trace other processes, or
	// make memory executable. It cannot open, change or look up files by name, except for
	// the Move.
	Seccomp bool
	// Landlock is the version of the Landlock ABI in force, or 0 if Landlock is not in
	// force. From version 1 on no file is accessible; with a Move files can be renamed
	// and removed in its directory and below. From version 4 on TCP sockets can be
	// neither bound nor connected.
	Landlock int
}

// Enter restricts all threads of the process to what o allows, until the process ends.
// Files, pipes and sockets that are open can be read and written as before. A process
// calls Enter once.
//
// Enter does what the kernel can do. If the kernel lacks a mechanism, or if the
// environment of the process (a container, a service manager) forbids it, Enter returns
// no error, but Held says what is missing. It returns an error if the directory of a Move
// cannot be opened or if the kernel fails. Some restrictions may be in force then.
//
// The program must open what it needs before it calls Enter. For example, time.Local is
// UTC if it is first used after Enter.
//
// A forbidden system call fails with EPERM or EACCES. A system call that Linux
// 5.1 or a later version introduced fails with ENOSYS, so that its caller falls back to
// an older call. The kernel sends no signal.
func Enter(o Options) (Held, error) { return enter(o) }

// Available returns which mechanisms the kernel has, without the use of them.
func Available() Held { return available() }

// String names the mechanisms: "seccomp and Landlock 6", for example, or "none".
func (h Held) String() string {
	landlock := fmt.Sprintf("Landlock %d", h.Landlock)
	switch {
	case h.Seccomp && h.Landlock > 0:
		return "seccomp and " + landlock
	case h.Seccomp:
		return "seccomp"
	case h.Landlock > 0:
		return landlock
	}
	return "none"
}
