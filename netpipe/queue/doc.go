// Package queue lets many machines filter many objects, such as the pictures in a bucket.
// None is lost. The queue is a stream of NATS JetStream; the objects stay in their stores
// (package objects), and only small messages, the jobs, go through the queue.
//
// A job leaves the queue when its result is in the store, or when it has failed for good and
// that is recorded. A worker that ends in between loses nothing: the server gives the job to
// another one. So a job may be done twice, which does no harm: the key of its result is a
// part of the job, and a result is written whole or not at all.
//
// Of a queue called thumbs, the stream netqueue-thumbs has the jobs, and the stream
// netqueue-thumbs-failed has one message for each job that has failed. The stream
// netqueue-thumbs-tally has what has come of the tries of jobs that are tried again.
//
// # Where to find what
//
//	queue.go     Queue: the connection to a queue; Config, Login
//	address.go   Address: nats://, tls:// and embedded:
//	embedded.go  the server of embedded:DIR, which one of the programs runs
//	streams.go   the streams of a queue, and its consumer
//	job.go       Job: the message, and its name
//
// Jobs are added:
//
//	add.go       Add: which objects have no result
//	publish.go   many jobs at once, and what comes of each
//
// Jobs are done:
//
//	work.go      Worker
//	try.go       one delivery of a job to a worker, from its message to its outcome
//	tally.go     how many tries of a job have failed before
//	signs.go     tells the server that a job is at work
//	endings.go   tells the server what has come of jobs, while others are at work
//	log.go       the log record of a try
//	ready.go     whether a worker takes jobs
//
// The stores of objects and results:
//
//	stores.go    requests that wait while a store is busy or out of use
//	pace.go      for how long
//	right.go     requests that are denied
//
// What has come of jobs:
//
//	counts.go    Counts
//	failures.go  Failures and PutBack
//	upgrade.go   failures that an earlier version has recorded
package queue
