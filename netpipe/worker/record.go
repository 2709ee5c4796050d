package worker

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A Type is the type of a record (FastCGI 1.0, section 8).
type Type uint8

// The record types of the protocol.
const (
	BeginRequest    Type = 1
	EndRequest      Type = 3
	Params          Type = 4
	Stdin           Type = 5
	Stdout          Type = 6
	Stderr          Type = 7
	GetValues       Type = 9
	GetValuesResult Type = 10
)

const (
	HeaderSize = 8     // length of a record's header, in bytes
	MaxContent = 65535 // greatest length of a record's content, in bytes
)

// A Header is the header of a record (FastCGI 1.0, section 3.3).
type Header struct {
	Type    Type
	ID      uint16 // of the request, 1 to 65535; 0 for the greeting and its answer
	Length  int    // of the content, in bytes, 0 to MaxContent
	Padding int    // after the content, in bytes, 0 to 255
}

// ErrProtocol is the error of Serve for an input that does not follow the protocol, whose
// usual cause is a worker that netpipe did not start, and of an AnswerReader for such an
// answer.
var ErrProtocol = errors.New("not a request of the worker protocol")

// Append appends the encoded header to b.
func (h Header) Append(b []byte) []byte {
	b = append(b, 1, byte(h.Type))
	b = binary.BigEndian.AppendUint16(b, h.ID)
	b = binary.BigEndian.AppendUint16(b, uint16(h.Length))
	return append(b, byte(h.Padding), 0)
}

// ReadHeader reads a header. It returns io.EOF at the end of r, io.ErrUnexpectedEOF if
// r ends within the header, and an error if the version is not 1.
func ReadHeader(r *bufio.Reader) (Header, error) {
	b, err := r.Peek(HeaderSize)
	switch {
	case len(b) > 0 && b[0] != 1:
		return Header{}, ErrProtocol
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

// AppendBegin appends the BEGIN_REQUEST record of a request (FastCGI 1.0, section 5.1).
func AppendBegin(b []byte, id uint16) []byte {
	b = Header{Type: BeginRequest, ID: id, Length: 8}.Append(b)
	return append(b, 0, 1, 1, 0, 0, 0, 0, 0)
}

// ParamsStatus is the status of a request whose parameters the worker refuses.
const ParamsStatus = 2

// AppendEnd appends the END_REQUEST record of a request (FastCGI 1.0, section 5.5). The
// status is 0 for a complete answer.
func AppendEnd(b []byte, id uint16, status uint32) []byte {
	b = Header{Type: EndRequest, ID: id, Length: 8}.Append(b)
	b = binary.BigEndian.AppendUint32(b, status)
	return append(b, 0, 0, 0, 0)
}

// ParseEnd returns the status from the content of an END_REQUEST record. It returns an
// error if the length or the protocol status is wrong.
func ParseEnd(content []byte) (status uint32, err error) {
	if len(content) != 8 || content[4] != 0 {
		return 0, fmt.Errorf("invalid END_REQUEST with content % x", content)
	}
	return binary.BigEndian.Uint32(content), nil
}

// The contents of the greeting and of its answer: name-value pairs (FastCGI 1.0, section
// 3.4). The second pair is about parameters.
const (
	greeting       = "\x0e\x00NETPIPE_WORKER"
	greetingParams = greeting + "\x0e\x00" + paramsName
	answer         = "\x0e\x01NETPIPE_WORKER1"
	answerParams   = answer + "\x0e\x01" + paramsName + "1"
	paramsName     = "NETPIPE_PARAMS"
)

// AppendGreeting appends the greeting, the record that netpipe sends first. With params
// it asks whether the worker takes parameters.
func AppendGreeting(b []byte, params bool) []byte {
	content := greeting
	if params {
		content = greetingParams
	}
	return append(Header{Type: GetValues, Length: len(content)}.Append(b), content...)
}

// CheckAnswer reads a worker's answer to the greeting, and returns whether the worker
// takes parameters. It returns an error if the answer is wrong or missing.
func CheckAnswer(r *bufio.Reader) (params bool, err error) {
	h, err := ReadHeader(r)
	if err != nil {
		return false, err
	}
	if h.Type != GetValuesResult || h.ID != 0 || h.Length > len(answerParams) {
		return false, ErrProtocol
	}
	content := make([]byte, h.Length+h.Padding)
	if _, err := io.ReadFull(r, content); err != nil {
		return false, err
	}
	switch string(content[:h.Length]) {
	case answer:
		return false, nil
	case answerParams:
		return true, nil
	}
	return false, ErrProtocol
}
