package netpipe

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"imgpipe/netpipe/internal/pipetest"
)

// A chainRow is what can go wrong with a filter of several programs.
type chainRow struct {
	row
	cause string // in the log: the number of the program that is the cause, and how it ended
}

var chainRows = []chainRow{
	{row{"all succeed", []string{"READ", "write:300000", "+", "read", "write:200000"}, nil, whole, true}, ""},
	{row{"the first exits 3 with half an output", []string{"READ", "write:100000", "exit:3", "+", "read", "write:1000"}, nil, filterFailed, false}, "1: exit status 3"},
	{row{"the first exits 3 without output", []string{"READ", "exit:3", "+", "read", "write:1000"}, nil, filterFailed, false}, "1: exit status 3"},
	{row{"the first is killed", []string{"READ", "write:100000", "kill", "+", "read", "write:1000"}, nil, filterFailed, false}, "1: killed by signal 9"},
	{row{"the second exits 3", []string{"READ", "write:100000", "+", "read", "write:1000", "exit:3"}, nil, filterFailed, false}, "2: exit status 3"},
	{row{"the second exits 3 and has not read all", []string{"READ", "write:300000", "+", "read:1000", "exit:3"}, nil, filterFailed, false}, "2: exit status 3"},
	{row{"the second exits 3, and the first goes on", []string{"READ", "write:300000", "meet:GATE", "+", "read:1000", "exit:3"}, nil, filterFailed, false}, "2: exit status 3"},
	{row{"the second is killed", []string{"READ", "write:300000", "+", "read:1000", "kill"}, nil, filterFailed, false}, "2: killed by signal 9"},
	{row{"the second exits 0 and has not read all", []string{"READ", "write:300000", "+", "read:1000", "write:1000"}, nil, whole, true}, ""},
	{row{"the second exits 0 and has read nothing", []string{"READ", "write:300000", "+", "write:1000"}, func(s *Server) { s.Pool = 0 }, whole, true}, ""},
	{row{"the second exits 0 and has not read all, then the first fails", []string{"READ", "write:300000", "exit:3", "+", "read:1000", "write:1000"}, nil, filterFailed, false}, "1: exit status 3"},
	{row{"both fail", []string{"READ", "write:300000", "exit:3", "+", "read:1000", "exit:4"}, nil, filterFailed, false}, "1: exit status 3"},
	{row{"the second of three fails", []string{"READ", "write:300000", "+", "read", "write:1000", "exit:3", "+", "read", "write:1000"}, nil, filterFailed, false}, "2: exit status 3"},
	{row{"the first writes nothing", []string{"READ", "+", "read", "write:1000"}, nil, whole, true}, ""},
	{row{"the second writes nothing", []string{"READ", "write:1000", "+", "read"}, nil, noAnswer, false}, ""},
	{row{"both write before they read", []string{"write:300000", "READ", "+", "write:300000", "read"}, nil, whole, true}, ""},
	{row{"the first hangs", []string{"READ", "write:1000", "meet:GATE", "+", "read", "write:1000"}, timeLimit, filterTimeout, false}, ""},
	{row{"the first hangs after it closed stdout", []string{"READ", "write:1000", "close-out", "meet:GATE", "+", "read", "write:1000"}, timeLimit, filterTimeout, false}, ""},
	{row{"the second hangs and reads nothing", []string{"READ", "write:1000000", "+", "meet:GATE"}, timeLimit, filterTimeout, false}, ""},
	{row{"the second hangs in mid-answer", []string{"READ", "write:1000", "+", "read", "write:1000", "meet:GATE"}, timeLimit, filterTimeout, false}, ""},
	{row{"the first exits 0 and leaves a daemon with the pipes", []string{"READ", "write:300000", "daemon:ORPHAN", "+", "read", "write:1000"}, nil, whole, true}, ""},
	{row{"the first exits 3 and leaves a daemon with the pipes", []string{"READ", "write:1000", "daemon:ORPHAN", "exit:3", "+", "read", "write:1000"}, nil, filterFailed, false}, "1: exit status 3"},
	{row{"the second exits 0 and leaves a daemon that reads nothing", []string{"READ", "write:1000000", "+", "read:1000", "write:1000", "daemon:ORPHAN"}, nil, whole, true}, ""},
	{row{"is sent more than it may be", []string{"read", "write:1000", "meet:GATE", "+", "read", "write:1000"}, func(s *Server) { s.MaxInput = 299_999 }, clientLarge, false}, ""},
}

