package objects

import (
	"cmp"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// A bucket is a Store in a service that speaks S3.
type bucket struct {
	client *minio.Core
	name   string
}

// ErrNoCredentials: neither the environment nor the file of credentials has a key for S3.
var ErrNoCredentials = errors.New("no credentials for S3: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write ~/.aws/credentials")

// userHeader begins the headers of the user's metadata. Without it, minio-go takes some names
// for headers of S3, such as x-amz-acl and Content-Encoding.
const userHeader = "X-Amz-Meta-"

// sourceName is the user's metadata that has an object's Source: x-amz-meta-netqueue-source.
const sourceName = "Netqueue-Source"

// openS3 opens a bucket with the credentials of the environment, else those of the file
// (AWS_SHARED_CREDENTIALS_FILE, AWS_PROFILE). At an endpoint that is not AWS's the name of
// the bucket is in the path, not in the name of the host.
func (o Options) openS3(name string) (Store, error) {
	secrets := credentials.NewChainCredentials([]credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}})
	if value, err := secrets.GetWithContext(nil); err != nil || value.SignerType.IsAnonymous() {
		return nil, ErrNoCredentials
	}
	config := &minio.Options{
		Creds: secrets, Secure: true, MaxRetries: 1, // the caller tries again
		Region: cmp.Or(o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION")),
	}
	host := "s3.amazonaws.com"
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" {
			return nil, errors.New("the endpoint of S3: want http://HOST:PORT or https://HOST")
		}
		host, config.Secure, config.BucketLookup = u.Host, u.Scheme == "https", minio.BucketLookupPath
		config.Region = cmp.Or(config.Region, "us-east-1")
	}
	client, err := minio.NewCore(host, config)
	if err != nil {
		return nil, err
	}
	return &bucket{client, name}, nil
}

// List implements Store. A page of it has up to 1000 objects (ListObjectsV2). Empty objects
// whose keys end with a slash are folders that a console has made.
func (b *bucket) List(ctx context.Context, prefix, after string, each func(Object) error) error {
	ctx, stop := context.WithCancel(ctx) // ends the list early
	defer stop()
	for info := range b.client.Client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true}) {
		if info.Err != nil {
			return b.named("", info.Err)
		}
		if info.Size == 0 && strings.HasSuffix(info.Key, "/") {
			continue
		}
		if err := each(Object{Key: info.Key, Size: info.Size, ETag: info.ETag}); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Stat implements Store.
func (b *bucket) Stat(ctx context.Context, key string) (Object, error) {
	info, err := b.client.StatObject(ctx, b.name, key, minio.StatObjectOptions{})
	// An answer to HEAD has no words.
	if said := new(minio.ErrorResponse); errors.As(err, said) && said.StatusCode == http.StatusNotFound {
		return Object{}, fmt.Errorf("%s: %w", b.address(key), ErrNotFound)
	} else if err != nil {
		return Object{}, b.named(key, err)
	}
	return objectOf(key, info), nil
}

// Get implements Store.
func (b *bucket) Get(ctx context.Context, key string) (Object, io.ReadCloser, error) {
	content, info, _, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err != nil {
		return Object{}, nil, b.named(key, err)
	}
	return objectOf(key, info), content, nil
}

// Put implements Store, by one request. It has two checksums that the store compares:
// Content-MD5, and the SHA-256 that is signed.
func (b *bucket) Put(ctx context.Context, o Object, content func() io.Reader) error {
	sum, signed := md5.New(), sha256.New()
	if _, err := io.Copy(io.MultiWriter(sum, signed), content()); err != nil {
		return err
	}
	metadata := map[string]string{}
	for name, value := range o.Metadata {
		// RFC 2047, which AWS decodes; minio-go does so where the value is read.
		metadata[userHeader+name] = mime.BEncoding.Encode("UTF-8", value)
	}
	if o.Source != "" {
		metadata[userHeader+sourceName] = o.Source
	}
	// DisableContentSha256: minio-go would sign each piece of the content instead.
	_, err := b.client.PutObject(ctx, b.name, o.Key, content(), o.Size, base64.StdEncoding.EncodeToString(sum.Sum(nil)), hex.EncodeToString(signed.Sum(nil)),
		minio.PutObjectOptions{ContentType: o.ContentType, UserMetadata: metadata, DisableContentSha256: true})
	return b.named(o.Key, err)
}

func objectOf(key string, info minio.ObjectInfo) Object {
	metadata := maps.Clone(map[string]string(info.UserMetadata))
	source := metadata[sourceName]
	delete(metadata, sourceName)
	return Object{Key: key, Size: info.Size, ETag: info.ETag, Source: source, ContentType: info.ContentType, Metadata: metadata}
}

// named adds the object and S3's code to an error of a request whose answer may have words,
// and ErrNotFound, ErrBusy or fs.ErrPermission if that is what the store says. A 404 without
// S3's words, such as a web server's, and one with others, such as InvalidAccessKeyId, are not
// about the object.
func (b *bucket) named(key string, err error) error {
	if err == nil {
		return nil
	}
	said := minio.ErrorResponse{}
	isSaid := errors.As(err, &said)
	if isSaid && !strings.Contains(err.Error(), said.Code) { // minio-go gives only the message
		err = fmt.Errorf("%w (%s, HTTP status %d)", err, said.Code, said.StatusCode)
	}
	switch {
	case !isSaid:
	case said.StatusCode == http.StatusServiceUnavailable || said.StatusCode == http.StatusTooManyRequests ||
		said.StatusCode == http.StatusInsufficientStorage || strings.HasPrefix(said.Code, "SlowDown"):
		err = fmt.Errorf("%w: %w", ErrBusy, err)
	case said.Code == minio.AccessDenied:
		err = fmt.Errorf("%w: %w", fs.ErrPermission, err)
	case said.Code == minio.NoSuchKey && said.XMLName.Local == "": // minio-go's guess
		err = errors.New("404 Not Found, which is not S3's answer")
	case said.Code == minio.NoSuchKey:
		err = ErrNotFound
	}
	return fmt.Errorf("%s: %w", b.address(key), err)
}

// address returns the place of an object.
func (b *bucket) address(key string) string { return s3Scheme + b.name + "/" + key }
