package tlsconn

// Types of records (RFC 8446, section 5.1), and of handshake messages (section 4).
const (
	recordAlert     = 21
	recordHandshake = 22

	clientHello = 1
)

const headerSize = 5 // of a record

// HelloSize is how many bytes IsClientHello looks at.
const HelloSize = headerSize + 4

// IsClientHello reports whether a stream begins like that of a TLS client: with a record
// of a ClientHello. What has fewer than HelloSize bytes does not.
func IsClientHello(start []byte) bool {
	if len(start) < HelloSize || start[0] != recordHandshake || start[1] != 3 || start[2] > 4 || start[headerSize] != clientHello {
		return false
	}
	record := int(start[3])<<8 | int(start[4])
	message := int(start[6])<<16 | int(start[7])<<8 | int(start[8])
	// A record holds the message, or the beginning of a long one.
	const maxRecord = 1 << 14
	return record > 4 && record <= maxRecord && message >= record-4 && message < 1<<16
}

// AlertSize is how many bytes IsAlert looks at.
const AlertSize = headerSize + 2

// IsAlert reports whether a stream begins with an alert that is not encrypted: a TLS
// server says by that that it has got something else than a ClientHello.
func IsAlert(start []byte) bool { return len(start) >= AlertSize && MayBeAlert(start) }

// MayBeAlert reports whether IsAlert may hold for what start is the beginning of.
func MayBeAlert(start []byte) bool {
	for i, b := range start[:min(len(start), AlertSize)] {
		if b < alertLeast[i] || b > alertMost[i] {
			return false
		}
	}
	return true
}

// Each byte of an alert lies between these: the type, versions 3.0 to 3.4, a length of 2,
// the level (warning or fatal), and any description.
const (
	alertLeast = "\x15\x03\x00\x00\x02\x01\x00"
	alertMost  = "\x15\x03\x04\x00\x02\x02\xff"
)

// NotTLS is the alert for a client that does not speak TLS: fatal, protocol_version (RFC
// 8446, section 6.2).
const NotTLS = "\x15\x03\x03\x00\x02\x02\x46"
