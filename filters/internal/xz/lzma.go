package xz

// An lzma decodes LZMA. Names are those of the LZMA specification.
type lzma struct {
	out        []byte // decoded so far, of the block; its capacity is all that there is room for
	dictionary int    // where in out matches may begin

	lc, lp, pb int // bits of the literal before, of the position for literals, for matches
	state      int // of the last symbols, 0 to 11: literals below 7
	reps       [4]int

	literal   []probability // 0x300 for each context
	isMatch   [12][16]probability
	isRep     [12]probability
	isRepG0   [12]probability
	isRepG1   [12]probability
	isRepG2   [12]probability
	isRep0    [12][16]probability // longer than one byte
	posSlot   [4][64]probability
	posBits   [128]probability
	align     [16]probability
	length    lengthCoder
	repLength lengthCoder
}

// A lengthCoder has the probabilities of lengths.
type lengthCoder struct {
	choice, choice2 probability
	low, mid        [16][8]probability
	high            [256]probability
}

const minMatch = 2

// position returns how many bytes of the dictionary there are.
func (z *lzma) position() int { return len(z.out) - z.dictionary }

// setProperties reads lc, lp and pb.
func (z *lzma) setProperties(b byte) error {
	v := int(b)
	z.lc, z.lp, z.pb = v%9, v/9%5, v/45
	if z.pb > 4 || z.lc+z.lp > 4 {
		return corrupt("properties %d", b)
	}
	return nil
}

// reset begins anew, with all probabilities one half.
func (z *lzma) reset() {
	if n := 0x300 << (z.lc + z.lp); cap(z.literal) < n {
		z.literal = make([]probability, n)
	} else {
		z.literal = z.literal[:n]
	}
	z.state, z.reps = 0, [4]int{}
	halve(z.literal)
	for i := range 12 {
		halve(z.isMatch[i][:])
		halve(z.isRep0[i][:])
	}
	for _, p := range [][]probability{z.isRep[:], z.isRepG0[:], z.isRepG1[:], z.isRepG2[:], z.posBits[:], z.align[:]} {
		halve(p)
	}
	for i := range z.posSlot {
		halve(z.posSlot[i][:])
	}
	for _, l := range []*lengthCoder{&z.length, &z.repLength} {
		l.choice, l.choice2 = half, half
		for i := range l.low {
			halve(l.low[i][:])
			halve(l.mid[i][:])
		}
		halve(l.high[:])
	}
}

// decode decodes a chunk of size bytes. It is not whole if there is no room for all of it.
func (z *lzma) decode(size int, src []byte) (isWhole bool, err error) {
	end := len(z.out) + size
	r, err := newRangeDecoder(src)
	if err != nil {
		return false, err
	}
	for len(z.out) < end {
		if len(z.out) == cap(z.out) {
			return false, nil
		}
		if r.isBehindEnd() {
			return false, corrupt("a chunk that is too short")
		}
		posState := z.position() & (1<<z.pb - 1)
		if r.bit(&z.isMatch[z.state][posState]) == 0 {
			z.decodeLiteral(&r)
			continue
		}
		n, err := z.decodeMatch(&r, posState)
		if err != nil {
			return false, err
		}
		if n > end-len(z.out) {
			return false, corrupt("a match beyond the end of a chunk")
		}
		z.copyMatch(n)
	}
	return true, r.finish()
}

// decodeLiteral decodes a byte.
func (z *lzma) decodeLiteral(r *rangeDecoder) {
	var before int
	if z.position() > 0 {
		before = int(z.out[len(z.out)-1])
	}
	context := (z.position()&(1<<z.lp-1))<<z.lc + before>>(8-z.lc)
	probabilities := z.literal[0x300*context:][:0x300]
	if z.state < 7 {
		z.out = append(z.out, byte(r.tree(probabilities[:0x100])))
	} else {
		expected := z.out[len(z.out)-1-z.reps[0]]
		z.out = append(z.out, byte(r.matched(probabilities, int(expected))))
	}
	switch {
	case z.state < 4:
		z.state = 0
	case z.state < 10:
		z.state -= 3
	default:
		z.state -= 6
	}
}

// decodeMatch decodes the distance of a match into reps[0] and returns its length.
func (z *lzma) decodeMatch(r *rangeDecoder, posState int) (n int, err error) {
	afterLiteral := z.state < 7
	next := func(literal, other int) {
		if z.state = other; afterLiteral {
			z.state = literal
		}
	}
	switch {
	case r.bit(&z.isRep[z.state]) == 0:
		z.reps = [4]int{0, z.reps[0], z.reps[1], z.reps[2]}
		n = z.length.decode(r, posState)
		next(7, 10)
		z.reps[0] = z.decodeDistance(r, n)
	case r.bit(&z.isRepG0[z.state]) == 0:
		if r.bit(&z.isRep0[z.state][posState]) == 0 {
			next(9, 11)
			n = 1
			break
		}
		n = z.repLength.decode(r, posState)
		next(8, 11)
	default:
		k := 1
		if r.bit(&z.isRepG1[z.state]) == 1 {
			k = 2 + r.bit(&z.isRepG2[z.state])
		}
		distance := z.reps[k]
		copy(z.reps[1:k+1], z.reps[:k])
		z.reps[0] = distance
		n = z.repLength.decode(r, posState)
		next(8, 11)
	}
	if z.reps[0] >= z.position() {
		return 0, corrupt("a match from %d bytes before byte %d", z.reps[0]+1, z.position())
	}
	return n, nil
}

// decode decodes a length.
func (l *lengthCoder) decode(r *rangeDecoder, posState int) int {
	switch {
	case r.bit(&l.choice) == 0:
		return minMatch + r.tree(l.low[posState][:])
	case r.bit(&l.choice2) == 0:
		return minMatch + 8 + r.tree(l.mid[posState][:])
	}
	return minMatch + 16 + r.tree(l.high[:])
}

// decodeDistance decodes the distance, less 1, of a match of n bytes.
func (z *lzma) decodeDistance(r *rangeDecoder, n int) int {
	slot := r.tree(z.posSlot[min(n-minMatch, 3)][:])
	if slot < 4 {
		return slot
	}
	bits := slot>>1 - 1
	distance := (2 | slot&1) << bits
	if slot < 14 {
		return distance + r.reverseTree(z.posBits[distance-slot:], bits)
	}
	distance += r.direct(bits-4) << 4
	return distance + r.reverseTree(z.align[:], 4)
}

// copyMatch copies n bytes, or as many as there is room for.
func (z *lzma) copyMatch(n int) {
	at, distance := len(z.out), z.reps[0]+1
	n = min(n, cap(z.out)-at)
	z.out = z.out[:at+n]
	for done := 0; done < n; { // what is copied may be part of the copy
		done += copy(z.out[at+done:], z.out[at-distance:at+done])
	}
}
