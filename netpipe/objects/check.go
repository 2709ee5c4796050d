package objects

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
)

// checked is the key of no object.
const checked = "netqueue-check/no-such-object"

// Check implements Store, by a list of one object. A login that may not list may still read
// and write, and so may one of a store without lists: these answers are no error. If the list
// is an error of the server, a GET of an object that is not there tells whether lists alone
// fail. Any other answer is about the bucket, the login, or the server.
func (b *bucket) Check(ctx context.Context, _ time.Time) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	list, end := iter.Pull(b.client.Client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{MaxKeys: 1}))
	defer end()
	first, _ := list() // zero: the bucket is empty
	if said := new(minio.ErrorResponse); errors.As(first.Err, said) {
		switch {
		case said.Code == minio.AccessDenied || said.Code == minio.NotImplemented:
			return nil
		case said.StatusCode >= http.StatusInternalServerError:
			_, content, err := b.Get(ctx, checked)
			if err == nil {
				content.Close()
			}
			if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, fs.ErrPermission) {
				return nil
			}
		}
	}
	return b.named("", cmp.Or(first.Err, ctx.Err()))
}

// Check implements Store. The directory is not there, or it was empty when it should have had
// objects: the file system that has them is not mounted.
func (d directory) Check(_ context.Context, filled time.Time) error {
	dir, err := os.Open(string(d))
	if err != nil {
		return err
	}
	defer dir.Close()
	st, err := dir.Stat()
	if err != nil {
		return err
	}
	_, err = dir.Readdirnames(1)
	switch {
	case err == io.EOF && st.ModTime().Before(filled):
		return fmt.Errorf("%s: the directory has been empty since %s: is its file system mounted?", string(d), st.ModTime().Format(time.DateTime))
	case err == io.EOF:
		return nil
	}
	return err
}
