package pngrow

import "io"

// blocks inflates until out is full, or, with io.EOF, to the end of the last block.
func (f *inflater) blocks() error {
	for {
		switch f.state {
		case betweenBlocks:
			if f.final {
				return io.EOF
			}
			if err := f.blockHeader(); err != nil {
				return err
			}
		case inStored:
			if f.write == outSize {
				return nil
			}
			if err := f.storedBytes(); err != nil {
				return err
			}
		case inCompressed:
			if f.write > outSize-maxMatch {
				return nil
			}
			f.fast()
			if f.state == inCompressed && f.write <= outSize-maxMatch {
				if err := f.step(); err != nil {
					return err
				}
			}
		}
	}
}

// blockHeader is RFC 1951, section 3.2.3.
func (f *inflater) blockHeader() error {
	if err := f.need(3); err != nil {
		return err
	}
	f.final = f.take(1) == 1
	switch f.take(2) {
	case 0:
		f.take(f.nhold & 7)
		if err := f.need(32); err != nil {
			return err
		}
		n, inverse := f.take(16), f.take(16)
		if n != ^inverse&0xffff {
			return errDeflate
		}
		f.stored, f.state = int(n), inStored
		if n == 0 {
			f.state = betweenBlocks
		}
		return nil
	case 1:
		f.fixedCodes()
	case 2:
		if err := f.dynamicCodes(); err != nil {
			return err
		}
	default:
		return errDeflate
	}
	f.state = inCompressed
	return nil
}

// storedBytes copies what is there of a stored block.
func (f *inflater) storedBytes() error {
	for f.nhold >= 8 && f.stored > 0 && f.write < outSize {
		f.out[f.write] = byte(f.take(8))
		f.write++
		f.stored--
	}
	if f.nhold == 0 {
		f.hold = 0 // bits above nhold would be or-ed with others
		if f.stored > 0 && f.inAt == len(f.in) {
			if err := f.fill(); err != nil {
				return err
			}
		}
		n := copy(f.out[f.write:outSize], f.in[f.inAt:min(len(f.in), f.inAt+f.stored)])
		f.inAt += n
		f.write += n
		f.stored -= n
	}
	if f.stored == 0 {
		f.state = betweenBlocks
	}
	return nil
}

// fixedCodes is section 3.2.6.
func (f *inflater) fixedCodes() {
	var lengths [288]uint8
	for i := range lengths {
		switch {
		case i < 144:
			lengths[i] = 8
		case i < 256:
			lengths[i] = 9
		case i < 280:
			lengths[i] = 7
		default:
			lengths[i] = 8
		}
	}
	f.literals.build(lengths[:], literalSymbols[:], litRoot, false)
	clear(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	f.distance.build(lengths[:32], distanceSymbols[:], distRoot, false)
}

// preOrder is the order of the code lengths of code lengths: section 3.2.7.
var preOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamicCodes is section 3.2.7.
func (f *inflater) dynamicCodes() error {
	if err := f.need(14); err != nil {
		return err
	}
	literals, distances, pre := int(f.take(5))+257, int(f.take(5))+1, int(f.take(4))+4
	if literals > 286 || distances > 30 {
		return errDeflate
	}
	var preLengths [19]uint8
	for _, symbol := range preOrder[:pre] {
		if err := f.need(3); err != nil {
			return err
		}
		preLengths[symbol] = uint8(f.take(3))
	}
	code := &f.literals // its room is free until its own lengths are known
	if !code.build(preLengths[:], preSymbols[:], preRoot, false) {
		return errDeflate
	}
	var lengths [286 + 30]uint8
	for i := 0; i < literals+distances; {
		entry, err := f.symbol(code)
		if err != nil {
			return err
		}
		symbol := uint8(entry >> 16)
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		var value uint8
		var least, extra uint
		switch symbol {
		case 16:
			if i == 0 {
				return errDeflate
			}
			value, least, extra = lengths[i-1], 3, 2
		case 17:
			least, extra = 3, 3
		case 18:
			least, extra = 11, 7
		}
		if err := f.need(extra); err != nil {
			return err
		}
		n := int(least) + int(f.take(extra))
		if i+n > literals+distances {
			return errDeflate
		}
		for range n {
			lengths[i] = value
			i++
		}
	}
	const end = 256
	if lengths[end] == 0 ||
		!f.literals.build(lengths[:literals], literalSymbols[:], litRoot, true) ||
		!f.distance.build(lengths[literals:literals+distances], distanceSymbols[:], distRoot, true) {
		return errDeflate
	}
	return nil
}

// step inflates one symbol, however little input or room is left.
func (f *inflater) step() error {
	entry, err := f.symbol(&f.literals)
	switch {
	case err != nil:
		return err
	case entry&entryLiteral != 0:
		f.out[f.write] = byte(entry >> 16)
		f.write++
		return nil
	case entry&entryOther != 0: // section 3.2.5: 256
		f.state = betweenBlocks
		return nil
	}
	length, err := f.extra(entry)
	if err != nil {
		return err
	}
	if entry, err = f.symbol(&f.distance); err != nil {
		return err
	}
	distance, err := f.extra(entry)
	if err != nil {
		return err
	}
	if distance > f.write {
		return errDeflate
	}
	copyMatch(f.out, f.write, distance, length)
	f.write += length
	return nil
}

// symbol decodes one symbol.
func (f *inflater) symbol(t *huffmanTable) (uint32, error) {
	if err := f.need(maxCodeBits); err != nil { // no code is among the last bits: Adler-32 is
		return 0, err
	}
	entry := t.entries[f.hold&(1<<t.root-1)]
	used := uint(0)
	if entry&entryLink != 0 {
		used = uint(t.root)
		entry = t.entries[uint64(entry>>16)+f.hold>>used&(1<<(entry>>8&15)-1)]
	}
	if entry&(entryOther|entryEnd) == entryOther {
		return 0, errDeflate
	}
	f.take(used + uint(entry&63))
	return entry, nil
}

// extra adds an entry's extra bits to its base.
func (f *inflater) extra(entry uint32) (int, error) {
	n := uint(entry >> 8 & 15)
	if err := f.need(n); err != nil {
		return 0, err
	}
	return int(entry>>16 + f.take(n)), nil
}
