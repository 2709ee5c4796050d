// Package worker implements the protocol between netpipe and a worker: a filter
// process that serves many connections, one after the other. netpipe starts
// workers. A worker in Go calls [Serve].
//
// # The protocol
//
// The protocol is a subset of FastCGI 1.0 (sections 3.3, 3.4, 4.1, 5.1 to 5.3 and 5.5 of
// its specification), spoken over the worker's stdin and stdout, one request at a time.
//
// Both sides send records only. A record is a header of 8 bytes, then the content, then
// padding, which has no meaning:
//
//	byte 0    version: 1
//	byte 1    type
//	byte 2-3  request id: 1 to 65535, or 0 in the greeting and its answer
//	byte 4-5  length of the content in bytes: 0 to 65535
//	byte 6    length of the padding in bytes: 0 to 255
//	byte 7    0
//
// Numbers are big-endian. These are the types:
//
//	     from netpipe                         from the worker
//	9    GET_VALUES, the greeting       10    GET_VALUES_RESULT, its answer
//	1    BEGIN_REQUEST                   6    STDOUT, a part of the answer
//	4    PARAMS, parameters              7    STDERR, a part of the error text
//	5    STDIN, a part of the input      3    END_REQUEST
//
// # The greeting
//
// netpipe sends the greeting once, before anything else. Its content is the byte 14, the
// byte 0, and the name NETPIPE_WORKER. The content of the answer is the byte 14, the
// byte 1, the same name, and the digit 1.
//
// netpipe stops a worker that does not answer within its start timeout, 10 s by default.
//
// # A request
//
// A request is a BEGIN_REQUEST record and any number of STDIN records. The content of
// BEGIN_REQUEST is the bytes 0 1 1 0 0 0 0 0 (role responder, keep the connection); a
// worker may ignore it. The last STDIN record has no content.
//
// The answer is any number of STDOUT and STDERR records, in any order, then one
// END_REQUEST record. All records have the id of the request. The content of END_REQUEST
// is a status of 4 bytes and 4 bytes 0. Status 0 means that the answer is complete. Any
// other status means that the request failed; then STDERR should say why.
//
// A worker may begin, and end, its answer before the input has ended. It must then read
// and discard the rest of the input, up to the record without content. Both sides may
// send at the same time, so netpipe always reads.
//
// After that the worker waits for the next BEGIN_REQUEST. At the end of its stdin it
// exits. A worker that will not serve another request closes its stdin before it sends
// END_REQUEST.
//
// # Parameters
//
// A parameter is an option that holds for one request: a name and a value. Only a worker
// that says so gets any. If parameters are allowed (netpipe -param), the greeting asks for
// them: its content ends with the byte 14, the byte 0, and the name NETPIPE_PARAMS. The
// content of the answer of a worker that takes parameters then ends with the byte 14, the
// byte 1, that name, and the digit 1. A worker that does not know parameters answers the
// greeting as always, and netpipe -param ends before it listens: a worker never gets a
// record that it does not know, and no parameter is lost.
//
// A request with parameters has PARAMS records between BEGIN_REQUEST and STDIN. The last
// of them has no content, and the contents of all others are together at most 8192 bytes;
// netpipe sends one. For each parameter they have the length of its name, the length of
// its value, the name, and the value. A length below 128 is one byte. Any other length is
// 4 bytes, of which the highest bit is set. A request without parameters has no PARAMS
// records.
//
// No name comes twice, and each is one that netpipe -param allows. What a value may be is
// for the worker to check. Status 2 means that the worker refuses a parameter; then STDERR
// should say why. Over HTTP that is status 400.
//
// # When netpipe kills a worker
//
// netpipe kills a worker, with its whole process group:
//
//   - after the number of requests that its server allows;
//   - when a connection ends before its answer does, because the client is gone or a
//     limit is reached;
//   - when the worker breaks the protocol: with a byte on stdout or stderr between an
//     answer and the next request, or with the id of another request.
//
// netpipe logs what a worker writes to stderr during a request with that request.
//
// For a worker in another language see scripts/worker.py.
package worker
