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
package queue
