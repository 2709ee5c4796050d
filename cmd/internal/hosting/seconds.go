package hosting

import "os"

// LimitSeconds sets the option -max-seconds of imggray and imgscale, unless the user
// has. It is the last net below their other limits.
func LimitSeconds() error {
	const name, limit = "IMGPIPE_MAX_SECONDS", "60"
	if _, set := os.LookupEnv(name); set {
		return nil
	}
	return os.Setenv(name, limit)
}
