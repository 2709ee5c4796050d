//go:build !linux

package app

// restoreTimerSlack does nothing: only Linux has a timer slack.
func restoreTimerSlack() {}
