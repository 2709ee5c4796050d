//go:build !noasm

#include "textflag.h"

// SUM adds the magnitudes of the signed bytes in v to total. It overwrites v.
#define SUM(v, total) \
	VPABSB  v, v        \
	VPSADBW Y0, v, v    \
	VPADDQ  v, total, total

// TOTAL stores the sum of the four 64-bit lanes of y, whose low half is x.
#define TOTAL(y, x, at) \
	VEXTRACTI128 $1, y, X1  \
	VPADDQ       X1, x, X1  \
	VPSRLDQ      $8, X1, X2 \
	VPADDQ       X2, X1, X1 \
	VMOVQ        X1, at(DX)

// func tryAVX2(row, above *byte, n, unit int, sums *[filterTypes]uint64, sub, up, average, paeth *byte)
TEXT ·tryAVX2(SB), NOSPLIT, $0-72
	MOVQ row+0(FP), SI
	MOVQ above+8(FP), DI
	MOVQ n+16(FP), CX
	MOVQ unit+24(FP), BX
	MOVQ sums+32(FP), DX
	MOVQ sub+40(FP), R8
	MOVQ up+48(FP), R9
	MOVQ average+56(FP), R10
	MOVQ paeth+64(FP), R11
	MOVQ SI, R12
	SUBQ BX, R12          // left
	MOVQ DI, R13
	SUBQ BX, R13          // above left
	XORQ AX, AX
	VPXOR Y0, Y0, Y0
	VPXOR Y11, Y11, Y11
	VPXOR Y12, Y12, Y12
	VPXOR Y13, Y13, Y13
	VPXOR Y14, Y14, Y14
	VPXOR Y15, Y15, Y15

bytes:
	VMOVDQU (SI)(AX*1), Y2  // x
	VMOVDQU (R12)(AX*1), Y3 // a
	VMOVDQU (DI)(AX*1), Y4  // b
	VMOVDQU (R13)(AX*1), Y5 // c

	VMOVDQA Y2, Y6
	SUM(Y6, Y11)

	VPSUBB  Y3, Y2, Y6
	VMOVDQU Y6, (R8)(AX*1)
	SUM(Y6, Y12)

	VPSUBB  Y4, Y2, Y6
	VMOVDQU Y6, (R9)(AX*1)
	SUM(Y6, Y13)

	// VPAVGB rounds up, but the filter type Average rounds down.
	VPAVGB   Y3, Y4, Y6
	VPXOR    Y3, Y4, Y7
	VPCMPEQB Y8, Y8, Y8
	VPABSB   Y8, Y8
	VPAND    Y8, Y7, Y7
	VPSUBB   Y7, Y6, Y6
	VPSUBB   Y6, Y2, Y6
	VMOVDQU  Y6, (R10)(AX*1)
	SUM(Y6, Y14)

	VPMAXUB  Y4, Y5, Y6
	VPMINUB  Y4, Y5, Y7
	VPSUBB   Y7, Y6, Y8  // pa
	VPCMPEQB Y6, Y4, Y6  // b >= c
	VPMAXUB  Y3, Y5, Y7
	VPMINUB  Y3, Y5, Y9
	VPSUBB   Y9, Y7, Y9  // pb
	VPCMPEQB Y7, Y3, Y7  // a >= c
	VPXOR    Y7, Y6, Y6

	// pc is pa+pb if a and b are on the same side of c, else |pa-pb|. A saturated
	// sum gives the same choice: it is not less than pa or pb either.
	VPADDUSB  Y8, Y9, Y7
	VPSUBUSB  Y9, Y8, Y10
	VPSUBUSB  Y8, Y9, Y1
	VPOR      Y1, Y10, Y10
	VPBLENDVB Y6, Y10, Y7, Y7

	VPMINUB   Y9, Y7, Y10
	VPMINUB   Y8, Y10, Y1
	VPCMPEQB  Y8, Y1, Y1     // pa <= pb, pc
	VPCMPEQB  Y9, Y10, Y10   // pb <= pc
	VPBLENDVB Y10, Y4, Y5, Y6
	VPBLENDVB Y1, Y3, Y6, Y6
	VPSUBB    Y6, Y2, Y6
	VMOVDQU   Y6, (R11)(AX*1)
	SUM(Y6, Y15)

	ADDQ $32, AX
	CMPQ AX, CX
	JLT  bytes

	TOTAL(Y11, X11, 0)
	TOTAL(Y12, X12, 8)
	TOTAL(Y13, X13, 16)
	TOTAL(Y14, X14, 24)
	TOTAL(Y15, X15, 32)
	VZEROUPPER
	RET
