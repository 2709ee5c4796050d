//go:build !linux || !(amd64 || arm64)

package sandbox

func enter(Options) (Held, error) { return Held{}, nil }
