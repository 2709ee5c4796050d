package start

// StdoutClosed reports that the program was started without a stdout (>&-). The Go
// runtime opens /dev/null in its place before any code in Go runs, and nothing tells that
// from a stdout that is meant to be /dev/null. So entry, which scripts/build.sh makes the
// first instruction of the program on Linux on amd64, looks before the runtime does.
// Otherwise StdoutClosed is always false.
var StdoutClosed bool
