package pngrow

import "hash/adler32"

// An adler is the checksum of RFC 1950, section 8; it begins as 1.
type adler uint32

func (a *adler) update(p []byte) {
	*a = a.join(adler(adler32.Checksum(p)), len(p))
}

// join gives the checksum of what a and b are the checksums of, one after the
// other; b's has n bytes.
func (a adler) join(b adler, n int) adler {
	const modulus = 65521
	a1, a2 := uint64(a&0xffff), uint64(a>>16)
	b1, b2 := uint64(b&0xffff), uint64(b>>16)
	s1 := (a1 + b1 + modulus - 1) % modulus
	s2 := (a2 + b2 + uint64(n)%modulus*(a1+modulus-1)) % modulus
	return adler(s2<<16 | s1)
}
