package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// A Type is what a record is (FastCGI 1.0, section 8).
type Type uint8

// The types of records that are sent.
const (
	BeginRequest    Type = 1
	EndRequest      Type = 3
	Stdin           Type = 5
	Stdout          Type = 6
	Stderr          Type = 7
	GetValues       Type = 9
	GetValuesResult Type = 10
)

const (
	HeaderSize = 8     // bytes before a record's content
	MaxContent = 65535 // bytes of it
)

// Patience is how long netpipe waits for the answer to its greeting.
const Patience = 5 * time.Second

// A Header is what a record begins with.
type Header struct {
	Type    Type
	ID      uint16 // the request's; 0 for the greeting
	Length  int    // of the content, 0 to MaxContent
	Padding int    // bytes behind it, 0 to 255
}

// errNoRecord is what a program says that was started for another kind of
// netpipe.
var errNoRecord = errors.New("no record of the worker protocol (a worker is started by netpipe -reuse)")

// Append appends the header to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, 1, byte(h.Type))
	b = binary.BigEndian.AppendUint16(b, h.ID)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Length))
	return append(b, byte(h.Padding), 0)
}

// ReadHeader reads a header. It returns io.EOF at the end of r, and
// io.ErrUnexpectedEOF where r ends within the header.
func ReadHeader(r *bufio.Reader) (Header, error) {
	b, err := r.Peek(HeaderSize)
	switch {
	case len(b) > 0 && b[0] != 1:
		return Header{}, errNoRecord
	case err == io.EOF && len(b) > 0:
		return Header{}, io.ErrUnexpectedEOF
	case err != nil:
		return Header{}, err
	}
	h := Header{
		Type:    Type(b[1]),
		ID:      binary.BigEndian.Uint16(b[2:]),
		Length:  int(binary.BigEndian.Uint16(b[4:])),
		Padding: int(b[6]),
	}
	_, err = r.Discard(HeaderSize)
	return h, err
}

// AppendBegin appends the record that begins a request.
func AppendBegin(b []byte, id uint16) []byte {
	b = Header{Type: BeginRequest, ID: id, Length: 8}.Append(b)
	return append(b, 0, 1, 1, 0, 0, 0, 0, 0)
}

// AppendEnd appends the record that ends a request.
func AppendEnd(b []byte, id uint16, status uint32) []byte {
	b = Header{Type: EndRequest, ID: id, Length: 8}.Append(b)
	b = binary.BigEndian.AppendUint32(b, status)
	return append(b, 0, 0, 0, 0)
}

// ParseEnd gives the status of a request's end from the content of its record.
func ParseEnd(content []byte) (status uint32, err error) {
	if len(content) != 8 || content[4] != 0 {
		return 0, fmt.Errorf("an END_REQUEST of % x", content)
	}
	return binary.BigEndian.Uint32(content), nil
}

// What is said in greeting, and answered.
const (
	greeting = "\x0e\x00NETPIPE_WORKER"
	answer   = "\x0e\x01NETPIPE_WORKER1"
)

// AppendGreeting appends the record that netpipe begins with.
func AppendGreeting(b []byte) []byte {
	return append(Header{Type: GetValues, Length: len(greeting)}.Append(b), greeting...)
}

// CheckAnswer reads a worker's answer to the greeting.
func CheckAnswer(r *bufio.Reader) error {
	h, err := ReadHeader(r)
	if err != nil {
		return err
	}
	if h.Type != GetValuesResult || h.ID != 0 || h.Length != len(answer) {
		return errNoRecord
	}
	content := make([]byte, h.Length+h.Padding)
	if _, err := io.ReadFull(r, content); err != nil {
		return err
	}
	if string(content[:h.Length]) != answer {
		return errNoRecord
	}
	return nil
}
