package main

import (
	"cmp"
	"log/slog"
	"os"

	"imgpipe/cmd/internal/sandbox"
)

// sandboxVariable sets the option -sandbox of imggray and imgscale. Other filters ignore
// it.
const sandboxVariable = "IMGPIPE_SANDBOX"

// prepareSandbox returns what the log says of the sandbox that imggray and imgscale have
// as filters. If the system has none and they may run without, this record warns, and
// not each of them.
func prepareSandbox() (record func(*slog.Logger), err error) {
	mode := cmp.Or(os.Getenv(sandboxVariable), "auto")
	system := sandbox.Available()
	if mode == "auto" && !system.Seccomp && system.Landlock == 0 {
		err := os.Setenv(sandboxVariable, "off")
		return func(log *slog.Logger) {
			log.Warn("imggray and imgscale run without a sandbox, which this system does not have")
		}, err
	}
	return func(log *slog.Logger) {
		log.Info("sandbox of imggray and imgscale", "mode", mode, "system", system.String())
	}, nil
}
