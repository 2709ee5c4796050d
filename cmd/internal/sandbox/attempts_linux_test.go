//go:build amd64 || arm64

package sandbox

import (
	"bytes"
	"context"
	crypto "crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// A denial says how an attempt fails: with the name of an errno, by either mechanism, or
// "" if the mechanism permits the attempt. The kernel asks seccomp first.
type denial struct {
	seccomp  string
	landlock string
	since    int // Landlock denies it from this ABI version on; 0 means 1
}

var (
	notDenied = denial{}
	byName    = denial{seccomp: "EPERM", landlock: "EACCES"}
	bySeccomp = denial{seccomp: "EPERM"}
	tooNew    = denial{seccomp: "ENOSYS"} // as on an older kernel
	tcp       = denial{seccomp: "EPERM", landlock: "EACCES", since: 4}
)

// outcome returns the expected outcome of an attempt when held is in force: an errno, or
// "ok". It returns "" if the mechanism that denies the attempt is not in force.
func (d denial) outcome(held Held) string {
	switch {
	case held.Seccomp && d.seccomp != "":
		return d.seccomp
	case d.landlock != "" && held.Landlock >= max(1, d.since):
		return d.landlock
	case d == notDenied:
		return "ok"
	}
	return ""
}

// An attempt is one thing that a child tries, with its expected outcome.
type attempt struct {
	name                  string
	withoutMove, withMove denial // with and without Options.Move
	try                   func(c *child) error
}

// denied returns an attempt that fails in the same way with and without a Move.
func denied(name string, by denial, try func(c *child) error) attempt {
	return attempt{name, by, by, try}
}

// permitted returns an attempt that always succeeds.
func permitted(name string, try func(c *child) error) attempt {
	return attempt{name, notDenied, notDenied, try}
}

var attempts = slices.Concat(files, inDir, pinnedNames, sockets, programs, processes, memory, kernel, work)

var files = []attempt{
	denied("read a file", byName, func(c *child) error { return open(c.path("secret"), unix.O_RDONLY) }),
	denied("read a file, on threads older than the sandbox", byName, func(c *child) error {
		return c.onOldThreads(func() error { return open(c.path("secret"), unix.O_RDONLY) })
	}),
	denied("read a file, on new threads", byName, func(c *child) error {
		return c.onNewThreads(func() error { return open(c.path("secret"), unix.O_RDONLY) })
	}),
	denied("read a directory", byName, func(c *child) error { return open(c.testDir, unix.O_RDONLY|unix.O_DIRECTORY) }),
	denied("read and write /dev/null", byName, func(*child) error { return open("/dev/null", unix.O_RDWR) }),
	denied("write its own memory", byName, func(*child) error { return open("/proc/self/mem", unix.O_RDWR) }),
	denied("write a file", byName, func(c *child) error { return open(c.path("victim"), unix.O_WRONLY) }),
	denied("write a file, on threads older than the sandbox", byName, func(c *child) error {
		return c.onOldThreads(func() error { return open(c.path("victim"), unix.O_WRONLY) })
	}),
	denied("write a file, on new threads", byName, func(c *child) error {
		return c.onNewThreads(func() error { return open(c.path("victim"), unix.O_WRONLY) })
	}),
	denied("write a file that is open for reading", byName, func(c *child) error {
		return open(fmt.Sprintf("/proc/self/fd/%d", c.reading), unix.O_WRONLY)
	}),
	denied("write a file that the parent has open", byName, func(*child) error {
		return open(fmt.Sprintf("/proc/%d/fd/1", os.Getppid()), unix.O_WRONLY|unix.O_NONBLOCK)
	}),
	denied("create a file", byName, func(c *child) error { return open(c.path("new"), unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL) }),
	denied("truncate a file", denial{seccomp: "EPERM", landlock: "EACCES", since: 3}, func(c *child) error { return unix.Truncate(c.path("victim"), 0) }),
	denied("remove a file", byName, func(c *child) error { return unix.Unlink(c.path("removable")) }),
	denied("rename a file", byName, func(c *child) error { return unix.Rename(c.path("renamable"), c.path("renamed")) }),
	denied("make a directory", byName, func(c *child) error { return unix.Mkdir(c.path("made"), 0o700) }),
	denied("make a symbolic link", byName, func(c *child) error { return unix.Symlink("secret", c.path("symlink")) }),
	denied("make a hard link", denial{seccomp: "EPERM", landlock: "EXDEV"}, func(c *child) error { return unix.Link(c.path("secret"), c.path("dir", "secret")) }),
	denied("make a named pipe", byName, func(c *child) error { return unix.Mkfifo(c.path("fifo"), 0o600) }),
	denied("change a file's mode", bySeccomp, func(c *child) error { return unix.Chmod(c.path("victim"), 0o600) }),
	denied("change a file's times", bySeccomp, func(c *child) error { return unix.UtimesNanoAt(unix.AT_FDCWD, c.path("victim"), nil, 0) }),
	denied("change a file's owner", bySeccomp, func(c *child) error { return unix.Chown(c.path("victim"), -1, -1) }),
	denied("set an attribute", bySeccomp, func(c *child) error { return unix.Setxattr(c.path("victim"), "user.a", nil, 0) }),
	denied("change directory", bySeccomp, func(*child) error { return unix.Chdir(".") }),
	denied("openat2", tooNew, func(c *child) error {
		fd, err := unix.Openat2(unix.AT_FDCWD, c.path("secret"), &unix.OpenHow{Flags: unix.O_RDONLY})
		if err == nil {
			unix.Close(fd)
		}
		return err
	}),
	denied("open_by_handle_at", bySeccomp, func(c *child) error {
		if c.handleErr != nil {
			return fmt.Errorf("name_to_handle_at: %w", c.handleErr)
		}
		fd, err := unix.OpenByHandleAt(unix.AT_FDCWD, c.handle, unix.O_RDONLY)
		if err == nil {
			unix.Close(fd)
		}
		return err
	}),
}

// inDir are attempts in the directory of the Move. Landlock cannot tell names in it apart.
var inDir = []attempt{
	denied("in Dir: append to another file", byName, func(c *child) error { return open(c.path("dir", "old"), unix.O_WRONLY|unix.O_APPEND) }),
	denied("in Dir: truncate another file while opening", byName, func(c *child) error { return open(c.path("dir", "old"), unix.O_WRONLY|unix.O_TRUNC) }),
	denied("in Dir: truncate another file by name", denial{seccomp: "EPERM", landlock: "EACCES", since: 3}, func(c *child) error {
		return os.Truncate(c.path("dir", "old"), 1)
	}),
	denied("in Dir: create", byName, func(c *child) error { return open(c.path("dir", "new"), unix.O_WRONLY|unix.O_CREAT) }),
	denied("in Dir: create, on threads older than the sandbox", byName, func(c *child) error {
		return c.onOldThreads(func() error { return open(c.path("dir", "created"), unix.O_WRONLY|unix.O_CREAT) })
	}),
	denied("below Dir: create", byName, func(c *child) error { return open(c.path("dir", "below", "new"), unix.O_WRONLY|unix.O_CREAT) }),
	denied("in Dir: read", byName, func(c *child) error { return open(c.path("dir", "old"), unix.O_RDONLY) }),
	denied("in Dir: list", byName, func(c *child) error { return open(c.path("dir"), unix.O_RDONLY) }),
	denied("out of Dir by a symbolic link", byName, func(c *child) error { return open(c.path("dir", "link"), unix.O_WRONLY) }),
	{"in Dir: remove another file", byName, bySeccomp, func(c *child) error { return unix.Unlink(c.path("dir", "removable")) }},
	{"in Dir: rename to another name", byName, bySeccomp, func(c *child) error {
		return unix.Rename(c.path("dir", "mover"), c.path("dir", "moved"))
	}},
	denied("rename out of Dir", byName, func(c *child) error { return unix.Rename(c.path("dir", "old"), c.path("moved")) }),
	denied("rename into Dir", byName, func(c *child) error { return unix.Rename(c.path("renamable"), c.path("dir", "moved")) }),
}

// pinnedNames are attempts to have other names where those of the Move stand. Without a
// Move nothing is there.
var pinnedNames = []attempt{
	onPinned("map over the names", "EPERM", func() error {
		return call(unix.SYS_MMAP, pinnedAt, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED, ^uintptr(0), 0)
	}),
	onPinned("map over the names from below", "EPERM", func() error {
		return call(unix.SYS_MMAP, pinnedAt-4096, 8192, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON|unix.MAP_FIXED, ^uintptr(0), 0)
	}),
	onPinned("unmap the names", "EPERM", func() error { return call(unix.SYS_MUNMAP, pinnedAt, 4096) }),
	onPinned("unmap the names from below", "EPERM", func() error { return call(unix.SYS_MUNMAP, pinnedAt-4096, 8192) }),
	onPinned("make the names writable", "EPERM", func() error { return call(unix.SYS_MPROTECT, pinnedAt, 4096, unix.PROT_READ|unix.PROT_WRITE) }),
	onPinned("clear the names", "EPERM", func() error { return call(unix.SYS_MADVISE, pinnedAt, 4096, unix.MADV_DONTNEED) }),
	onPinned("move memory over the names", "EPERM", func() error {
		return call(unix.SYS_MREMAP, pinnedAt, 4096, 4096, unix.MREMAP_MAYMOVE|unix.MREMAP_FIXED, pinnedAt)
	}),
	onPinned("read over the names", "EFAULT", func() error { return call(unix.SYS_READ, 0, pinnedAt, 1) }),
	onPinned("rename by the working directory", "EPERM", func() error {
		return call(unix.SYS_RENAMEAT, uintptr(workingDir), pinnedAt, uintptr(workingDir), pinnedAt+6)
	}),
	onPinned("remove by an address beside the name", "EPERM", func() error { return call(unix.SYS_UNLINKAT, 3, pinnedAt+1, 0) }),
}

const workingDir = unix.AT_FDCWD & (1<<32 - 1)

// onPinned returns an attempt on the names, which is made in a sandbox with a Move.
func onPinned(name, want string, try func() error) attempt {
	return attempt{name, notDenied, denial{seccomp: want}, func(c *child) error {
		if c.move.pinned == nil {
			return nil
		}
		return try()
	}}
}

var sockets = []attempt{
	denied("socket AF_INET, TCP", bySeccomp, func(*child) error { return socket(unix.AF_INET, unix.SOCK_STREAM, 0) }),
	denied("socket AF_INET, UDP", bySeccomp, func(*child) error { return socket(unix.AF_INET, unix.SOCK_DGRAM, 0) }),
	denied("socket AF_INET6", bySeccomp, func(*child) error { return socket(unix.AF_INET6, unix.SOCK_STREAM, 0) }),
	denied("socket AF_UNIX", bySeccomp, func(*child) error { return socket(unix.AF_UNIX, unix.SOCK_STREAM, 0) }),
	denied("socket AF_NETLINK", bySeccomp, func(*child) error { return socket(unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE) }),
	denied("socket AF_ALG", bySeccomp, func(*child) error { return socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0) }),
	denied("socket of no family", bySeccomp, func(*child) error { return socket(255, unix.SOCK_STREAM, 0) }),
	denied("socket, on threads older than the sandbox", bySeccomp, func(c *child) error {
		return c.onOldThreads(func() error { return socket(unix.AF_INET, unix.SOCK_DGRAM, 0) })
	}),
	denied("socketpair", bySeccomp, func(*child) error {
		pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err == nil {
			err = errors.Join(unix.Close(pair[0]), unix.Close(pair[1]))
		}
		return err
	}),
	denied("connect an open UDP socket", bySeccomp, func(c *child) error { return unix.Connect(c.udp, &c.listener) }),
	denied("send on an open UDP socket", bySeccomp, func(c *child) error { return unix.Sendto(c.udp, []byte("x"), 0, &c.listener) }),
	denied("bind an open TCP socket", tcp, func(c *child) error {
		return unix.Bind(c.tcp, &unix.SockaddrInet4{Addr: c.listener.Addr})
	}),
	denied("connect an open TCP socket", tcp, func(c *child) error { return unix.Connect(c.tcp, &c.listener) }),
	denied("send a descriptor", bySeccomp, func(c *child) error {
		return unix.Sendmsg(c.pair[0], []byte("x"), unix.UnixRights(c.null), nil, 0)
	}),
}

