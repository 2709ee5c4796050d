//go:build !amd64 || noasm

package pngrow

func unfilterPaeth(dst, src, above []byte, unit int) { unfilterPaethGo(dst, src, above, unit) }
