// Package sandbox restricts the process to computation and to input and output on open
// files. A program calls [Enter] before it reads untrusted input.
//
// On Linux (amd64 and arm64) two mechanisms of the kernel restrict all threads:
//
//   - seccomp (seccomp(2)) allows only the system calls for computation and for input
//     and output on open files. All other system calls fail, and so do making memory
//     executable and signalling other processes.
//   - Landlock (landlock(7)) forbids access to files, except writing below one
//     directory, and to TCP ports. Without such a directory, and if seccomp is in force,
//     Landlock is not used: it would forbid nothing more.
//
// On other systems Enter does nothing.
package sandbox

// Options say what stays allowed. With the zero value only open files can be used.
type Options struct {
	// Dir is a directory in which, and below which, files can still be created, opened
	// for writing (O_WRONLY), renamed, removed and truncated, but not opened for
	// reading. It is "" for none. Enter opens Dir; later renames of it do not matter.
	Dir string
}

// Held says which restrictions are in force.
type Held struct {
	// Seccomp says whether the seccomp filter is in force. If so, the process cannot
	// create sockets, start programs or processes, signal or trace other processes, or
	// make memory executable. Without a Dir it cannot open, change or look up files by
	// name. With a Dir it cannot open files for reading; it can write, remove and rename
	// files where Landlock allows that, or everywhere if Landlock is not in force.
	Seccomp bool
	// Landlock is the version of the Landlock ABI in force, or 0 if Landlock is not in
	// force. From version 1 on no file is accessible, except for writing below Dir. From
	// version 4 on TCP sockets can be neither bound nor connected.
	Landlock int
}

// Enter restricts all threads of the process to what o allows, until the process ends.
// Files, pipes and sockets that are open can be read and written as before. A process
// calls Enter once.
//
// Enter does what the kernel can do. If the kernel lacks a mechanism, or if the
// environment of the process (a container, a service manager) forbids it, Enter returns
// no error, but Held says what is missing. It returns an error if Dir cannot be opened
// or if the kernel fails. Some restrictions may be in force then.
//
// The program must open what it needs before it calls Enter. For example, time.Local is
// UTC if it is first used after Enter.
//
// A forbidden system call fails with EPERM or EACCES. A system call that Linux
// 5.1 or a later version introduced fails with ENOSYS, so that its caller falls back to
// an older call. The kernel sends no signal.
func Enter(o Options) (Held, error) { return enter(o) }
