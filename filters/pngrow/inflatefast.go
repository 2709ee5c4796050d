package pngrow

import "encoding/binary"

// inflateFast inflates symbols while in and out have so many bytes left that
// checks once per symbol suffice. It stops at the end of the block, near the end of
// in or out, and at an error; inflateSymbol then takes the next symbol.
func (f *inflater) inflateFast() {
	in, out := f.in, f.out[:outSize+outSlack]
	at, write := f.inAt, f.write
	hold, nhold := f.hold, f.nhold
	literals, distances := f.literals.entries, f.distances.entries
	root := (*[1 << literalRoot]uint32)(literals)
	near := (*[1 << distanceRoot]uint32)(distances)

	for at+16 <= len(in) && write <= outSize-maxMatch {
		// Fill hold to at least 56 bits.
		hold |= binary.LittleEndian.Uint64(in[at:]) << (nhold & 63)
		at += int((63 - nhold) >> 3)
		nhold |= 56

		// Three literals from the root table have 33 bits at most.
		entry := root[hold&(1<<literalRoot-1)]
		if entry&entryLiteral != 0 {
			hold >>= entry & 63
			nhold -= uint(entry & 63)
			out[write] = byte(entry >> 16)
			write++
			entry = root[hold&(1<<literalRoot-1)]
			if entry&entryLiteral != 0 {
				hold >>= entry & 63
				nhold -= uint(entry & 63)
				out[write] = byte(entry >> 16)
				write++
				entry = root[hold&(1<<literalRoot-1)]
				if entry&entryLiteral != 0 {
					hold >>= entry & 63
					nhold -= uint(entry & 63)
					out[write] = byte(entry >> 16)
					write++
					continue
				}
			}
			hold |= binary.LittleEndian.Uint64(in[at:]) << (nhold & 63)
			at += int((63 - nhold) >> 3)
			nhold |= 56
		}
		used := uint(0)
		if entry&entrySubtable != 0 {
			used = literalRoot
			entry = literals[uint64(entry>>16)+hold>>literalRoot&(1<<(entry>>8&15)-1)]
		}
		if entry&entryExceptional != 0 {
			break // the end of the block, or an error
		}
		used += uint(entry & 63)
		if entry&entryLiteral != 0 {
			hold >>= used & 63
			nhold -= used
			out[write] = byte(entry >> 16)
			write++
			continue
		}
		// A length and a distance have 48 bits at most, extra bits included.
		rest := hold >> (used & 63)
		extra := uint(entry >> 8 & 15)
		length := int(uint64(entry>>16) + rest&(1<<extra-1))
		rest >>= extra
		used += extra
		entry = near[rest&(1<<distanceRoot-1)]
		if entry&entrySubtable != 0 {
			rest >>= distanceRoot
			used += distanceRoot
			entry = distances[uint64(entry>>16)+rest&(1<<(entry>>8&15)-1)]
		}
		if entry&entryExceptional != 0 {
			break
		}
		rest >>= entry & 63
		used += uint(entry & 63)
		extra = uint(entry >> 8 & 15)
		distance := int(uint64(entry>>16) + rest&(1<<extra-1))
		used += extra
		if distance > write {
			break
		}
		hold >>= used & 63
		nhold -= used
		copyMatch(out, write, distance, length)
		write += length
	}

	// Return whole unused bytes to in, except those that came before in was
	// refilled.
	back := min(nhold>>3, uint(at))
	f.inAt, f.write = at-int(back), write
	f.hold, f.nhold = hold, nhold-back<<3
}

// copyMatch copies length bytes to out[at:] from distance bytes before; the two
// ranges may overlap. copyMatch may write up to outSlack bytes behind the match.
func copyMatch(out []byte, at, distance, length int) {
	from := at - distance
	if distance >= 8 {
		for end := at + length; at < end; at, from = at+8, from+8 {
			binary.LittleEndian.PutUint64(out[at:], binary.LittleEndian.Uint64(out[from:]))
		}
		return
	}
	to := out[at:][:length]
	for i := range to {
		to[i] = out[from+i]
	}
}
