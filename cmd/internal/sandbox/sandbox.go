// Package sandbox lets a program give up what it doesn't need before it reads
// the first byte of input: files, sockets, other programs and processes.
//
// On Linux (amd64 and arm64) two parts of the kernel do it, for all threads:
//
//   - seccomp: only the system calls that computing and input and output on
//     files already open take; any other fails, as does mapping memory for
//     execution and signalling other processes;
//   - Landlock: no file and no TCP port, but to write below one directory. Where
//     there is none and seccomp holds, it has nothing left to close.
//
// On other systems nothing is closed.
package sandbox

// Options say what stays open. The zero value leaves what is open already.
type Options struct {
	// Dir is the directory in which, and below which, files can still be
	// created, opened for writing, renamed, removed and truncated; "" for none.
	// Nothing in it can be read: a file is opened with O_WRONLY. It is looked
	// up once, by Enter.
	Dir string
}

// Held says what the kernel holds the process to.
type Held struct {
	// Seccomp: no socket, no program or process started, none other
	// signalled or traced, no memory made executable, and, without a Dir, no
	// file opened, changed or looked up by its name. With a Dir none is
	// opened for reading, none removed or renamed but as Landlock allows.
	Seccomp bool
	// Landlock is the version of its ABI in force: from 1 on Dir alone is
	// open to files, from 4 on TCP is closed; 0 if it isn't in force.
	Landlock int
}

// Enter closes what o doesn't keep, for good and for all threads. What is open
// already (files, pipes, sockets) can be read and written as before.
//
// It is best effort: a part that the kernel lacks, or that what runs the process
// (a container, a service manager) forbids, is no error but missing in Held. An
// error says that Dir can't be opened, or that the kernel failed; part of the
// sandbox may be in force then. A process enters once.
//
// What the program would open later has to be open before: time.Local, for
// one, is UTC if it is first used after Enter.
//
// A system call that is closed fails with EPERM or EACCES; one that is newer than
// Linux 5.1 fails with ENOSYS, so that its caller does what it does on an older
// kernel. No signal is sent.
func Enter(o Options) (Held, error) { return enter(o) }
