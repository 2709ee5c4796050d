// Package netpipe puts a filter, any program that reads stdin to its end and
// writes to stdout, behind a TCP port or a unix socket.
package netpipe