var programs = []attempt{
	denied("start a program", byName, func(c *child) error {
		pid, err := syscall.ForkExec(c.path("program"), []string{"program"}, &syscall.ProcAttr{Env: []string{envMode + "=exit"}})
		if err != nil {
			return err
		}
		_, err = syscall.Wait4(pid, nil, 0, nil)
		return err
	}),
	denied("execve", bySeccomp, func(*child) error { return unix.Exec("/missing", []string{"missing"}, nil) }),
	denied("execveat", bySeccomp, func(c *child) error {
		empty := []byte{0}
		_, _, errno := unix.Syscall6(unix.SYS_EXECVEAT, uintptr(c.null), uintptr(unsafe.Pointer(&empty[0])), 0, 0, unix.AT_EMPTY_PATH, 0)
		return errOf(errno)
	}),
	denied("memfd_create", bySeccomp, func(*child) error {
		fd, err := unix.MemfdCreate("program", 0)
		if err == nil {
			err = unix.Close(fd)
		}
		return err
	}),
	denied("clone3", tooNew, func(*child) error { return call(unix.SYS_CLONE3, 0, 0) }),
	denied("wait for a process", bySeccomp, func(*child) error { return call(unix.SYS_WAIT4, uintptr(1<<22), 0, unix.WNOHANG) }),
}

