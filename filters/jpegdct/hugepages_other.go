//go:build !linux

package jpegdct

// adviseHugePages does nothing here.
func adviseHugePages([]coefs) {}
