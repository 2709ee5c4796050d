package main

import (
	"slices"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

// checkTLS refuses options of TLS that would do nothing.
func (s *server) checkTLS() error {
	listens := slices.ContainsFunc(s.Listen, netpipe.Addr.IsTLS)
	if err := checkTLS("tls-", s.TLS, listens, "-listen tls:ADDR or https://ADDR"); err != nil {
		return err
	}
	if listens && s.TLS.Cert == "" {
		return app.Usagef("TLS needs a certificate: -tls-cert FILE -tls-key FILE")
	}
	return checkTLS("next-tls-", s.NextTLS, slices.ContainsFunc(s.Next, netpipe.Addr.IsTLS), "-next tls:ADDR or https://ADDR")
}

// checkTLS refuses options that go with TLS if there is none, and a key without a
// certificate.
func checkTLS(prefix string, files netpipe.TLSFiles, isUsed bool, with string) error {
	switch {
	case !files.IsZero() && !isUsed:
		return app.Usagef("the options -%s... go with %s", prefix, with)
	case files.Key != "" && files.Cert == "":
		return app.Usagef("-%skey goes with -%scert", prefix, prefix)
	}
	return nil
}
