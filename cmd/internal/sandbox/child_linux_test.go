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

// The test binary is also the child program. With these environment variables it enters
// a sandbox and makes the attempts, or ends in the way that the mode names.
const (
	envMode    = "SANDBOX_MODE"
	envTestDir = "SANDBOX_TEST_DIR" // made by makeFiles
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

// runTests runs the tests with a temporary directory for the child program.
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

// childMain is the child program. In modes with attempts it prints what is held on its
// first line. Then it waits for the first byte of stdin, makes all attempts, and prints a
// line with the outcome of each.
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
			panic("on purpose")
		case "terminated":
			if err := unix.Kill(os.Getpid(), unix.SIGTERM); err != nil {
				return err
			}
			<-time.After(time.Minute) // select{} could be reported as a deadlock before the signal comes
			return errors.New("outlived SIGTERM")
		case "broken pipe":
			_, err := os.Stdout.WriteString("to a closed pipe")
			return err
		}
		return nil
	}
	c, err := newChild(os.Getenv(envTestDir))
	if err != nil {
		return err
	}
	var held Held
	switch mode {
	case "no sandbox":
	case "without Move":
		held, err = Enter(Options{})
	case "with Move":
		held, err = Enter(Options{Move: &c.move})
	case "with Move, no seccomp":
		if err := forbid(unix.SYS_SECCOMP); err != nil {
			return err
		}
		held, err = Enter(Options{Move: &c.move})
	case "no directory":
		_, err = Enter(Options{Move: &Move{Dir: c.path("missing"), From: "a", To: "b"}})
		return err
	case "rename", "remove":
		return c.carryOut(mode)
	default:
		return fmt.Errorf("unknown mode %q", mode)
	}
	if err != nil {
		return err
	}
	fmt.Println(held)
	if _, err := os.Stdin.Read(c.first[:]); err != nil {
		return err
	}
	for _, a := range attempts {
		fmt.Printf("%s\t%s\n", a.name, outcome(a.try(c)))
	}
	return nil
}

// carryOut enters the sandbox, writes the rest of the file that was open before, and
// renames or removes it.
func (c *child) carryOut(mode string) error {
	f, err := os.OpenFile(c.path("dir", "mover"), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	if _, err := Enter(Options{Move: &c.move}); err != nil {
		return err
	}
	if _, err := f.WriteString(", whole"); err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if mode == "rename" {
		return c.move.Rename()
	}
	return c.move.Remove()
}

// outcome returns "ok", the name of an errno, or the text of err.
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

// A child holds what a child program opened before it entered the sandbox.
type child struct {
	testDir    string
	move       Move
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

func newChild(testDir string) (c *child, err error) {
	c = &child{testDir: testDir}
	c.move = Move{Dir: c.path("dir"), From: "mover", To: "old"}
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
		work <- func() {} // wait until the goroutine has its thread
	}
	return c, nil
}

// path returns the name of a file in the test directory.
func (c *child) path(elem ...string) string {
	return filepath.Join(append([]string{c.testDir}, elem...)...)
}

// onOldThreads calls try on each thread that existed before the sandbox.
func (c *child) onOldThreads(try func() error) error {
	errs := make([]error, len(c.oldThreads))
	for i, work := range c.oldThreads {
		done := make(chan struct{})
		work <- func() { errs[i] = try(); close(done) }
		<-done
	}
	return sameOutcome(errs)
}

// onNewThreads calls try on so many threads at the same time that some of them are
// created in the sandbox.
func (c *child) onNewThreads(try func() error) error {
	errs := make([]error, 32)
	ready := make(chan struct{}, len(errs))
	begin := make(chan struct{})
	for i := range errs {
		go func() {
			runtime.LockOSThread()
			ready <- struct{}{}
			<-begin
			errs[i] = try()
			ready <- struct{}{}
		}()
	}
	for range errs {
		<-ready
	}
	close(begin)
	for range errs {
		<-ready
	}
	return sameOutcome(errs)
}

// sameOutcome returns the first error if all outcomes are the same, else an error that
// says so.
func sameOutcome(errs []error) error {
	for _, err := range errs {
		if outcome(err) != outcome(errs[0]) {
			return fmt.Errorf("%s on one thread, %s on another", outcome(errs[0]), outcome(err))
		}
	}
	return errs[0]
}

// open opens and closes a file.
func open(path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	return unix.Close(fd)
}

// socket creates and closes a socket.
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

// forbid makes a system call fail with ENOSYS, as on a kernel without it.
func forbid(nr uint32) error {
	var b program
	allow := b.ret(unix.SECCOMP_RET_ALLOW)
	missing := b.ret(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))
	b.jump(unix.BPF_JEQ, nr, missing, allow)
	b.load(dataNr)
	slices.Reverse(b)
	return installFilter(b)
}

// mapExecutable maps a page of executable memory.
func mapExecutable() error {
	p, err := unix.Mmap(-1, 0, os.Getpagesize(), unix.PROT_READ|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return err
	}
	return unix.Munmap(p)
}

// makeExecutable maps a page of memory and then makes it executable.
func makeExecutable() error {
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
	here := uintptr(unsafe.Pointer(&envMarker[0])) // the parent is the same program, so the address is the same
	_, err := unix.ProcessVMReadv(os.Getppid(), []unix.Iovec{local}, []unix.RemoteIovec{{Base: here, Len: 1}}, 0)
	return err
}

var envMarker = [...]byte{1}
