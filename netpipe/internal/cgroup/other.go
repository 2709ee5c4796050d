//go:build !linux

package cgroup

// A Tree does not exist on this system.
type Tree struct{}

// A Group does not exist on this system.
type Group struct{}

// Delegated returns nil: this system has no cgroups.
func Delegated() (*Tree, error) { return nil, nil }

// HasMemory returns false.
func (*Tree) HasMemory() bool { return false }

// Close does nothing.
func (*Tree) Close() {}

// Usage returns nothing.
func (*Group) Usage() Usage { return Usage{} }

// Close does nothing.
func (*Group) Close() {}
