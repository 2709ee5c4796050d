package objects

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

// A Location is a place for objects: a store and what their keys begin with.
type Location struct {
	Store  string // s3://BUCKET, or file:///DIR
	Prefix string // "", or it ends with a slash
}

const (
	s3Scheme   = "s3://"
	fileScheme = "file://"
)

// ParseLocation reads s3://BUCKET, s3://BUCKET/PREFIX, or the path of a directory.
func ParseLocation(text string) (Location, error) {
	if rest, isS3 := strings.CutPrefix(text, s3Scheme); isS3 {
		bucket, prefix, _ := strings.Cut(rest, "/")
		if bucket == "" || strings.ContainsAny(bucket, "@:?#") {
			return Location{}, errors.New("not s3://BUCKET/PREFIX")
		}
		if prefix != "" && !strings.HasSuffix(prefix, "/") {
			prefix += "/"
		}
		return Location{s3Scheme + bucket, prefix}, nil
	}
	if text == "" || strings.Contains(text, "://") {
		return Location{}, errors.New("want s3://BUCKET/PREFIX or a directory")
	}
	dir, err := filepath.Abs(text)
	if err != nil {
		return Location{}, err
	}
	return Location{Store: (&url.URL{Scheme: "file", Path: dir}).String()}, nil
}

// IsBucket reports whether the place is in a store that speaks S3.
func (l Location) IsBucket() bool { return strings.HasPrefix(l.Store, s3Scheme) }

// Overlaps reports whether the two places are one, or one is inside the other.
func (l Location) Overlaps(other Location) bool {
	a, b := l.path(), other.path()
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}

// path returns the place, with a slash at its end, and with no symbolic link in a directory's.
func (l Location) path() string {
	u, err := url.Parse(l.Store)
	if err != nil || u.Scheme != "file" {
		return l.Store + "/" + l.Prefix
	}
	dir, rest := u.Path, ""
	for { // what is not there yet has no links
		real, err := filepath.EvalSymlinks(dir)
		if err == nil {
			return fileScheme + strings.TrimRight(filepath.Join(real, rest), "/") + "/"
		}
		if dir == filepath.Dir(dir) {
			return fileScheme + u.Path + "/"
		}
		dir, rest = filepath.Dir(dir), filepath.Join(filepath.Base(dir), rest)
	}
}

// Options say how stores are reached.
type Options struct {
	Endpoint string // of a store that is not AWS: http://HOST:PORT or https://HOST
	Region   string // of a bucket; "": that of the environment, or the bucket is asked for it
}

// Open opens the store of a Location. A bucket or a directory that is not there is an error
// of the first request, unless that is a Put in a directory.
func (o Options) Open(store string) (Store, error) {
	if bucket, isS3 := strings.CutPrefix(store, s3Scheme); isS3 {
		return o.openS3(bucket)
	}
	u, err := url.Parse(store)
	if err != nil || !strings.HasPrefix(store, fileScheme) || !filepath.IsAbs(u.Path) {
		return nil, errors.New("not the address of a store: " + store)
	}
	return directory(u.Path), nil
}