var processes = []attempt{
	denied("kill the parent", bySeccomp, func(*child) error { return unix.Kill(os.Getppid(), unix.SIGURG) }),
	denied("kill the parent, on threads older than the sandbox", bySeccomp, func(c *child) error {
		return c.onOldThreads(func() error { return unix.Kill(os.Getppid(), unix.SIGURG) })
	}),
	denied("kill the process group", bySeccomp, func(*child) error { return unix.Kill(0, unix.SIGURG) }),
	denied("tgkill the parent", bySeccomp, func(*child) error { return unix.Tgkill(os.Getppid(), os.Getppid(), unix.SIGURG) }),
	denied("tkill the parent", bySeccomp, func(*child) error { return call(unix.SYS_TKILL, uintptr(os.Getppid()), uintptr(unix.SIGURG)) }),
	denied("pidfd_open the parent", tooNew, func(*child) error {
		fd, err := unix.PidfdOpen(os.Getppid(), 0)
		if err == nil {
			err = unix.Close(fd)
		}
		return err
	}),
	denied("make the parent the owner of a file's signals", bySeccomp, func(c *child) error {
		_, err := unix.FcntlInt(uintptr(c.pair[0]), unix.F_SETOWN, os.Getppid())
		return err
	}),
	denied("ptrace", bySeccomp, func(*child) error { return call(unix.SYS_PTRACE, unix.PTRACE_SEIZE, 1<<22, 0, 0) }),
	denied("read the parent's memory", bySeccomp, func(*child) error { return readParent() }),
	denied("get the parent's resource limit", bySeccomp, func(*child) error {
		var limit unix.Rlimit
		return unix.Prlimit(os.Getppid(), unix.RLIMIT_NOFILE, nil, &limit)
	}),
	denied("set the parent's priority", bySeccomp, func(*child) error { return unix.Setpriority(unix.PRIO_PROCESS, os.Getppid(), 0) }),
	denied("set the parent's CPU affinity", bySeccomp, func(*child) error {
		var none unix.CPUSet
		return unix.SchedSetaffinity(os.Getppid(), &none)
	}),
	denied("type on the terminal", bySeccomp, func(c *child) error { return unix.IoctlSetPointerInt(c.null, unix.TIOCSTI, 0) }),
}

