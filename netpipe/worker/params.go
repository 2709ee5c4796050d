package worker

import (
	"encoding/binary"
	"io"
)

// A Param is a parameter of a request: an option that holds for this request alone.
type Param struct {
	Name, Value string
}

// MaxParams is the greatest length of the parameters of a request in bytes, as they are
// encoded in its PARAMS records.
const MaxParams = 8 << 10

// AppendParams appends the PARAMS records of a request (FastCGI 1.0, section 5.2): one
// with all parameters, at least one and at most MaxParams bytes, and one without content.
func AppendParams(b []byte, id uint16, params []Param) []byte {
	start := len(b)
	b = append(b, make([]byte, HeaderSize)...)
	for _, p := range params {
		b = appendLength(b, len(p.Name))
		b = appendLength(b, len(p.Value))
		b = append(append(b, p.Name...), p.Value...)
	}
	Header{Type: Params, ID: id, Length: len(b) - start - HeaderSize}.Append(b[:start])
	return Header{Type: Params, ID: id}.Append(b)
}

// appendLength appends the length of a name or a value (FastCGI 1.0, section 3.4).
func appendLength(b []byte, n int) []byte {
	if n < longLength {
		return append(b, byte(n))
	}
	return binary.BigEndian.AppendUint32(b, uint32(n)|1<<31)
}

// longLength is the least length that takes 4 bytes, with the highest bit set, in place
// of one.
const longLength = 128

// parsePairs returns the name-value pairs that a record has as its content (FastCGI 1.0,
// section 3.4). It returns ErrProtocol if a pair is cut short.
func parsePairs(content []byte) (pairs []Param, err error) {
	for len(content) > 0 {
		var lengths [2]int
		for i := range lengths {
			if lengths[i], content, err = cutLength(content); err != nil {
				return nil, err
			}
		}
		name, value := lengths[0], lengths[1]
		if name > len(content) || value > len(content)-name {
			return nil, ErrProtocol
		}
		pairs = append(pairs, Param{string(content[:name]), string(content[name : name+value])})
		content = content[name+value:]
	}
	return pairs, nil
}

// cutLength cuts the length of a name or a value off b.
func cutLength(b []byte) (n int, rest []byte, err error) {
	switch {
	case len(b) > 0 && b[0] < longLength:
		return int(b[0]), b[1:], nil
	case len(b) >= 4:
		return int(binary.BigEndian.Uint32(b) &^ (1 << 31)), b[4:], nil
	}
	return 0, nil, ErrProtocol
}

// readParams reads the PARAMS records of the current request, up to the one without
// content. A request without parameters has no such records.
func (s *server) readParams() ([]Param, error) {
	if b, err := s.r.Peek(HeaderSize); err != nil || Type(b[1]) != Params {
		return nil, unexpectedEOF(err)
	}
	var content []byte
	for {
		h, err := ReadHeader(s.r)
		switch {
		case err != nil:
			return nil, unexpectedEOF(err)
		case h.Type != Params || h.ID != s.id || len(content)+h.Length > MaxParams:
			return nil, ErrProtocol
		}
		part := make([]byte, h.Length+h.Padding)
		if _, err := io.ReadFull(s.r, part); err != nil {
			return nil, unexpectedEOF(err)
		}
		if h.Length == 0 {
			return parsePairs(content)
		}
		content = append(content, part[:h.Length]...)
	}
}
