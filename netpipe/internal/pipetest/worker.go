package pipetest

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	"imgpipe/netpipe/worker"
)

// Worker returns a command line: this test binary as a worker, which is PlayWorker.
func Worker() []string { return []string{os.Args[0], "worker"} }

// ParamsWorker is Worker for a worker that takes parameters. Its steps are those on the first
// line of the input, then the parameters of the request. It refuses the value "exit:2".
func ParamsWorker() []string { return []string{os.Args[0], "worker-with-params"} }

// PlayWorker is a worker. In each request it takes the steps on the first line of the
// input: those of PlayFilter, where exit:N is an answer with an error, and
//
//	pid         the process ID, to stdout
//	panic
//	die:N       exits
//	last:N      an answer with an error, the worker's last
//	end:N       END_REQUEST with status N, beside the answer
//	end-byte    END_REQUEST with status 0, and a byte behind it
//	bytes:TEXT  to stdout, not as a record
//	record:TYPE:ID:N   a record of N bytes
//	later:ADDR  connects; when the test closes that connection, and the request
//	            may be over, writes a byte to stdout, and connects again
//	later-say:ADDR     the same to stderr
func PlayWorker(takesParams bool) int {
	id := uint16(0)
	play := func(w io.Writer, r io.Reader, more []string) error {
		id++
		for _, step := range append(FirstLine(r), more...) {
			verb, arg, _ := strings.Cut(strings.TrimPrefix(step, "-do="), ":")
			n, _ := strconv.Atoi(arg)
			switch verb {
			case "pid":
				fmt.Fprintf(w, "%d\n", os.Getpid())
			case "panic":
				panic("as told")
			case "die":
				os.Exit(n)
			case "last":
				return worker.Last(fmt.Errorf("status %d", n))
			case "end":
				_, _ = os.Stdout.Write(worker.AppendEnd(nil, id, uint32(n)))
			case "end-byte":
				_, _ = os.Stdout.Write(append(worker.AppendEnd(nil, id, 0), 'x'))
			case "bytes":
				_, _ = io.WriteString(os.Stdout, arg)
			case "record":
				f := strings.Split(arg, ":")
				h := worker.Header{}
				_, _ = fmt.Sscan(strings.Join(f, " "), &h.Type, &h.ID, &h.Length)
				_, _ = os.Stdout.Write(append(h.Append(nil), make([]byte, h.Length)...))
			case "later":
				later(arg, os.Stdout)
			case "later-say":
				later(arg, os.Stderr)
			default:
				if status := PlayFilter([]string{step}, r, w); status != 0 {
					return fmt.Errorf("status %d", status)
				}
			}
		}
		return nil
	}
	err := error(nil)
	if takesParams {
		err = worker.ServeParams(os.Stdin, os.Stdout, func(params []worker.Param) (worker.Filter, error) {
			var more []string
			for _, p := range params {
				if p.Value == "exit:2" {
					return nil, fmt.Errorf("the worker refuses -%s", p.Name)
				}
				more = append(more, "-"+p.Name+"="+p.Value)
			}
			return func(w io.Writer, r io.Reader) error { return play(w, r, more) }, nil
		})
	} else {
		err = worker.Serve(os.Stdin, os.Stdout, func(w io.Writer, r io.Reader) error { return play(w, r, nil) })
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 99
	}
	return 0
}

func later(addr string, w io.Writer) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(io.Discard, conn)
		_, _ = io.WriteString(w, "x")
		_, _ = net.Dial("tcp", addr)
	}()
}
