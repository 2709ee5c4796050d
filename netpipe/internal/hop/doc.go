// Package hop is the client's side of netpipe: it parses addresses, connects to
// servers, and exchanges one input for one answer with them, over a raw connection
// or HTTP.
package hop
