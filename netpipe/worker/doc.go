// Package worker is how netpipe and a filter that serves more than one
// connection talk: a worker, started by netpipe -reuse. [Serve] is a worker's
// side.
//
// # The protocol
//
// It is a part of FastCGI 1.0 (its specification, sections 3.3, 4.1, 5.1, 5.3,
// 5.5), spoken over the worker's stdin and stdout, one request at a time. All
// that is sent, in both directions, are records: a header of 8 bytes, the
// content, and padding that means nothing.
//
//	byte 0    1, the version
//	byte 1    the type
//	byte 2-3  the request's id, 1 to 65535; 0 in the greeting
//	byte 4-5  the length of the content, 0 to 65535
//	byte 6    the length of the padding
//	byte 7    0
//
// Numbers have their high byte first. The types:
//
//	     from netpipe                         from the worker
//	9    GET_VALUES, the greeting       10    GET_VALUES_RESULT, its answer
//	1    BEGIN_REQUEST                   6    STDOUT, a piece of the answer
//	5    STDIN, a piece of the input     7    STDERR, a piece of what is to be logged
//	                                     3    END_REQUEST
//
// The greeting comes once, before all else. Its content is the byte 14, the
// byte 0, and the name NETPIPE_WORKER; that of its answer the byte 14, the byte
// 1, the same name, and the digit 1. A worker that doesn't give this answer
// within [Patience] is none.
//
// A request is a BEGIN_REQUEST, whose content (the bytes 0 1 1 0 0 0 0 0: role
// responder, keep the connection) a worker may skip, and the input in STDIN
// records, the last of which has no content. The answer is any number of STDOUT
// and STDERR records, in any order, and one END_REQUEST; all have the request's
// id. The content of END_REQUEST is a status in 4 bytes and four bytes 0; status
// 0 means that the answer is whole, any other that it isn't, and then STDERR
// should have said why. An answer may begin, and end, before the input has ended:
// the worker reads on and drops what comes, to the record without content. Both
// sides may send at once, so netpipe always reads.
//
// Then the worker waits for the next BEGIN_REQUEST, or for the end of its stdin,
// at which it exits.
//
// A worker is killed, with all its process group, when it has served what -reuse
// says; and when its connection ends before its answer does: the client is gone,
// a limit is reached. So it is when it says anything that isn't above: a byte
// between the answer's end and the next request, on stdout or on stderr, or
// another request's id. What it writes to stderr during a request is logged with
// it.
//
// There is an example in another language in scripts/worker.py.
package worker
