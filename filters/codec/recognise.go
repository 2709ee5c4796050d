package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"imgpipe/filters/gif"
	"imgpipe/filters/pnm"
)

// surely is how many bytes of an image that has been cut short may be those of the
// next image, before the next image is looked for among them. So the last bytes of
// an image never make a Splitter wait for what follows the image.
const surely = 16

// recognisers tell, by the first byte, whether an image surely begins with b: pixels,
// compressed data and text pass for no image. If b is too short to tell, a
// recogniser returns how many bytes it needs. TIFF has none: see format.end.
var recognisers = [256]func(b []byte) (sure bool, want int){
	0xff: recogniseJPEG, 0x89: recognisePNG, 'G': recogniseGIF, 'B': recogniseBMP, 'R': recogniseWebP, 'P': recognisePNM,
}

// signatures has, for every byte, a bit for each format whose files may have that
// byte first, and one for each where it may be the second.
var signatures = [256]struct{ first, second uint8 }{
	0xff: {first: 1}, jpegSOI: {second: 1},
	0x89: {first: 2}, 'P': {first: 4, second: 2},
	'1': {second: 4}, '2': {second: 4}, '3': {second: 4}, '4': {second: 4}, '5': {second: 4}, '6': {second: 4}, '7': {second: 4},
	'B': {first: 8}, 'M': {second: 8},
	'G': {first: 16}, 'R': {first: 32}, 'I': {second: 16 | 32},
}

// search looks for the beginning of an image from where the last search has ended
// up to limit. If it finds one it sets pos to it and returns errNextImage.
func (s *Splitter) search(limit int) error {
	for s.searched < limit {
		i := indexPossible(s.buf[s.searched:min(limit+1, len(s.buf))])
		if i < 0 {
			s.searched = limit
			return nil
		}
		s.searched += i
		sure, err := s.recognise(s.searched)
		if err != nil {
			return err
		}
		if sure {
			s.pos = s.searched
			return errNextImage
		}
		s.searched++
	}
	return nil
}

// indexPossible returns where in b an image may begin, by two bytes; -1 if none does.
func indexPossible(b []byte) int {
	first := uint8(0)
	for i, c := range b {
		s := signatures[c]
		if first&s.second != 0 {
			return i - 1
		}
		first = s.first
	}
	return -1
}

// recognise tells whether an image surely begins at buf[at:].
func (s *Splitter) recognise(at int) (sure bool, err error) {
	for {
		sure, want := recognisers[s.buf[at]](s.buf[at:])
		if sure || want == 0 {
			return sure, nil
		}
		for len(s.buf)-at < want {
			if err := s.read(); err == io.EOF {
				return false, nil
			} else if err != nil {
				return false, err
			}
		}
	}
}

// recogniseJPEG requires a frame header and a scan header, one behind the other, or
// other segments between, before and behind them (T.81, section B.2). SOI and one valid
// segment are not enough.
func recogniseJPEG(b []byte) (sure bool, want int) {
	const maxSegments = 100 // bounds the work; 6 MiB of metadata
	const maxGap = 16       // bytes that some cameras leave between two segments
	if len(b) < 2 {
		return false, 2
	}
	if b[1] != jpegSOI {
		return false, 0
	}
	frame := false
	pos := 2
	for range maxSegments {
		const head = 4 // a marker and a length
		if len(b) < pos+head {
			return false, pos + head
		}
		gap := indexHeaderMarker(b[pos:min(len(b)-2, pos+maxGap+2)])
		switch {
		case gap < 0 && len(b) < pos+maxGap+head:
			return false, len(b) + 1
		case gap < 0:
			return false, 0
		}
		pos += gap
		marker, size := b[pos+1], int(binary.BigEndian.Uint16(b[pos+2:]))
		body := pos + 4
		pos += 2 + size
		switch {
		case marker == jpegSOS:
			return frame, 0
		case marker <= jpegSOF15 && marker != jpegDHT && marker != jpegJPG && marker != jpegDAC:
			const least = 6 // precision, height, width, number of components
			if len(b) < body+least {
				return false, body + least
			}
			components := int(b[body+5])
			if frame || size != 8+3*components || components < 1 || components > 4 || b[body] > 16 {
				return false, 0
			}
			frame = true
		}
	}
	return false, 0
}

// recognisePNG requires the signature and an IHDR with the right CRC (PNG, section
// 11.2.1).
func recognisePNG(b []byte) (sure bool, want int) {
	const start, end, crc = pngMagic + "\x00\x00\x00\x0dIHDR", 29, 33
	if n := min(len(b), len(start)); string(b[:n]) != start[:n] {
		return false, 0
	}
	if len(b) < crc {
		return false, crc
	}
	return crc32.ChecksumIEEE(b[len(pngMagic)+4:end]) == binary.BigEndian.Uint32(b[end:]), 0
}

// recogniseGIF requires the signature, and behind the global colour table a block
// (GIF89a, appendix B).
func recogniseGIF(b []byte) (sure bool, want int) {
	if n := min(len(b), 6); string(b[:n]) != "GIF89a"[:n] && string(b[:n]) != "GIF87a"[:n] {
		return false, 0
	}
	if len(b) < gif.HeaderSize {
		return false, gif.HeaderSize
	}
	block := gif.HeaderSize + gif.TableSize(b[10])
	if len(b) <= block {
		return false, block + 1
	}
	return b[block] == gif.BlockExtension || b[block] == gif.BlockImage || b[block] == 0, 0
}

// recogniseBMP requires an info header of a length that there is, with one plane of a
// number of bits that there is, and where the pixels begin behind it.
func recogniseBMP(b []byte) (sure bool, want int) {
	const headers = bmpFileHeader + 16
	if len(b) < headers {
		return false, headers
	}
	pixels, info := binary.LittleEndian.Uint32(b[10:]), binary.LittleEndian.Uint32(b[bmpFileHeader:])
	depth := b[bmpFileHeader+12:]
	if info == 12 {
		depth = b[bmpFileHeader+8:]
	}
	planes, bits := binary.LittleEndian.Uint16(depth), binary.LittleEndian.Uint16(depth[2:])
	switch bits {
	case 1, 2, 4, 8, 16, 24, 32:
		return isBMPInfo(info) && planes == 1 && pixels >= bmpFileHeader+info && pixels < 1<<20, 0
	}
	return false, 0
}

// recogniseWebP requires one of the three chunks that a WebP begins with (RFC 9649,
// section 2.4).
func recogniseWebP(b []byte) (sure bool, want int) {
	const head = riffHeader + 4
	if len(b) >= 4 && string(b[:4]) != "RIFF" {
		return false, 0
	}
	if len(b) < head {
		return false, head
	}
	switch string(b[8:head]) {
	case "WEBPVP8 ", "WEBPVP8L", "WEBPVP8X":
		return true, 0
	}
	return false, 0
}

// recognisePNM requires a header.
func recognisePNM(b []byte) (sure bool, want int) {
	const most = 256 // bytes of a header; bounds the work
	if len(b) > 2 && !isSpace(b[2]) {
		return false, 0
	}
	r := bytes.NewReader(b[:min(len(b), most)])
	_, err := pnm.ReadHeader(r)
	switch {
	case err == nil && r.Len() > 0:
		return true, 0
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF) || len(b) >= most:
		return false, 0
	}
	return false, len(b) + 1
}
