// Package netpipe puts a filter behind a TCP port, a unix socket or HTTP, and is the
// client of such a port. A filter is a program that reads stdin to its end, writes an
// answer to stdout, and exits with 0 only if the answer is whole. The package knows
// nothing of what the bytes are.
//
// # Raw connections
//
// A client connects, sends its input, and half-closes the connection (shutdown(2) with
// SHUT_WR). What comes back is the answer. A FIN after it means that the answer is
// whole; anything else is a reset (RST), also if the program is killed. So an answer
// is never taken for a whole one because a filter crashed. Since many clients and most
// proxies take a reset in mid-answer for an end, a [Server] holds each answer until the
// filter has exited, unless [Server.NoHold] is set.
//
// # HTTP
//
// On an address with http:// before it, a POST of an input to / gets its answer: 200 and
// a length if it is whole, else a status and a line of text that says why. The same
// front is available as an [http.Handler], for a program that wants authentication or
// metrics around it: [Server.Handler]. The query of the request may set those options of
// the filter that [Server.Params] names.
//
// # TLS
//
// On an address with tls: or https:// before it, the same is done over TLS, with the
// certificate in [Server.TLS]. Over a raw connection a close_notify takes the place of the
// FIN: a FIN alone ends neither an input nor an answer.
//
// # Several programs
//
// A filter may be several programs: the output of each is the input of the next. The
// answer is whole only if all of them exit with 0, and a program is told of the end of its
// input only after the one before has done so. See [Programs].
//
// A [Runner] filters inputs of the program itself, without a server.
//
// # Hops
//
// With [Server.Next] the filter's output is the input of another server, whose answer
// goes back to the client. Input streams. If a filter fails, the connection to the next
// hop is reset, so that no filter processes half an input. Of several servers, one that
// works and has little to do gets the output; if it fails, another one gets the same, as
// long as that is kept and no byte of an answer has gone to the client.
//
// # Workers
//
// With [Server.Reuse] a filter is a worker: a process that serves one input after
// another, by the protocol of package imgpipe/netpipe/worker. There are few of them, so
// 256 KiB of an input are read before it gets one.
//
// # Errors and verdicts
//
// Each connection ends with one verdict and one log record. Its attribute err has all
// that went wrong, as a value in which errors.Is finds the package's errors, such as
// [ErrTimeout]. What comes of each failure (verdict, HTTP status, whether to try again)
// is one table in the code and in README.md, which also says what happens when, and
// why the defaults are what they are.
//
// # Where to find what
//
// A server, in the order of a connection's life:
//
//	server.go           Server: its fields, and their defaults
//	serve.go            Serve, Shutdown, Close, Reload: from the first listener to the last connection
//	service.go          what the connections of a Server that serves share
//	listen.go           listeners: accepts connections and hands them to a front
//	conn_limiter.go     which connections may come in, before a byte is read
//	proxied.go          connections that begin with a PROXY header
//	conn.go             the life of one input and its answer
//	admission.go        the connections that have a filter, and the queue
//	input.go            brings the input to the filter, and watches the client
//	min_rate.go         how slow a client may be
//	clock.go            the time that a filter has had
//	forward.go          hands the output on to the next hop; next.go has these servers
//	outbox.go           output that another next hop may need
//	relay.go            sends an answer as it comes
//	outcome.go          what comes of each failure: the table of verdicts
//	record.go           the log record of a connection
//	stack.go            a larger stack for its goroutine
//
// The client's side of a connection:
//
//	front.go            what all fronts can do
//	raw_front.go        a connection without a protocol
//	handshake.go        its handshake of TLS
//	http_front.go       a POST
//	http_server.go      HTTP connections: an http.Server for them
//	http_conn.go        one of them, as the http.Server sees it
//	request_scanner.go  follows requests in the bytes of such a connection
//	handler.go          Handler: the paths of an HTTP port
//	page.go             the page for browsers
//	media_type.go       type and file name of an answer
//	query.go            parameters of a request
//	tokens.go           tokens of clients
//	origin_check.go     pages of other sites
//	forwarded.go        Forwarded and X-Forwarded-For
//	loop.go             inputs that come back over other servers
//	trace.go            the trace that a request belongs to
//
// What belongs to a filter, without a connection:
//
//	programs.go         the programs of a filter
//	environment.go      the variables that a filter sees
//	runner.go           Runner; runner_held.go has answers that wait
//
// For the program around a Server:
//
//	addr.go             addresses
//	errors.go           the exported errors
//	ready.go            whether the server should get connections
//	stats.go            numbers of a server at one moment
//
// The client:
//
//	client.go           Client
//	retry.go            which errors are worth another try
//	silence.go          a server that is silent
package netpipe
