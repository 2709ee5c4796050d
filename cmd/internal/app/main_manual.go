//go:build manual

package app

import (
	"fmt"
	"os"
)

// Main prints the manual page of p, in a program that is built with the tag manual:
//
//	go run -tags manual ./cmd/imggray > imggray.1
func Main(p Program) {
	if err := p.manual(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(exitFailure)
	}
}
