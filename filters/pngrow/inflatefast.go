package pngrow

import "encoding/binary"

// fast inflates while there is so much input and room that neither need be
// looked at for each bit. What it can't do, or finds wrong, it leaves to step.
func (f *inflater) fast() {
	in, out := f.in, f.out[:outSize+outSlack]
	at, write := f.inAt, f.write
	hold, nhold := f.hold, f.nhold
	literals, distances := f.literals.entries, f.distance.entries
	root := (*[1 << litRoot]uint32)(literals)
	near := (*[1 << distRoot]uint32)(distances)

	for at+16 <= len(in) && write <= outSize-maxMatch {
		// At least 56 bits from here on.
		hold |= binary.LittleEndian.Uint64(in[at:]) << (nhold & 63)
		at += int((63 - nhold) >> 3)
		nhold |= 56

		// Three literals take no more than 33 bits.
		entry := root[hold&(1<<litRoot-1)]
		if entry&entryLiteral != 0 {
			hold >>= entry & 63
			nhold -= uint(entry & 63)
			out[write] = byte(entry >> 16)
			write++
			entry = root[hold&(1<<litRoot-1)]
			if entry&entryLiteral != 0 {
				hold >>= entry & 63
				nhold -= uint(entry & 63)
				out[write] = byte(entry >> 16)
				write++
				entry = root[hold&(1<<litRoot-1)]
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
		if entry&entryLink != 0 {
			used = litRoot
			entry = literals[uint64(entry>>16)+hold>>litRoot&(1<<(entry>>8&15)-1)]
		}
		if entry&entryOther != 0 {
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
		// A length and a distance take no more than 48 bits.
		rest := hold >> (used & 63)
		extra := uint(entry >> 8 & 15)
		length := int(uint64(entry>>16) + rest&(1<<extra-1))
		rest >>= extra
		used += extra
		entry = near[rest&(1<<distRoot-1)]
		if entry&entryLink != 0 {
			rest >>= distRoot
			used += distRoot
			entry = distances[uint64(entry>>16)+rest&(1<<(entry>>8&15)-1)]
		}
		if entry&entryOther != 0 {
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

	// Whole bytes that weren't used go back, but for those of an earlier in.
	back := min(nhold>>3, uint(at))
	f.inAt, f.write = at-int(back), write
	f.hold, f.nhold = hold, nhold-back<<3
}

// copyMatch repeats length bytes from distance before at; it may write up to
// outSlack bytes too many.
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
