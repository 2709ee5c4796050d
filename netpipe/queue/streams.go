package queue

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	// duplicates is how long the server knows the ids of jobs. It is memory of the server,
	// some 100 bytes for each job that is added in this time.
	duplicates = 10 * time.Minute

	// ackWait is used where Config.AckWait is 0.
	ackWait = 30 * time.Second

	// maxWaiting is how many workers may ask for a job at once.
	maxWaiting = 1 << 16

	// consumer is the name of the one consumer of jobs, that all workers share.
	consumer = "work"
)

func (q *Queue) jobsStream() string     { return "netqueue-" + q.config.Address.Name }
func (q *Queue) failuresStream() string { return q.jobsStream() + "-failed" }
func (q *Queue) talliesStream() string  { return q.jobsStream() + "-tally" }
func (q *Queue) jobSubject() string     { return "netqueue." + q.config.Address.Name + ".job" }

// failureSubject returns the subject of the failure of the job with a name, or of all failures
// ("*").
func (q *Queue) failureSubject(name string) string {
	return "netqueue." + q.config.Address.Name + ".failed." + name
}

// tallySubject returns the subject of the tally of the message with a sequence number in the
// stream of jobs, or of all tallies ("*").
func (q *Queue) tallySubject(message any) string {
	return fmt.Sprintf("netqueue.%s.tally.%v", q.config.Address.Name, message)
}

// openStreams finds the queue's streams, and makes them if Config.Make says so.
func (q *Queue) openStreams(ctx context.Context) (err error) {
	if q.jobs, err = q.openStream(ctx, jetstream.StreamConfig{
		Name:       q.jobsStream(),
		Subjects:   []string{q.jobSubject()},
		Retention:  jetstream.WorkQueuePolicy, // a job that is acknowledged is gone
		Duplicates: duplicates,
	}); err != nil {
		return err
	}
	if q.config.Make {
		if err := q.nameFailures(ctx); err != nil {
			return err
		}
	}
	if q.failures, err = q.openStream(ctx, jetstream.StreamConfig{
		Name:              q.failuresStream(),
		Subjects:          []string{q.failureSubject("*")},
		MaxMsgsPerSubject: 1,
		AllowDirect:       true,
	}); err != nil || !q.config.Make {
		return err
	}
	q.tallies, err = q.openStream(ctx, jetstream.StreamConfig{
		Name:              q.talliesStream(),
		Subjects:          []string{q.tallySubject("*")},
		MaxMsgsPerSubject: 1,
		MaxAge:            tallyAge,
		Replicas:          q.jobs.CachedInfo().Config.Replicas,
	})
	return err
}

// openStream finds or makes a stream, and sets what Config and this version want otherwise.
func (q *Queue) openStream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	stream, err := q.js.Stream(ctx, config.Name)
	missing := errors.Is(err, jetstream.ErrStreamNotFound)
	switch {
	case missing && !q.config.Make:
		return nil, fmt.Errorf("%s: %w", q.config.Address.Name, ErrNoQueue)
	case missing:
		config.Replicas = cmp.Or(q.config.Replicas, config.Replicas, 1)
	case err != nil:
		return nil, fmt.Errorf("the stream %s: %w", config.Name, err)
	default:
		at := stream.CachedInfo().Config
		wanted := at // with what others have set
		wanted.Replicas = cmp.Or(q.config.Replicas, at.Replicas)
		if config.MaxMsgsPerSubject != 0 { // failures of an earlier version had no names
			wanted.MaxMsgsPerSubject = config.MaxMsgsPerSubject
		}
		if !q.config.Make || wanted.Replicas == at.Replicas && wanted.MaxMsgsPerSubject == at.MaxMsgsPerSubject {
			return stream, nil
		}
		config = wanted
	}
	if stream, err = q.js.CreateOrUpdateStream(ctx, config); err != nil {
		return nil, fmt.Errorf("make the stream %s: %w", config.Name, err)
	}
	return stream, nil
}

// openConsumer returns the consumer of jobs, and makes it if there is none. A job that is not
// acknowledged is delivered again and again: the workers count, and put an end to it.
func (q *Queue) openConsumer(ctx context.Context) (jetstream.Consumer, error) {
	c, err := q.jobs.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable:       consumer,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       cmp.Or(q.config.AckWait, ackWait),
		MaxDeliver:    -1,
		MaxAckPending: -1,
		MaxWaiting:    maxWaiting,
	})
	if errors.Is(err, jetstream.ErrConsumerExists) { // with another ack wait
		c, err = q.jobs.Consumer(ctx, consumer)
	}
	if err != nil {
		return nil, fmt.Errorf("open the consumer of %s: %w", q.jobsStream(), err)
	}
	return c, nil
}

// setAckWait is openConsumer, and gives the consumer Config.AckWait, unless a job is at work or
// another worker asks for one: that worker says that it is alive as often as the ack wait which
// it has found demands.
func (q *Queue) setAckWait(ctx context.Context) error {
	c, err := q.openConsumer(ctx)
	if err != nil {
		return err
	}
	info := c.CachedInfo()
	if q.config.AckWait == 0 || q.config.AckWait == info.Config.AckWait {
		return nil
	}
	if info.NumWaiting > 0 || info.NumAckPending > 0 {
		q.log.Warn("other workers are at work: the queue keeps its ack wait", "is", info.Config.AckWait, "not", q.config.AckWait)
		return nil
	}
	info.Config.AckWait = q.config.AckWait
	if _, err := q.jobs.UpdateConsumer(ctx, info.Config); err != nil {
		return fmt.Errorf("change the consumer of %s: %w", q.jobsStream(), err)
	}
	return nil
}
