package zstd

import "io"

// sequenceTables are the tables for the three numbers of a sequence, as the current block
// has them: literal lengths, offsets and match lengths. An empty one is not there yet.
type sequenceTables struct{ literalLength, offset, matchLength fseTable }

// A sequence is literals to be taken and then a match: bytes to be copied from what came
// offset bytes before.
type sequence struct{ literals, offset, match int }

func (s *sequenceTables) reset() {
	for _, t := range []*fseTable{&s.literalLength, &s.offset, &s.matchLength} {
		t.entries = t.entries[:0]
	}
}

// decompressBlock decompresses the content of a compressed block (section 3.1.1.3).
func (d *Decoder) decompressBlock(src []byte) error {
	src, err := d.readLiterals(src)
	if err != nil {
		return err
	}
	src, count, err := sequenceCount(src)
	if err != nil {
		return err
	}
	if count == 0 {
		if len(src) > 0 {
			return corrupt("bytes behind a block without sequences")
		}
	} else {
		if src, err = d.sequence.read(src); err != nil {
			return err
		}
		if err := d.runSequences(src, count); err != nil {
			return err
		}
	}
	copy(d.extend(len(d.literals.left)), d.literals.left)
	return nil
}

// sequenceCount reads how many sequences there are (section 3.1.1.3.2.1).
func sequenceCount(src []byte) (rest []byte, count int, err error) {
	if len(src) == 0 {
		return nil, 0, io.ErrUnexpectedEOF
	}
	first := int(src[0])
	src = src[1:]
	switch {
	case first < 128:
		return src, first, nil
	case first < 255 && len(src) >= 1:
		return src[1:], (first-128)<<8 + int(src[0]), nil
	case first == 255 && len(src) >= 2:
		return src[2:], int(src[0]) + int(src[1])<<8 + 0x7f00, nil
	}
	return nil, 0, io.ErrUnexpectedEOF
}

// read makes the tables of a block from their descriptions and returns what follows
// (section 3.1.1.3.2.1).
func (s *sequenceTables) read(src []byte) (rest []byte, err error) {
	if len(src) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	modes := src[0]
	if modes&3 != 0 {
		return nil, corrupt("reserved bits before the sequences")
	}
	src = src[1:]
	if src, err = s.literalLength.readMode(src, modes>>6, &literalLengths); err != nil {
		return nil, err
	}
	if src, err = s.offset.readMode(src, modes>>4&3, &offsets); err != nil {
		return nil, err
	}
	return s.matchLength.readMode(src, modes>>2&3, &matchLengths)
}

// readMode makes a table as one of the four modes says.
func (t *fseTable) readMode(src []byte, mode uint8, k *numberKind) (rest []byte, err error) {
	switch mode {
	case 0: // predefined
		t.build(k.counts, k.log)
	case 1: // one symbol
		if len(src) == 0 {
			return nil, io.ErrUnexpectedEOF
		}
		if int(src[0]) >= k.symbols {
			return nil, corrupt("symbol %d of %d", src[0], k.symbols)
		}
		t.single(src[0])
		src = src[1:]
	case 2:
		return t.read(src, k.symbols, k.maxLog)
	case 3: // that of the block before
		if len(t.entries) == 0 {
			return nil, corrupt("no table to be used again")
		}
	}
	return src, nil
}

// runSequences decodes sequences and carries them out (section 3.1.1.3.2.1.1), until the
// output is full.
func (d *Decoder) runSequences(src []byte, count int) error {
	r, err := newReverseReader(src)
	if err != nil {
		return err
	}
	literalLength := d.sequence.literalLength.start(&r)
	offset := d.sequence.offset.start(&r)
	matchLength := d.sequence.matchLength.start(&r)
	begin := len(d.out)
	for i := range count {
		var s sequence
		r.refill()
		code := int(offset.symbol())
		value := 1<<code + r.read(code)
		r.refill()
		n := matchLengthOf[matchLength.symbol()]
		s.match = int(n.base) + r.read(int(n.bits))
		n = literalLengthOf[literalLength.symbol()]
		s.literals = int(n.base) + r.read(int(n.bits))
		s.offset = d.offsetOf(value, s.literals)
		if i < count-1 {
			r.refill()
			literalLength.next(&r)
			matchLength.next(&r)
			offset.next(&r)
		}
		if r.isBehindEnd() {
			return corrupt("fewer than %d sequences", count)
		}
		if err := d.run(s); err != nil {
			return err
		}
		if d.isCut {
			return nil
		}
		if len(d.out)-begin > maxBlock {
			return corrupt("block of more than %d bytes", maxBlock)
		}
	}
	if !r.isAtEnd() {
		return corrupt("more than %d sequences", count)
	}
	return nil
}

// offsetOf returns the offset for a decoded value: 1 to 3 stand for the last three
// offsets (section 3.1.1.5). It is 0 or less in broken data.
func (d *Decoder) offsetOf(value, literals int) int {
	if value > 3 {
		d.offsets = [3]int{value - 3, d.offsets[0], d.offsets[1]}
		return d.offsets[0]
	}
	if literals == 0 {
		value++
	}
	switch value {
	case 1:
	case 2:
		d.offsets[0], d.offsets[1] = d.offsets[1], d.offsets[0]
	case 3:
		d.offsets = [3]int{d.offsets[2], d.offsets[0], d.offsets[1]}
	default:
		d.offsets = [3]int{d.offsets[0] - 1, d.offsets[0], d.offsets[1]}
	}
	return d.offsets[0]
}

// run carries out a sequence, as far as there is room in the output.
func (d *Decoder) run(s sequence) error {
	literals, err := d.literals.take(s.literals)
	if err != nil {
		return err
	}
	copy(d.extend(s.literals), literals)
	if d.isCut {
		return nil
	}
	at := len(d.out)
	if s.offset <= 0 || s.offset > at-d.frame {
		return corrupt("a copy from %d bytes before byte %d of a frame", s.offset, at-d.frame)
	}
	match := d.extend(s.match)
	for done := 0; done < len(match); { // what is copied may be part of the copy
		done += copy(match[done:], d.out[at-s.offset:at+done])
	}
	return nil
}
