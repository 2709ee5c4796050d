//go:build !noasm

package pngrow

func unfilterPaeth(dst, src, above []byte, unit int) {
	n := len(dst) - unfilterSlack
	if n > 0 {
		unfilterPaethSSE2(&dst[0], &src[0], &above[0], n, unit)
	}
}

// unfilterPaethSSE2 is unfilterPaethGo for a row of n bytes. It reads unfilterSlack
// bytes behind src and above, and writes as many behind dst.
//
//go:noescape
func unfilterPaethSSE2(dst, src, above *byte, n, unit int)
