package pipetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"sync"
	"time"

	"imgpipe/netpipe/internal/tlsconn"
)

// An Authority makes certificates for tests, and files of them that Main removes.
type Authority struct {
	File string // its own certificate

	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority returns a new one.
func NewAuthority() *Authority {
	a := &Authority{key: newKey()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "an authority of tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der := must(x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key))
	a.cert = must(x509.ParseCertificate(der))
	a.File = writePEM("authority", "CERTIFICATE", der)
	return a
}

// TestAuthority is the one that the servers and clients of tests trust.
var TestAuthority = sync.OnceValue(NewAuthority)

// Issue returns the files of a certificate, with the authority's, for localhost and
// 127.0.0.1, for both sides. Change may change it before it is signed.
func (a *Authority) Issue(name string, change func(*x509.Certificate)) tlsconn.Files {
	key := newKey()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if change != nil {
		change(template)
	}
	der := must(x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key))
	return tlsconn.Files{
		Cert: writePEM("cert", "CERTIFICATE", der),
		Key:  writePEM("key", "PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(key))),
		CA:   a.File,
	}
}

// ServerFiles are the files of the servers of tests, with a CA.
var ServerFiles = sync.OnceValue(func() tlsconn.Files { return TestAuthority().Issue("a server of tests", nil) })

// ClientFiles are those of a client.
var ClientFiles = sync.OnceValue(func() tlsconn.Files { return TestAuthority().Issue("a client of tests", nil) })

// certificateDir holds the files.
var certificateDir = sync.OnceValue(func() string { return must(os.MkdirTemp("", "netpipe-certificates-")) })

// madeCertificates is true once there are files.
var madeCertificates bool

var writing sync.Mutex

func writePEM(name, kind string, der []byte) string {
	writing.Lock()
	defer writing.Unlock()
	madeCertificates = true
	file := must(os.CreateTemp(certificateDir(), name+"-*.pem"))
	defer file.Close()
	if err := pem.Encode(file, &pem.Block{Type: kind, Bytes: der}); err != nil {
		panic(err)
	}
	return file.Name()
}

func removeCertificates() {
	if madeCertificates {
		os.RemoveAll(certificateDir())
	}
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