// rowsOf returns the rows and, by their names, the causes.
func rowsOf(all []chainRow) (rows []row, causes map[string]string) {
	causes = map[string]string{}
	for _, r := range all {
		rows = append(rows, r.row)
		causes[r.name] = r.cause
	}
	return rows, causes
}

// wantCause checks that a record names the program that is the cause of a failure.
func wantCause(t *testing.T, r record, cause string) {
	t.Helper()
	number, text, isProgram := strings.Cut(cause, ": ")
	if !isProgram {
		return
	}
	want := "filter: " + filepath.Base(os.Args[0])
	if number != "1" {
		want += " (program " + number + ")"
	}
	if want += ": " + text; !strings.HasPrefix(r["err"], want) {
		t.Errorf("err: want %q, got %v", want, r)
	}
}

func TestChaosChains(t *testing.T) {
	pipetest.Parallel(t)
	rows, causes := rowsOf(chainRows)
	everyRow(t, rows, func(t *testing.T, p *play) { wantCause(t, p.overRaw(t), causes[p.name]) })
}

func TestHTTPChaosChains(t *testing.T) {
	pipetest.Parallel(t)
	rows, causes := rowsOf(chainRows)
	everyRow(t, onHTTP(rows), func(t *testing.T, p *play) { wantCause(t, p.overHTTP(t), causes[p.name]) })
}

// A client that goes ends all programs, in any state of theirs.
func TestChaosChainClients(t *testing.T) {
	pipetest.Parallel(t)
	rows := []row{
		{"the first works", []string{"read:1000", "meet:GATE", "+", "read", "write:1000"}, nil, clientGone, false},
		{"the second works", []string{"write:1000", "read", "+", "read:1000", "meet:GATE", "read"}, nil, clientGone, false},
		{"the second does not read", []string{"read:1000", "write:1000000", "+", "meet:GATE"}, nil, clientGone, false},
	}
	everyRow(t, rows, func(t *testing.T, p *play) {
		c := connect(t, p.server.addr)
		send(t, c, pipetest.Noise(300_000))
		p.gate.Come()
		pipetest.Reset(c)
		p.server.verdict(clientGone)
	})
}

// The log has the words of all programs, the client those of the one that is the cause.
func TestChainRecord(t *testing.T) {
	pipetest.Parallel(t)
	name := filepath.Base(os.Args[0])
	for _, test := range []struct {
		steps                    []string
		status, err, stderr, say string
	}{
		{[]string{"read", "say:one", "+", "read", "write:1", "say:two"},
			"NAME: exit status 0; NAME (program 2): exit status 0", "", "NAME: one\nNAME (program 2): two", ""},
		{[]string{"read", "say:one", "exit:3", "+", "read"},
			"NAME: exit status 3; NAME (program 2): had no input", "filter: NAME: exit status 3", "NAME: one", "NAME: one"},
		{[]string{"read", "say:one", "write:1", "+", "read", "say:two", "exit:3"},
			"NAME: exit status 0; NAME (program 2): exit status 3", "filter: NAME (program 2): exit status 3", "NAME: one\nNAME (program 2): two", "NAME (program 2): two"},
		{[]string{"read", "say:NAME: one", "exit:3", "+", "read"},
			"NAME: exit status 3; NAME (program 2): had no input", "filter: NAME: exit status 3", "NAME: one", "NAME: one"},
		{[]string{"read", "exit:3", "+", "read"},
			"NAME: exit status 3; NAME (program 2): had no input", "filter: NAME: exit status 3", "", "the filter failed: NAME: exit status 3"},
	} {
		named := func(text string) string { return strings.ReplaceAll(text, "NAME", name) }
		for i, step := range test.steps {
			test.steps[i] = named(step)
		}
		server := start(t, overHTTP(test.steps...))
		got, err := post(t, server.addr, strings.NewReader("x"), nil)
		if test.err == "" {
			got.want(t, err, 200, pipetest.Written(1))
		} else {
			got.says(t, err, 422, named(test.say))
		}
		r := <-server.records
		if r["status"] != named(test.status) || r["err"] != named(test.err) || r["stderr"] != named(test.stderr) {
			t.Errorf("%q: want %q, got %q", test.steps, test, r)
		}
	}
}

