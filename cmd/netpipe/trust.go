package main

import (
	"slices"

	"imgpipe/cmd/internal/app"
	"imgpipe/netpipe"
)

func (s *server) trustFlag() *app.Flag {
	return &app.Flag{Name: "trust", Usage: "let proxies in `CIDR` say who their clients are: over HTTP by Forwarded or X-Forwarded-For, and with -proxy-protocol by its header; unix stands for all that connect to a unix socket; may be repeated", Value: &app.List{
		Clear: func() { s.Trust, s.TrustUnix = nil, false },
		Add: func(text string) error {
			if text == "unix" {
				s.TrustUnix = true
				return nil
			}
			p, err := parsePrefix(text)
			s.Trust = append(s.Trust, p)
			return err
		},
	}}
}

// checkTrust refuses options of proxies that would do nothing, or shut all out.
func (s *server) checkTrust() error {
	trustsAny := len(s.Trust) > 0 || s.TrustUnix
	switch {
	case s.ProxyProtocol && !trustsAny:
		return app.Usagef("-proxy-protocol needs the addresses of the proxies: -trust CIDR")
	case trustsAny && !s.ProxyProtocol && !slices.ContainsFunc(s.Listen, netpipe.Addr.IsHTTP):
		return app.Usagef("-trust goes with -proxy-protocol, or with -listen http://... or https://...")
	}
	return nil
}
