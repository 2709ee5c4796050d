// Package jpegdct works on JPEGs in the coefficient domain: it turns them gray
// and scales them by 1/2, 1/4 and 1/8 without making pixels, and where pixels are
// wanted it decodes to and encodes from the components' samples.
//
//   - [Reader.Gray] keeps luma's quantised coefficients and drops the rest:
//     lossless, and several times faster than decoding. It copies Huffman codes
//     as bits and steps over those of chroma several at a time.
//   - [Reader.Scale] makes one block of the lowest frequencies of 2x2, 4x4 or 8x8
//     blocks, keeping tables and sampling.
//   - [Reader.Decode] gives planes of samples at k/8, k being 1 to 8, and [Encode]
//     writes planes with the tables and the sampling that they came with.
//
// Sequential pictures stream: Gray holds an MCU row, Scale some dozen, and where
// restart markers let rows be read side by side both hold some for each processor. All
// section numbers are those of ITU-T T.81 (ISO/IEC 10918-1).
//
// # What is read
//
// Baseline, extended and progressive JPEGs of 8 bits with Huffman codes, 1 to 4
// components, any sampling factors, interleaved or not, with restart markers or
// without, and frames that rely on the tables of K.3 (Motion JPEG). Other
// processes (arithmetic, lossless, hierarchical), 12 bits and heights given by DNL
// are [ErrUnsupported]: [NewReader] reads their headers, and [Reader.Replay]
// gives the input back for another decoder.
//
// # What is whole
//
// An input counts as whole if all its coefficients came, which without the EOI
// marker means all of them in full precision; everything else is an error. Output
// may have been written by then, but never a last MCU row or EOI, so no
// part of it passes for whole either. Two kinds of damage can't be seen:
// that which gives valid codes, and, in progressive files, that of scans of
// which nothing is needed, for these are not decoded.
//
// # Hostile input
//
// Memory is bounded by what the headers say, and the operations ask before
// they take any that grows with the picture; time is proportional to input and
// picture. Metadata take 64 MiB at most.
package jpegdct