// Each program is looked for, checked and named at the start.
func TestChainAtStart(t *testing.T) {
	pipetest.Parallel(t)
	pipetest.LeavesNothing(t)
	for name, test := range map[string]struct {
		set    func(*Server)
		target error
		text   string
	}{
		"no second program":  {func(s *Server) { s.Filter = append(pipetest.Filter("copy"), "+") }, ErrNoProgram, "+"},
		"an unknown program": {func(s *Server) { s.Filter = append(pipetest.Filter("copy"), "+", "no-such-program") }, nil, `"no-such-program"`},
		"a wrong option":     {func(s *Server) { s.Filter = pipetest.Filter("copy", "+", "say:no such option", "exit:2") }, ErrCommandLine, "(program 2): the filter refuses its command line: exit status 2: no such option"},
		"no worker": {func(s *Server) {
			s.Filter, s.Reuse = slices.Concat(pipetest.Worker(), []string{"+"}, pipetest.Filter("exit:3")), 1
		}, ErrNotWorker, "(program 2): "},
		"a first wrong option":  {func(s *Server) { s.Filter = pipetest.Filter("say:no such option", "exit:2", "+", "copy") }, ErrCommandLine, filepath.Base(os.Args[0]) + ": the filter refuses"},
		"too few descriptors":   {func(s *Server) { s.Max = 1 << 28 }, ErrFileLimit, ""},
		"too many for programs": {func(s *Server) { s.Filter, s.Max = pipetest.Filter("copy", "+", "copy"), 1<<27 }, ErrFileLimit, ""},
	} {
		s := quick("copy")
		test.set(s)
		if err := s.Serve(t.Context()); err == nil || test.target != nil && !errors.Is(err, test.target) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: want %v with %q, got %v", name, test.target, test.text, err)
		}
	}
}

// quickChain returns a server with a chain of two workers. The first one takes the steps on
// the first line of an input. Of its answer, which is the rest of the input after the step
// "copy", the second one takes the steps on the first line.
func quickChain() *Server {
	s := quickWorkers()
	s.Filter = slices.Concat(s.Filter, []string{"+"}, s.Filter)
	return s
}

// pids returns the processes of a chain of workers.
func pids(t *testing.T, server *backstage) (both [2]int) {
	t.Helper()
	answer, err := ask(t, server.addr, []byte("copy pid\npid copy\n"))
	server.verdict(whole)
	if _, scanErr := fmt.Sscanf(string(answer), "%d\n%d\n", &both[1], &both[0]); err != nil || scanErr != nil {
		t.Fatalf("want two pids and FIN, got %q and %v", answer, err)
	}
	return both
}

// Each way in which one of two workers can fail leaves the next connection its own answer.
// A worker that kept to the protocol, or knows nothing of the request, stays.
func TestWorkerChains(t *testing.T) {
	pipetest.Parallel(t)
	for _, test := range []struct {
		name          string
		first, second string // steps
		set           func(*Server)
		verdict       verdict
		cause         string
		stay          [2]bool
	}{
		{"both answer", "copy", "read write:300000", nil, whole, "", [2]bool{true, true}},
		{"the second leaves input unread", "copy", "read:1000 write:1000", nil, whole, "", [2]bool{true, true}},
		{"the first refuses", "read exit:3", "", nil, filterFailed, "1: answer status 1", [2]bool{true, true}},
		{"the first refuses with input unread", "read:1000 exit:3", "", nil, filterFailed, "1: answer status 1", [2]bool{true, true}},
		{"the first refuses, and serves no other", "read last:3", "", nil, filterFailed, "1: answer status 1", [2]bool{false, true}},
		{"the first fails with half an answer", "copy exit:3", "read write:1000", nil, filterFailed, "1: answer status 1", [2]bool{true, false}},
		{"the first crashes", "read die:3", "", nil, filterFailed, "1: ended before its answer did: exit status 3", [2]bool{false, true}},
		{"the first crashes with half an answer", "copy kill", "read write:1000", nil, filterFailed, "1: ended before its answer did: killed by signal 9", [2]bool{false, false}},
		{"the second refuses", "copy", "read write:1000 exit:3", nil, filterFailed, "2: answer status 1", [2]bool{true, true}},
		{"the second refuses with input unread", "copy", "read:1000 exit:3", nil, filterFailed, "2: answer status 1", [2]bool{true, true}},
		{"the second crashes", "copy", "read write:1000 kill", nil, filterFailed, "2: ended before its answer did", [2]bool{true, false}},
		{"the second crashes with input unread", "copy", "read:1000 kill", nil, filterFailed, "2: ended before its answer did", [2]bool{true, false}},
		{"the second breaks the protocol", "copy", "read bytes:12345678", nil, filterFailed, "2: broke the worker protocol", [2]bool{true, false}},
		{"the second leaves a daemon with the pipes", "copy", "read write:1000 daemon:GATE die:0", nil, filterFailed, "2: ended before its answer did", [2]bool{true, false}},
		{"the second hangs after an answer with input unread", "copy", "end:0 meet:GATE", nil, noAnswer, "", [2]bool{true, false}},
		{"the first hangs", "read meet:GATE", "", workerTimeLimit, filterTimeout, "", [2]bool{false, true}},
		{"the second hangs", "copy", "read meet:GATE", workerTimeLimit, filterTimeout, "", [2]bool{true, false}},
		{"is sent more than it may be", "read meet:GATE", "", func(s *Server) { s.MaxInput = 299_999 }, clientLarge, "", [2]bool{false, true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			pipetest.Parallel(t)
			gate := pipetest.NewMeeting(t)
			s := quickChain()
			if test.set != nil {
				test.set(s)
			}
			server := start(t, s)
			before := pids(t, server)
			steps := strings.ReplaceAll(test.first+"\n"+test.second+"\n", "GATE", gate.String())
			answer, err := ask(t, server.addr, append([]byte(steps), pipetest.Noise(300_000)...))
			r := server.verdict(test.verdict)
			wantCause(t, r, test.cause)
			if test.verdict == whole {
				_, n, _ := strings.Cut(test.second, "write:")
				wantWhole(t, answer, err, pipetest.Written(atoi(t, n)))
			} else {
				wantReset(t, answer, err)
			}
			for i, after := range pids(t, server) {
				if (after == before[i]) != test.stay[i] {
					t.Errorf("worker %d stays: want %t, got pid %d after %d", i+1, test.stay[i], after, before[i])
				}
			}
		})
	}
}

