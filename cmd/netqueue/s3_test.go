package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"imgpipe/netpipe/objects/s3test"
)

// The scripts in testdata/s3 run the real program with a bucket $BUCKET of a real server $S3,
// which speaks TLS, and with $BUSYBUCKET of $BUSYS3, which answers one request at a time and
// says SlowDown to all others.
func TestScriptsS3(t *testing.T) {
	server, busy := s3test.StartTLS(t), s3test.Start(t, "--max-requests", "1")
	params := scripts("testdata/s3")
	setup := params.Setup
	params.Setup = func(env *testscript.Env) error {
		for name, value := range map[string]string{
			"AWS_ACCESS_KEY_ID": s3test.Key, "AWS_SECRET_ACCESS_KEY": s3test.Secret,
			"S3": server.Endpoint, "BUCKET": "s3://" + server.Bucket, "SSL_CERT_FILE": server.CA,
			"BUSYS3": busy.Endpoint, "BUSYBUCKET": "s3://" + busy.Bucket,
		} {
			env.Setenv(name, value)
		}
		return setup(env)
	}
	testscript.Run(t, params)
}