var memory = []attempt{
	denied("map memory for execution", bySeccomp, func(*child) error { return mapExecutable() }),
	denied("make memory executable", bySeccomp, func(*child) error { return makeExecutable() }),
	denied("shared memory", bySeccomp, func(*child) error {
		id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600)
		if err == nil {
			_, err = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
		}
		return err
	}),
}

var kernel = []attempt{
	denied("io_uring_setup", tooNew, func(*child) error { return call(unix.SYS_IO_URING_SETUP, 1, 0) }),
	denied("io_uring_enter", tooNew, func(*child) error { return call(unix.SYS_IO_URING_ENTER, 0, 0, 0, 0) }),
	denied("bpf", bySeccomp, func(*child) error { return call(unix.SYS_BPF, 1000, 0, 0) }),
	denied("perf_event_open", bySeccomp, func(*child) error { return call(unix.SYS_PERF_EVENT_OPEN, 0, 0) }),
	denied("userfaultfd", bySeccomp, func(*child) error { return call(unix.SYS_USERFAULTFD, 1<<30) }),
	denied("keyctl", bySeccomp, func(*child) error { return call(unix.SYS_KEYCTL, 1000) }),
	denied("unshare", bySeccomp, func(*child) error { return unix.Unshare(0) }),
	denied("setns", bySeccomp, func(c *child) error { return unix.Setns(c.null, 0) }),
	denied("mount", bySeccomp, func(*child) error { return unix.Mount("", "/missing", "", 0, "") }),
	denied("chroot", bySeccomp, func(*child) error { return unix.Chroot("/missing") }),
	denied("another seccomp filter", bySeccomp, func(*child) error { return call(unix.SYS_SECCOMP, 1000) }),
}

