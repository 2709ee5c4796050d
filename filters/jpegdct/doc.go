// Package jpegdct processes JPEGs in the coefficient domain: on quantised DCT
// coefficients, without making pixels. It converts JPEGs to gray and scales them
// by 1/2, 1/4 and 1/8. Where pixels are needed, it decodes a JPEG to the samples
// of its components and encodes such samples.
//
//   - [Reader.Gray] keeps the quantised coefficients of luma and drops those of
//     chroma. It is lossless, and several times faster than decoding: it copies
//     Huffman codes as bits, and skips several codes of chroma in one step.
//   - [Reader.DropChroma] makes the picture gray for the operations below.
//   - [Reader.Scale] makes one block of 2x2, 4x4 or 8x8 blocks. Quantisation tables and
//     sampling factors stay.
//   - [Reader.Decode] returns planes of samples at k/8 of the size, k = 1..8.
//   - [Encode] writes planes, by default with the tables and the sampling factors
//     that they were decoded with.
//
// Sequential JPEGs are streamed: Gray holds one MCU row in memory, and Scale up to five
// MCU rows of the scaled picture. If restart markers allow MCU rows to be decoded in
// parallel, both hold some more for each processor.
//
// All section numbers are those of ITU-T T.81 (ISO/IEC 10918-1) unless another
// document is named.
//
// # Where to find what
//
// Parsing:
//
//	header.go            Header and the errors
//	reader.go            Reader: marker segments up to the first scan, and between scans
//	source.go            the buffered input, which Replay gives again
//	tables.go            DQT, DHT and DRI segments
//	dnl.go               heights that a DNL segment gives
//	annexk.go            the tables of annex K: for output, and for files without Huffman tables
//	zigzag.go            the zigzag order
//	frame.go, scan.go    frame and scan headers; the walk over the MCUs of a scan
//
// Entropy decoding:
//
//	entropy.go           entropy-coded data without byte stuffing, bit by bit
//	huffman.go           Huffman tables
//	acread.go            reads AC coefficients, two at a time
//	blockread.go         reads blocks, whole or their lowest frequencies
//	blockrun.go          the blocks of consecutive MCUs
//	acskip.go            skips AC coefficients, several at a time
//	levels.go            tells of a skipped value whether it may be large
//	mcuskip.go           skips whole MCUs
//	sequential.go        the scans of a sequential file
//	bands.go             MCU rows between restart markers, decoded in parallel
//	progressive.go       the scans of a progressive file: their data and order
//	progressivedc.go     DC scans
//	progressiveac.go     AC scans
//	arith.go             the decoder of arithmetic coding
//	arithstates.go       its table of probabilities
//	arithscan.go         arithmetic-coded scans, sequential and progressive
//	coefficients.go      coefficients in memory: of progressive and arithmetic-coded files
//	scanchain.go         decodes the scans of such files, several at a time
//	hugepages_linux.go   asks for large pages for them; hugepages_other.go does not
//
// Operations:
//
//	gray.go              Gray
//	graysink.go          a scan of luma and chroma: luma's blocks are put in their new order
//	graydc.go            the codes of its DC differences
//	graycopy.go          a scan of luma alone: copied
//	grayprogressive.go   progressive files
//	grayarithmetic.go    arithmetic-coded files: coded anew
//	dropchroma.go        DropChroma: gray before another operation
//	scale.go             Scale
//	tile.go              the arithmetic: n x n blocks become one
//	strong.go            which blocks are taken whole
//	shrink.go            the filter behind it
//	shrinkedge.go        the filter where the picture ends
//	scaleread.go         reads MCUs into tiles
//	scalesink.go         the sinks of a scan, and the encoder beside them
//	scaledscan.go        writes tiles as a scan
//	scaleprogressive.go  progressive files
//	decode.go, idct.go   Decode
//	encode.go, fdct.go   Encode
//	optimise.go          Huffman tables made for one picture
//	planes.go            Planes, the result of Decode and the input of Encode
//
// Writing:
//
//	output.go            marker segments
//	bitwriter.go         bits with byte stuffing
//	dcwrite.go           DC coefficients
//	acwrite.go           AC coefficients
//
// A file whose name ends in _amd64.s or _arm64.s has the same functions in assembly; a test
// compares them with those in Go. The .h files have macros for them. A .go file whose name
// ends in _amd64, _arm64 or _asm calls them; _asm is for both processors. The build tag noasm
// leaves all of these files out.
//
// # What is read
//
// Baseline, extended and progressive JPEGs of 8 bits per sample with Huffman or
// arithmetic coding and 1 to 4 components. All sampling factors, interleaved and
// non-interleaved scans and restart intervals are supported, and frames without
// Huffman tables (Motion JPEG), for which the tables of K.3 are used.
//
// Other processes (lossless, hierarchical) and 12 bits per sample are
// [ErrUnsupported]. [NewReader] reads the headers of such files too, and
// [Reader.Replay] returns the whole input for another decoder.
//
// # Breaches of the standard
//
// Where a file breaks T.81 beside its coefficients, it is read as libjpeg-turbo reads
// it: with bytes between segments, or between the last MCU of a restart interval and its
// marker; MCU rows and restart markers beyond the height; restart markers with a number
// that is off by 3 to 5; segments of length 0 and 1; parameters of a scan header that
// make no sense in a sequential frame; a DNL segment for a known height; components
// that share an identifier; zeros in a quantisation table. [ReaderOptions] has a function
// that is told of each kind, and can refuse it. The output has none of these but the
// zeros, which Gray keeps, and the extra bytes in a progressive scan that Gray copies.
//
// # Complete input and output
//
// An input is complete if all its coefficients are there. Without an EOI marker, all
// must be there in full precision, and be Huffman-coded. Any other input is an error. When
// the error is found, some of the output may have been written, but never the last MCU
// row and EOI; so no part of the output is a complete JPEG.
//
// Two kinds of damage are not detected: damage that results in valid codes, and
// damage in scans of a progressive file that the operation does not need, because
// these are not decoded.
//
// # Hostile input
//
// The headers bound the memory that is used. Operations ask the caller (Allow) before
// they allocate memory in proportion to the picture, Scale also for the rows that it holds
// of a sequential one. The time is proportional to the size of the input and of the
// picture. Metadata take at most 64 MiB.
package jpegdct
