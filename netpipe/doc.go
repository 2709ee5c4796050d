// Package netpipe puts a filter, any program that reads stdin to its end and
// writes an answer to stdout, behind a TCP port, a unix socket or HTTP; and it is
// the client of such a port. It knows nothing of what the bytes are.
//
// # The protocol
//
// A client connects, sends its input, and half-closes (shutdown(2) with
// SHUT_WR: a FIN). What comes back is the answer.
//
//   - A FIN after the answer means that it is whole. It is sent only after the
//     filter's exit status is 0 and, with a next hop, after that one's FIN too.
//   - Anything else is a reset (RST). SO_LINGER is 0 from accept(2) on, so that
//     even a netpipe that is killed makes one.
//
// The answer is held until this verdict, in memory and then in a temporary file
// without a name, because many clients and most proxies take a reset in
// mid-answer for an end. [Server.NoHold] sends it as it comes.
//
// With [Server.Next] the filter's output is the input of another server, whose
// answer goes back to the client. Input always streams. A filter that fails
// makes a reset there as well: a FIN would have half an input processed.
//
// # Workers
//
// With [Server.Reuse] a filter is a worker: a process that serves one connection
// after another, as package worker says. An answer's status stands for the exit
// status then. A client gets one when its input has ended, or 512 KiB of it are
// there (but for NoHold), so that few workers serve many slow clients. All else is
// the same.
//
// # HTTP
//
// On an address with http:// before it, a POST of an input to / gets its answer
// (HTTP/1.1, RFC 9110 and 9112). All else is as for a raw connection: a request is
// the life of a conn, like that, with another front. What differs is the verdict:
//
//   - 200 means that the answer is whole when all of it has come: as it is held,
//     its length is known. With NoHold it comes in chunks, and what breaks has no
//     last one. HTTP/1.0, which has no chunks, gets 505 then.
//   - Any other status has a line of text that says why. 422 is for a filter that
//     ended by itself with another status than 0, and has its own last words: it
//     understood the request and couldn't work on what is in it. 500 is for one
//     that was killed, or said nothing: the fault is here. 502 is for a next hop
//     that failed, 504 for what wasn't done within Timeout: a filter is a gateway's
//     inbound server as the next hop is, and a status can't tell whose time it was.
//     413, 415, 422, 503 and 504 of an HTTP next hop are passed on; its 429 is of
//     us, and becomes 503. 408 is for a client that is silent within its input, 429
//     for one with too many connections, and 503 for what may be better in a second.
//     429 and 503 have Retry-After. What reply.go does with each is the whole of it.
//   - A connection that may not come in at all is reset, as a raw one.
//
// A connection is kept after any status if its request was read to the end by
// then. Otherwise it is closed, after up to 2 s of silence in which what still
// comes is read and dropped, so that no reset overtakes the status. IdleTimeout is
// also that of a request's head and of the silence between two requests.
//
// A client that closes or half-closes after its request is gone, for net/http can't
// tell the two apart; it is seen at once, and its filter killed.
//
// As Next, such an address gets the filter's output as the chunked body of a POST,
// without a last chunk if the filter fails. An answer without a length or chunks
// isn't taken for a whole one. Connections are kept for 4 s; on a kept one the body
// is announced (Expect: 100-continue) and sent when the server agrees, or has been
// silent for a second: one that it has closed meanwhile is replaced by another, as
// nothing was sent that could have been worked on.
//
// A browser's POST has to come from the page that is at GET /, by
// [http.CrossOriginProtection]; and where the connection is within this machine,
// that page's host has to be localhost, an IP address or this host's name, against
// DNS rebinding.
//
// # Unix sockets
//
// A unix socket has no reset. To a server, closing the socket without a
// half-close before is one, and the kernel lets it tell the two apart: an input
// that was cut is never taken for a whole one. A client can't tell them apart,
// so there the only sign of a failure is an answer of 0 bytes. AllowEmpty and
// NoHold are refused, and what is lost is this: a server that is killed in the
// moment in which it sends the answer leaves a part of it that looks whole.
//
// # What happens when
//
//	client half-closes           the filter's stdin is closed
//	client never half-closes     IdleTimeout of silence while the filter takes input,
//	                             then RST
//	sends more than MaxInput     RST, if the filter takes it
//	filter closes its stdin      more input is read and dropped, without a limit of
//	                             silence or size: Timeout
//	client takes the answer      each 64 KiB within IdleTimeout, and never behind
//	  too slowly                 64 KiB/s by more than that; else RST
//	client resets, at any time   the filter's group is killed, RST to the next hop
//	client closes after its      can't be seen until something is sent: Timeout
//	  half-close, without reset
//	connects, sends nothing      no filter, no next hop; closed. With AllowEmpty a
//	                             half-close alone is an input of 0 bytes, and only
//	                             a reset or silence is nothing
//	filter exits 0               answer and FIN, whatever input is unread: that is read
//	                             and dropped while the answer is sent, and after it
//	                             for up to 2 s of silence, so that no RST overtakes
//	                             the answer
//	filter exits non-zero,       its process group is killed, RST to both sides,
//	  is killed, outlives Timeout  its last words are in the log
//	filter exits 0, its child    the group is killed, the pipe read to its end:
//	  holds the pipe             what the filter itself wrote is whole
//	next hop refuses             dialled at the first byte of output, and again for
//	                             DialTimeout; then RST
//	next hop resets              RST
//	next hop answers early       its answer stands; the filter's status still counts
//	too many connections         a queue in order, QueueTimeout, beyond that RST
//	filter dies before it has    back-off; RST to who needs one meanwhile
//	  a connection
//	with Reuse: a worker answers the next connection has the same process
//	  with or without an error
//	it fails in any other way,   it is killed, and this connection gets RST
//	  before its answer's end
//	it says a byte, or ends,     another takes its place
//	  between two connections
//	stop                         no new connections; Drain for the others, then kill
//	netpipe is killed            its filters die too (Linux, FreeBSD)
//	netpipe is PID 1             waits for whatever process loses its parent
//
// What an answer takes of MaxHeld, in memory or in its file, it takes until it is
// sent or lost. Timeout ends with the verdict.
//
// The same table, as code, is in verdict.go; the README names the test of each
// row.
package netpipe