// A client that goes has only those workers killed that know of its request.
func TestWorkerChainClients(t *testing.T) {
	pipetest.Parallel(t)
	for name, test := range map[string]struct {
		steps string
		stay  [2]bool
	}{
		"the first works":  {"read meet:GATE\n", [2]bool{false, true}},
		"the second works": {"copy\nread meet:GATE\n", [2]bool{true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			pipetest.Parallel(t)
			gate := pipetest.NewMeeting(t)
			server := start(t, quickChain())
			before := pids(t, server)
			c := connect(t, server.addr)
			send(t, c, []byte(strings.ReplaceAll(test.steps, "GATE", gate.String())))
			_ = c.CloseWrite()
			gate.Come()
			pipetest.Reset(c)
			server.verdict(clientGone)
			for i, after := range pids(t, server) {
				if (after == before[i]) != test.stay[i] {
					t.Errorf("worker %d stays: want %t, got pid %d after %d", i+1, test.stay[i], after, before[i])
				}
			}
		})
	}
}

// What holds for the processes of one program holds for those of each.
func TestChainProcesses(t *testing.T) {
	pipetest.Parallel(t)
	t.Run("started for the connection", func(t *testing.T) {
		pipetest.Parallel(t)
		s := quick("copy", "+", "copy", "+", "copy")
		s.Pool = 0
		server := start(t, s)
		answer, err := ask(t, server.addr, pipetest.Noise(300_000))
		wantWhole(t, answer, err, pipetest.Noise(300_000))
	})
	t.Run("streamed", func(t *testing.T) {
		pipetest.Parallel(t)
		s := quick("copy", "+", "copy")
		s.NoHold = true
		c := connect(t, start(t, s).addr)
		for range 3 {
			send(t, c, pipetest.Noise(1000))
			got := make([]byte, 1000)
			if n, err := io.ReadFull(c, got); err != nil || !slices.Equal(got, pipetest.Noise(1000)) {
				t.Fatalf("want what was sent, got %d bytes and %v", n, err)
			}
		}
		_ = c.CloseWrite()
	})
	t.Run("parameters", func(t *testing.T) {
		pipetest.Parallel(t)
		s := overHTTP("copy", "+", "copy")
		s.Params = []string{"a"}
		got, err := post(t, start(t, s).addr, strings.NewReader("x\n"), func(r *http.Request) { r.URL.RawQuery = "a=1" })
		got.want(t, err, 200, []byte("x\n-a=1\n"))
	})
	t.Run("none ready", func(t *testing.T) {
		pipetest.Parallel(t)
		server := start(t, quick("copy", "+", "say:no memory", "exit:3"))
		for {
			answer, err := ask(t, server.addr, pipetest.Noise(10))
			wantReset(t, answer, err)
			if r := <-server.records; r["verdict"] == string(notReady) {
				if want := "(program 2): no filter is ready: the filter ended before it had an input: exit status 3: no memory"; !strings.Contains(r["err"], want) {
					t.Errorf("err: want %q, got %v", want, r)
				}
				return
			}
		}
	})
}
