package queue

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"imgpipe/netpipe/objects"
)

// A Job is an object that is to be filtered, and the place of its result.
type Job struct {
	In     string `json:"in"`     // the store of the object, as in objects.Location
	Key    string `json:"key"`    // of the object
	Out    string `json:"out"`    // the store of the result
	OutKey string `json:"outKey"` // of the result
	ETag   string `json:"etag"`   // of the object when the job was made
	Size   int64  `json:"size"`   // of the object then, in bytes

	Seen  int64 `json:"seen,omitempty"`  // when the object was there, in seconds since 1970
	Force bool  `json:"force,omitempty"` // do it also if the result is there
}

// newJob returns the job of an object in the place in. Behind their prefixes, the keys of the
// object and of its result are the same.
func newJob(in, out objects.Location, o objects.Object) Job {
	return Job{
		In: in.Store, Key: o.Key, Out: out.Store, OutKey: out.Prefix + strings.TrimPrefix(o.Key, in.Prefix),
		ETag: o.ETag, Size: o.Size,
	}
}

// parseJob reads a message.
func parseJob(data []byte) (job Job, err error) {
	if err := json.Unmarshal(data, &job); err != nil || job.In == "" || job.Key == "" || job.Out == "" || job.OutKey == "" {
		return Job{}, errors.New("the message is no job")
	}
	return job, nil
}

func (j Job) message() []byte {
	data, _ := json.Marshal(j) // never fails
	return data
}

// name returns 32 hexadecimal digits: jobs of one object with one content, and one place for
// the result, have one name.
func (j Job) name() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{j.In, j.Key, j.Out, j.OutKey, j.ETag}, "\n")))
	return hex.EncodeToString(sum[:16])
}

// id returns the Nats-Msg-Id: that of a job that is forced is another one.
func (j Job) id() string {
	if j.Force {
		return j.name() + "-force"
	}
	return j.name()
}

// idAgain returns the id of the job when its message with a sequence number has left the stream.
func (j Job) idAgain(left uint64) string { return fmt.Sprintf("%s-%d", j.id(), left) }

// String returns the place of the object.
func (j Job) String() string { return j.In + "/" + j.Key }
