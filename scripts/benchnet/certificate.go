package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A certificate is that of servers with TLS on 127.0.0.1.
type certificate struct {
	file   string      // with its key, in PEM
	client *tls.Config // of clients that trust it alone, and resume no session
}

// newCertificate makes a certificate with a key of P-256, in a folder.
func newCertificate(dir string) (certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return certificate{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return certificate{}, err
	}
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	trust := x509.NewCertPool()
	if !trust.AppendCertsFromPEM(chain) {
		return certificate{}, errors.New("the certificate cannot be read")
	}
	c := certificate{filepath.Join(dir, "certificate.pem"), &tls.Config{ServerName: "127.0.0.1", RootCAs: trust}}
	return c, os.WriteFile(c.file, append(chain, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), 0o600)
}
