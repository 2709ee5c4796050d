package tiff

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zlib"

	"imgpipe/filters/internal/xz"
	"imgpipe/filters/internal/zstd"
)

// A decompressor decompresses the segments of a page.
type decompressor struct {
	// run decompresses the given rows of a segment, as many bytes as dst has, and
	// returns how many bytes of src it read, about. The capacity of dst is that of a
	// segment with all its rows.
	run func(dst, src []byte, rows int) (used int, err error)

	rowBytes int          // of a row of samples
	chroma   *subsampling // of samples that are stored in blocks; nil of others
	work     *work
	reversed []byte // the last segment's bytes, for FillOrder 2
}

// newDecompressor returns the decompressor of a page; an error if its compression is not
// read, or not of such samples.
func (p *Page) newDecompressor() (*decompressor, error) {
	d := &decompressor{rowBytes: p.rowBytes(&p.storage), work: &p.r.work}
	chroma, err := p.subsampling()
	switch {
	case err != nil:
		return nil, err
	case !p.isPicture():
		d.chroma = chroma
	case p.bits != 8 || p.format != formatUnsigned:
		return nil, unsupported("%s with samples of %d bits", compressionName(p.compression), p.bits)
	}
	if p.isFax() && (p.bits != 1 || p.samples != 1) {
		return nil, corrupt("fax with %d samples of %d bits", p.samples, p.bits)
	}
	switch p.compression {
	case compressionNone:
		d.run = copyRaw
	case compressionPack:
		d.run = unpackBits
	case compressionLZW:
		l := new(lzw)
		d.run = func(dst, src []byte, _ int) (int, error) { return l.decode(dst, src) }
	case compressionDeflate, compressionZip:
		d.run = new(inflater).decode
	case compressionZstd:
		d.run = p.r.libraries.unzstd
	case compressionLZMA:
		d.run = p.r.libraries.unxz
	case compressionHuffman, compressionWords, compressionGroup3, compressionGroup4:
		f := &fax{width: p.width, compression: p.compression, options: p.d.int(tagT4Options, 0), tolerate: p.r.options.Tolerate, codes: decodingTables()}
		d.run = func(dst, src []byte, _ int) (int, error) { return f.decode(dst, src, d.rowBytes) }
	case compressionJPEG:
		d.run = p.newJPEG().decode
	case compressionWebP:
		if p.planes || p.samples != 3 && p.samples != 4 {
			return nil, unsupported("WebP of %d samples", p.samples/p.planeCount())
		}
		d.run = p.decodeWebP
	default:
		if name := compressionName(p.compression); name != "" {
			return nil, unsupported("%s inside", name)
		}
		return nil, unsupported("compression %d", p.compression)
	}
	return d, nil
}

// compressionName returns the name of a compression for errors; "" if it has none.
func compressionName(compression int) string {
	switch compression {
	case compressionOldJPEG:
		return "old-style JPEG"
	case compressionJPEG:
		return "JPEG"
	case compressionWebP:
		return "WebP"
	case 32766:
		return "NeXT's compression"
	case 32809:
		return "ThunderScan"
	case 33003, 33005, 34712:
		return "JPEG 2000"
	case 34661:
		return "JBIG"
	case 34676, 34677:
		return "LogLuv"
	case 34887:
		return "LERC"
	case 34892:
		return "lossy JPEG of DNG"
	case 50002, 52546:
		return "JPEG XL"
	}
	return ""
}

// isPicture tells whether each segment is a picture in a format of its own.
func (s *storage) isPicture() bool {
	return s.compression == compressionJPEG || s.compression == compressionWebP
}

// bytes returns how many bytes the given rows are before compression.
func (d *decompressor) bytes(rows int) int {
	if d.chroma != nil {
		return d.chroma.bytes(rows)
	}
	return rows * d.rowBytes
}

// finish returns the rows as samples of pixels.
func (d *decompressor) finish(data []byte, rows int) []byte {
	if d.chroma != nil {
		return d.chroma.expand(data, rows)
	}
	return data
}

// tooShort is the error for a segment whose data end after n of the bytes that its rows
// need.
func tooShort(n, needed int) error {
	return truncated("a strip or tile with %d of %d bytes", n, needed)
}

// copyRaw is no compression.
func copyRaw(dst, src []byte, _ int) (used int, err error) {
	if n := copy(dst, src); n < len(dst) {
		return n, tooShort(n, len(dst))
	}
	return len(dst), nil
}

// unpackBits is PackBits (section 9).
func unpackBits(dst, src []byte, _ int) (used int, err error) {
	at := 0
	for at < len(dst) {
		if used+1 >= len(src) {
			return used, tooShort(at, len(dst))
		}
		n := int(int8(src[used]))
		used++
		switch {
		case n >= 0:
			literal := src[used:min(used+n+1, len(src))]
			if copied := copy(dst[at:], literal); copied < n+1 && at+copied < len(dst) {
				return used, tooShort(at+copied, len(dst))
			}
			at += n + 1
			used += n + 1
		case n > -128:
			run := dst[at:min(at+1-n, len(dst))]
			for i := range run {
				run[i] = src[used]
			}
			at += 1 - n
			used++
		}
	}
	return min(used, len(src)), nil
}

// An inflater decompresses Deflate with the header and the checksum of zlib (RFC 1950).
type inflater struct {
	z   io.ReadCloser // nil before the first segment
	src bytes.Reader
}

// decode fills dst. A wrong checksum is an error, a missing one is not: all bytes came.
func (f *inflater) decode(dst, src []byte, _ int) (used int, err error) {
	f.src.Reset(src)
	if f.z == nil {
		f.z, err = zlib.NewReader(&f.src)
	} else {
		err = f.z.(zlib.Resetter).Reset(&f.src, nil)
	}
	if err != nil {
		return 0, readError(err, 0, len(dst))
	}
	if n, err := io.ReadFull(f.z, dst); err != nil {
		return 0, readError(err, n, len(dst))
	}
	var more [1]byte
	if _, err := f.z.Read(more[:]); err == zlib.ErrChecksum {
		return 0, readError(err, len(dst), len(dst))
	}
	return len(src) - f.src.Len(), nil
}

// readError is the error for a library that failed after n of the bytes that are needed.
func readError(err error, n, needed int) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return tooShort(n, needed)
	}
	return corrupt("%w", err)
}

// libraries hold the decoders that are too expensive to be made for each page.
type libraries struct {
	zstd zstd.Decoder
	xz   xz.Decoder
}

// unzstd decompresses Zstandard (RFC 8878).
func (l *libraries) unzstd(dst, src []byte, _ int) (used int, err error) {
	n, err := l.zstd.Decode(dst, src)
	return whole(n, dst, src, err)
}

// unxz decompresses LZMA in the xz format.
func (l *libraries) unxz(dst, src []byte, _ int) (used int, err error) {
	n, err := l.xz.Decode(dst, src)
	return whole(n, dst, src, err)
}

// whole is the result of a decoder that has filled n bytes of dst.
func whole(n int, dst, src []byte, err error) (used int, _ error) {
	if err != nil {
		return 0, readError(err, n, len(dst))
	}
	if n < len(dst) {
		return 0, tooShort(n, len(dst))
	}
	return len(src), nil
}
