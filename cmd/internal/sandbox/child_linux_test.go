//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The test binary is its own child: with these in its environment it enters a
// sandbox and makes the attempts of the table, or ends as it is told.
const (
	envMode = "SANDBOX_MODE"
	envRoom = "SANDBOX_ROOM" // the directory that newRoom made
)

func TestMain(m *testing.M) {
	mode := os.Getenv(envMode)
	if mode == "" {
		os.Exit(runTests(m))
	}
	if err := childMain(mode); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runTests runs the tests with a directory for the child's binary.
func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "sandbox-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binaryDir = dir
	return m.Run()
}

// childMain is a child. But for those that only end, it says what holds on its
// first line, waits until stdin begins, and then says on a line for each attempt
// what came of it.
func childMain(mode string) error {
	switch mode {
	case "idle":
		return nil
	case "exit", "panic", "terminated", "broken pipe":
		if _, err := Enter(Options{}); err != nil {
			return err
		}
		switch mode {
		case "panic":
			panic("as it should")
		case "terminated":
			if err := unix.Kill(os.Getpid(), unix.SIGTERM); err != nil {
				return err
			}
			<-time.After(time.Minute) // not select{}, which Go may call a deadlock before the signal comes
			return errors.New("outlived SIGTERM")
		case "broken pipe":
			_, err := os.Stdout.WriteString("nobody reads this")
			return err
		}
		return nil
	}
	c, err := newChild(os.Getenv(envRoom))
	if err != nil {
		return err
	}
	var held Held
	switch mode {
	case "bare":
	case "nothing kept":
		held, err = Enter(Options{})
	case "Dir kept":
		held, err = Enter(Options{Dir: c.path("dir")})
	case "Dir kept, no seccomp":
		if err := forbid(unix.SYS_SECCOMP); err != nil {
			return err
		}
		held, err = Enter(Options{Dir: c.path("dir")})
	case "Dir kept, no Landlock":
		if err := forbid(unix.SYS_LANDLOCK_CREATE_RULESET); err != nil {
			return err
		}
		held, err = Enter(Options{Dir: c.path("dir")})
	case "no directory":
		_, err = Enter(Options{Dir: c.path("missing")})
		return err
	default:
		return fmt.Errorf("no such mode: %q", mode)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%t %d\n", held.Seccomp, held.Landlock)
	if _, err := os.Stdin.Read(c.first[:]); err != nil {
		return err
	}
	for _, a := range attempts {
		fmt.Printf("%s\t%s\n", a.name, outcome(a.try(c)))
	}
	return nil
}

// outcome is "ok", the name of an errno, or err's text.
func outcome(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &errno) && unix.ErrnoName(errno) != "":
		return unix.ErrnoName(errno)
	}
	return err.Error()
}

// A child is what the attempts use of what was there before the sandbox.
type child struct {
	room       string
	first      [1]byte // of stdin
	null       int     // /dev/null
	reading    int     // a file, open for reading
	tcp        int     // a TCP socket, not connected
	listener   unix.SockaddrInet4
	udp        int
	pair       [2]int // of unix sockets
	handle     unix.FileHandle
	handleErr  error
	oldThreads []chan func()
}

func newChild(room string) (c *child, err error) {
	c = &child{room: room}
	if c.null, err = unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return nil, err
	}
	if c.reading, err = unix.Open(c.path("victim"), unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
		return nil, err
	}
	listener, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	c.listener.Addr = netip.MustParseAddr("127.0.0.1").As4()
	if err := unix.Bind(listener, &c.listener); err != nil {
		return nil, err
	}
	if err := unix.Listen(listener, 8); err != nil {
		return nil, err
	}
	name, err := unix.Getsockname(listener)
	if err != nil {
		return nil, err
	}
	c.listener = *name.(*unix.SockaddrInet4)
	if c.tcp, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0); err != nil {
		return nil, err
	}
	if c.udp, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0); err != nil {
		return nil, err
	}
	if c.pair, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		return nil, err
	}
	c.handle, _, c.handleErr = unix.NameToHandleAt(unix.AT_FDCWD, c.path("secret"), 0)
	for range 8 {
		work := make(chan func())
		c.oldThreads = append(c.oldThreads, work)
		go func() {
			runtime.LockOSThread()
			for f := range work {
				f()
			}
		}()
		work <- func() {} // it has its thread
	}
	return c, nil
}

func (c *child) path(elem ...string) string {
	return filepath.Join(append([]string{c.room}, elem...)...)
}

// onOldThreads tries on each thread that is older than the sandbox.
func (c *child) onOldThreads(try func() error) error {
	errs := make([]error, len(c.oldThreads))
	for i, work := range c.oldThreads {
		done := make(chan struct{})
		work <- func() { errs[i] = try(); close(done) }
		<-done
	}
	return alike(errs)
}

// onNewThreads tries on as many threads at once, so that some begin in the sandbox.
func (c *child) onNewThreads(try func() error) error {
	errs := make([]error, 32)
	all := make(chan struct{}, len(errs))
	begin := make(chan struct{})
	for i := range errs {
		go func() {
			runtime.LockOSThread()
			all <- struct{}{}
			<-begin
			errs[i] = try()
			all <- struct{}{}
		}()
	}
	for range errs {
		<-all
	}
	close(begin)
	for range errs {
		<-all
	}
	return alike(errs)
}

// alike is the one error that all errs are, or one that says that they differ.
func alike(errs []error) error {
	for _, err := range errs {
		if outcome(err) != outcome(errs[0]) {
			return fmt.Errorf("%s on one thread, %s on another", outcome(errs[0]), outcome(err))
		}
	}
	return errs[0]
}

// open opens a file, and closes it.
func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// socket makes a socket, and closes it.
func socket(family, kind, protocol int) error {
	fd, err := unix.Socket(family, kind, protocol)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// call makes a system call by its number.
func call(nr uintptr, args ...uintptr) error {
	var a [6]uintptr
	copy(a[:], args)
	_, _, errno := unix.Syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5])
	return errOf(errno)
}

// forbid makes system calls fail as on a kernel that lacks them.
func forbid(nr uint32) error {
	var b program
	allow := b.ret(unix.SECCOMP_RET_ALLOW)
	missing := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))
	b.jump(unix.BPF_JEQ, nr, missing, allow)
	b.load(dataNr)
	slices.Reverse(b)
	return installFilter(b)
}

// executable asks for a page of memory that can be executed.
func executable() error {
	p, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	return unix.Munmap(p)
}

// madeExecutable asks it for a page that was made without.
func madeExecutable() error {
	p, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	defer unix.Munmap(p)
	return unix.Mprotect(p, unix.PROT_READ|unix.PROT_EXEC)
}

// readParent reads a byte of the parent's memory.
func readParent() error {
	var b [1]byte
	local := unix.Iovec{Base: &b[0], Len: 1}
	here := uintptr(unsafe.Pointer(&envMarker[0])) // at the same place there, if it's the same binary
	_, err := unix.ProcessVMReadv(os.Getppid(), []unix.Iovec{local}, []unix.RemoteIovec{{Base: here, Len: 1}}, 0)
	return err
}

var envMarker = [...]byte{1}
