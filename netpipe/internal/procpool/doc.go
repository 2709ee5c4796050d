// Package procpool keeps the processes of a filter: it starts them ahead, gives
// each input an Invocation of one, and waits for those that end.
//
// A filter is one program, or several of which each gets the output of the one before.
// There is a pool of processes for each program.
//
// A process serves one input and exits. With [Config.Reuse] it is a worker, which
// serves one input after another by the protocol of package worker.
//
// # Where to find what
//
//	filter.go          Filter: a pool for each program; Config
//	invocation.go      Invocation: one input in a filter; the errors
//	chain.go           the Invocation of several programs
//	pool.go            processes that wait for an input, and workers between two
//	first.go           the first process, which shows whether the program is a filter
//	reload.go          new processes in place of all
//	params.go          a process for an input that has parameters
//	program.go         what processes execute
//	process.go         a process, as the Invocation of one input
//	worker_request.go  a worker, as the Invocation of one input
//	tail.go            the end of what a process wrote to stderr
//	supervisor.go      starts processes and waits for them
//	limits.go          limits of memory, processor time and urgency
//	usage.go           what a process has taken
//	counts.go          how many processes there are, and were
//
// The files system_*.go, limits_*.go and cgroup_*.go have what differs between systems.
package procpool
