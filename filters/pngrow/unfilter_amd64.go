package pngrow

func unfilterPaeth(dst, src, above []byte, unit int) {
	n := len(dst) - unfilterSlack
	if n > 0 {
		unfilterPaethSSE2(&dst[0], &src[0], &above[0], n, unit)
	}
}

// unfilterPaethSSE2 does n bytes, of which src and above have unfilterSlack more
// that can be read, and dst that can be written.
//
//go:noescape
func unfilterPaethSSE2(dst, src, above *byte, n, unit int)
