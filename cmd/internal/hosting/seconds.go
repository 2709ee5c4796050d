package hosting

import "os"

// LimitSeconds sets the option -max-seconds of imggray and imgscale by its environment
// variable, unless the user has set that. The option ends what takes too long although it
// is within their other limits.
func LimitSeconds() error {
	const name, limit = "IMGPIPE_MAX_SECONDS", "60"
	if _, set := os.LookupEnv(name); set {
		return nil
	}
	return os.Setenv(name, limit)
}
