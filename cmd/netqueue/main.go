// Netqueue filters the objects of a store, such as the pictures in a bucket, on many
// machines: each once, and none lost.
package main

import (
	"imgpipe/cmd/internal/app"
)

func main() {
	at := newPlace()
	app.Main(app.Program{
		Name:    "netqueue",
		Summary: "filter the pictures in a bucket on many machines, by a queue",
		Examples: []string{
			"netqueue add -queue embedded:queue -in photos -out thumbs             # one machine, two folders",
			"netqueue work -queue embedded:queue imgscale -size 800x",
			"netqueue add -queue nats://host/thumbs -in s3://photos/2026/ -out s3://thumbs/2026/",
			"netqueue work -queue nats://host/thumbs -reuse 1000 imgscale -worker -size 800x    # on each machine",
			"netqueue work -queue nats://host/thumbs imggray + imgscale            # two programs, joined by a pipe",
			"netqueue status -queue nats://host/thumbs -watch                      # a bar",
			"netqueue failed -queue nats://host/thumbs                             # what cannot be done, and why",
			"netqueue failed -queue nats://host/thumbs -again                      # puts it back",
		},
		Usage: []string{
			"add -queue QUEUE -in PLACE -out PLACE [options]",
			"work -queue QUEUE [options] FILTER [ARG...] [+ FILTER [ARG...]]...",
			"status -queue QUEUE [-watch] [options]",
			"failed -queue QUEUE [-again] [options]",
		},
		Notes: `
QUEUE is nats://HOST[:PORT]/NAME, with several hosts of a cluster nats://A,B,C/NAME, with
TLS tls://HOST/NAME; or embedded:DIR, for which one of the programs that use DIR is the
server. PLACE is s3://BUCKET/PREFIX or a directory. The credentials of S3 are those of
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or of AWS_PROFILE in ~/.aws/credentials. SIZE
is in bytes, or with K, M, G or KiB, MiB, GiB, which are the same. 0 means no limit.`,
		About: manual, SeeAlso: []string{"imggray(1)", "imgscale(1)", "netpipe(1)"},
		Env:   "NETQUEUE",
		Title: "Options of all commands",
		Flags: at.flags(),
		Commands: []app.Command{
			newAdder(at).command(),
			newWorker(at).command(),
			newStatus(at).command(),
			newFailed(at).command(),
		},
		Hint:  hints.Of,
		Words: map[string][]string{"log-format": {"text", "json"}},
	})
}

// manual is the beginning of the manual page.
const manual = `
A queue is a stream of NATS JetStream. The command add adds a job for each object in a
place. The command work does jobs: it reads the object, has FILTER filter it, writes the
result when it is whole, and only then takes the job out of the queue. A filter is any
program that reads stdin to its end, writes its result to stdout, and exits with 0 only if
the result is whole.

An object that the filter refuses has failed, and failed lists it with the filter's words. A
job that fails for another reason, such as a filter that was killed or a store that cannot be
reached, is tried again after pauses that grow. A job whose worker ends without a word is
given to another one.

SIGTERM ends work after the jobs that have begun; a second one ends it at once.`
