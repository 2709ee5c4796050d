//go:build !linux

package procpool

// apply does nothing: this system has no call that limits another process.
func (Limits) apply(int, string) error { return nil }

// closeOnExec has no program that is started from now on inherit a descriptor that this
// program has inherited, or that a library has opened for itself.
func closeOnExec() { closeOnExecEach() }
