package pngrow

import "hash/adler32"

// An adler is an Adler-32 checksum (RFC 1950, section 8). Its initial value is 1.
type adler uint32

func (a *adler) update(p []byte) {
	*a = a.combine(adler(adler32.Checksum(p)), len(p))
}

// combine returns the checksum of two concatenated byte strings from their
// checksums a and b. The second string has n bytes.
func (a adler) combine(b adler, n int) adler {
	const modulus = 65521
	a1, a2 := uint64(a&0xffff), uint64(a>>16)
	b1, b2 := uint64(b&0xffff), uint64(b>>16)
	s1 := (a1 + b1 + modulus - 1) % modulus
	s2 := (a2 + b2 + uint64(n)%modulus*(a1+modulus-1)) % modulus
	return adler(s2<<16 | s1)
}
