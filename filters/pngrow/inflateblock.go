package pngrow

import "io"

// inflateBlocks inflates until out is full. It returns io.EOF at the end of the
// last block.
func (f *inflater) inflateBlocks() error {
	for {
		switch f.state {
		case betweenBlocks:
			if f.final {
				return io.EOF
			}
			if err := f.readBlockHeader(); err != nil {
				return err
			}
		case inStored:
			if f.write == outSize {
				return nil
			}
			if err := f.copyStored(); err != nil {
				return err
			}
		case inCompressed:
			if f.write > outSize-maxMatch {
				return nil
			}
			f.inflateFast()
			if f.state == inCompressed && f.write <= outSize-maxMatch {
				if err := f.inflateSymbol(); err != nil {
					return err
				}
			}
		}
	}
}

// readBlockHeader reads a block header (RFC 1951, section 3.2.3), and what precedes
// the data of the block: a length or Huffman codes.
func (f *inflater) readBlockHeader() error {
	if err := f.ensureBits(3); err != nil {
		return err
	}
	f.final = f.takeBits(1) == 1
	switch f.takeBits(2) {
	case 0:
		f.takeBits(f.nhold & 7)
		if err := f.ensureBits(32); err != nil {
			return err
		}
		n, inverse := f.takeBits(16), f.takeBits(16)
		if n != ^inverse&0xffff {
			return errDeflate
		}
		f.stored, f.state = int(n), inStored
		if n == 0 {
			f.state = betweenBlocks
		}
		return nil
	case 1:
		f.buildFixedCodes()
	case 2:
		if err := f.readDynamicCodes(); err != nil {
			return err
		}
	default:
		return errDeflate
	}
	f.state = inCompressed
	return nil
}

// copyStored copies bytes of a stored block, as far as in and out allow (RFC 1951,
// section 3.2.4).
func (f *inflater) copyStored() error {
	for f.nhold >= 8 && f.stored > 0 && f.write < outSize {
		f.out[f.write] = byte(f.takeBits(8))
		f.write++
		f.stored--
	}
	if f.nhold == 0 {
		f.hold = 0 // it may contain bits of bytes that are copied below
		if f.stored > 0 && f.inAt == len(f.in) {
			if err := f.refill(); err != nil {
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

// buildFixedCodes builds the tables of the fixed Huffman codes (RFC 1951, section
// 3.2.6).
func (f *inflater) buildFixedCodes() {
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
	f.literals.build(lengths[:], literalSymbols[:], literalRoot, false)
	clear(lengths[:])
	for i := range 32 {
		lengths[i] = 5
	}
	f.distances.build(lengths[:32], distanceSymbols[:], distanceRoot, false)
}

// codeLengthOrder is the order in which the lengths of the code length codes are
// stored (RFC 1951, section 3.2.7).
var codeLengthOrder = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// readDynamicCodes reads dynamic Huffman codes (RFC 1951, section 3.2.7).
func (f *inflater) readDynamicCodes() error {
	if err := f.ensureBits(14); err != nil {
		return err
	}
	literals, distances, codeLengths := int(f.takeBits(5))+257, int(f.takeBits(5))+1, int(f.takeBits(4))+4
	if literals > 286 || distances > 30 {
		return errDeflate
	}
	var ownLengths [19]uint8 // of the code length codes
	for _, symbol := range codeLengthOrder[:codeLengths] {
		if err := f.ensureBits(3); err != nil {
			return err
		}
		ownLengths[symbol] = uint8(f.takeBits(3))
	}
	code := &f.literals // this table is free until its own code lengths are known
	if !code.build(ownLengths[:], codeLengthSymbols[:], codeLengthRoot, false) {
		return errDeflate
	}
	var lengths [286 + 30]uint8
	for i := 0; i < literals+distances; {
		entry, err := f.decodeSymbol(code)
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
		if err := f.ensureBits(extra); err != nil {
			return err
		}
		n := int(least) + int(f.takeBits(extra))
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
		!f.literals.build(lengths[:literals], literalSymbols[:], literalRoot, true) ||
		!f.distances.build(lengths[literals:literals+distances], distanceSymbols[:], distanceRoot, true) {
		return errDeflate
	}
	return nil
}

// inflateSymbol inflates one symbol: a literal, a match or the end of the block. It
// also works near the ends of in and out, where inflateFast does not.
func (f *inflater) inflateSymbol() error {
	entry, err := f.decodeSymbol(&f.literals)
	switch {
	case err != nil:
		return err
	case entry&entryLiteral != 0:
		f.out[f.write] = byte(entry >> 16)
		f.write++
		return nil
	case entry&entryExceptional != 0: // 256, the end of the block (RFC 1951, section 3.2.5)
		f.state = betweenBlocks
		return nil
	}
	length, err := f.readExtra(entry)
	if err != nil {
		return err
	}
	if entry, err = f.decodeSymbol(&f.distances); err != nil {
		return err
	}
	distance, err := f.readExtra(entry)
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

// decodeSymbol returns the entry of the next symbol and removes its code.
func (f *inflater) decodeSymbol(t *huffmanTable) (uint32, error) {
	if err := f.ensureBits(maxCodeBits); err != nil { // the 32 bits of the Adler-32 follow any code
		return 0, err
	}
	entry := t.entries[f.hold&(1<<t.root-1)]
	used := uint(0)
	if entry&entrySubtable != 0 {
		used = uint(t.root)
		entry = t.entries[uint64(entry>>16)+f.hold>>used&(1<<(entry>>8&15)-1)]
	}
	if entry&(entryExceptional|entryEnd) == entryExceptional {
		return 0, errDeflate
	}
	f.takeBits(used + uint(entry&63))
	return entry, nil
}

// readExtra returns the length or distance that an entry's base and its extra bits
// add up to.
func (f *inflater) readExtra(entry uint32) (int, error) {
	n := uint(entry >> 8 & 15)
	if err := f.ensureBits(n); err != nil {
		return 0, err
	}
	return int(entry>>16 + f.takeBits(n)), nil
}
