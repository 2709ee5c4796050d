// Package objects reads and writes objects, such as pictures: in a bucket of a store that
// speaks S3, or in a directory. An object is there whole or not at all.
package objects

import (
	"context"
	"errors"
	"io"
	"time"
)

// A Store has objects by their keys, such as 2026/a.jpg. Several goroutines may use it at
// once. The errors name the object.
type Store interface {
	// List calls each with the objects whose keys begin with prefix, in an order that is
	// always the same, from the one behind the key after. Of an object it has Key, Size and
	// ETag. An error of each ends the list.
	List(ctx context.Context, prefix, after string, each func(Object) error) error

	// Stat returns an object without its content.
	Stat(ctx context.Context, key string) (Object, error)

	// Get returns an object with its content, which the caller closes. A Read fails if the
	// content ends before its size, or if it changes while it is read.
	Get(ctx context.Context, key string) (Object, io.ReadCloser, error)

	// Put writes an object of o.Size bytes, with all but the ETag of o, in place of one that
	// is there. Content returns a new reader of the bytes at each call.
	Put(ctx context.Context, o Object, content func() io.Reader) error

	// Check returns an error if the store as a whole cannot be used at the moment: a request
	// that fails then says nothing of its object. The store had objects at the time filled;
	// zero: it may have had none.
	Check(ctx context.Context, filled time.Time) error
}

// An Object is what a store tells of an object.
type Object struct {
	Key  string
	Size int64  // in bytes
	ETag string // another one for another content

	Source string // the ETag of the object that this one was made of; "" if it is not known

	ContentType string            // not of a directory
	Metadata    map[string]string // of the user; not of a directory
}

// Errors of a Store. Those that it returns wrap them, or fs.ErrPermission if the store denies
// the request (S3: AccessDenied; a directory: EACCES, EPERM).
var (
	ErrNotFound = errors.New("there is no such object")

	// ErrKey: no object of the store can have the key.
	ErrKey = errors.New("the key cannot be the name of a file")

	// ErrBusy: the store asks for fewer requests (S3: 503, 429, SlowDown), or has no room (S3:
	// 507; a directory: ENOSPC, EDQUOT, EROFS).
	ErrBusy = errors.New("the store is busy or full")
)
