// Package procpool keeps the processes of a filter: it starts them ahead, gives
// each input an Invocation of one, and waits for those that end.
//
// A filter is one program, or several of which each gets the output of the one before.
// There is a pool of processes for each program.
//
// A process serves one input and exits. With [Config.Reuse] it is a worker, which
// serves one input after another by the protocol of package worker.
package procpool