var work = []attempt{
	permitted("read stdin to its end", func(*child) error {
		got, err := io.ReadAll(os.Stdin)
		if err == nil && string(got) != "tdin" {
			return fmt.Errorf("wanted the rest of %q, got %q", "stdin", got)
		}
		return err
	}),
	permitted("stat stdin", func(*child) error { _, err := os.Stdin.Stat(); return err }),
	permitted("allocate and collect garbage", func(*child) error {
		var kept [][]byte
		for range 24 {
			kept = append(kept, bytes.Repeat([]byte{1}, 4<<20))
			runtime.GC()
		}
		runtime.KeepAlive(kept)
		return nil
	}),
	permitted("compute on many threads", func(c *child) error { return c.onNewThreads(func() error { runtime.GC(); return nil }) }),
	permitted("preempt a busy loop", func(*child) error {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		var done atomic.Bool
		go done.Store(true)
		for !done.Load() { // a loop without a call that yields
		}
		return nil
	}),
	permitted("timers", func(*child) error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		<-ctx.Done()
		return nil
	}),
	permitted("local time", func(*child) error { _ = time.Now().Local().String(); return nil }),
	permitted("recover from a panic", func(*child) error { return mustPanic(func() { panic("on purpose") }) }),
	permitted("recover from a nil pointer", func(*child) error {
		return mustPanic(func() { var p *[1]byte; p[0] = 1 })
	}),
	permitted("random bytes", func(*child) error { _, err := crypto.Read(make([]byte, 1<<20)); return err }),
	permitted("a pipe", func(*child) error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		go func() { w.Write(make([]byte, 1<<20)); w.Close() }()
		n, err := io.Copy(io.Discard, r)
		if err == nil && n != 1<<20 {
			return fmt.Errorf("wanted %d bytes, got %d", 1<<20, n)
		}
		return errors.Join(err, r.Close())
	}),
	permitted("copy a pipe to a pipe", func(*child) error {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		r2, w2, err := os.Pipe()
		if err != nil {
			return err
		}
		go func() { w.Write(make([]byte, 1<<20)); w.Close() }()
		copied := make(chan error)
		go func() { _, err := io.Copy(w2, r); w2.Close(); copied <- err }()
		n, err := io.Copy(io.Discard, r2)
		if err == nil && n != 1<<20 {
			return fmt.Errorf("wanted %d bytes, got %d", 1<<20, n)
		}
		return errors.Join(err, <-copied, r.Close(), r2.Close())
	}),
	permitted("a signal to itself", func(*child) error {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGUSR1)
		defer signal.Stop(signals)
		if err := syscall.Kill(os.Getpid(), syscall.SIGUSR1); err != nil {
			return err
		}
		<-signals
		return nil
	}),
	permitted("profile", func(*child) error {
		err := pprof.StartCPUProfile(io.Discard)
		pprof.StopCPUProfile()
		return err
	}),
}

// mustPanic returns an error if f does not panic.
func mustPanic(f func()) (err error) {
	defer func() {
		if recover() == nil {
			err = errors.New("wanted a panic")
		}
	}()
	f()
	return nil
}
