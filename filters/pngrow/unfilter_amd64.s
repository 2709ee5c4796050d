//go:build !noasm

#include "textflag.h"

// func unfilterPaethSSE2(dst, src, above *byte, n, unit int)
//
// Each iteration reconstructs one pixel, with its bytes in lanes of 16 bits. The
// dependency of a pixel on the one before it limits the speed. To keep that chain
// short, the predictor is chosen as in paethPredictor, and src is added to all three
// candidates before the choice.
TEXT ·unfilterPaethSSE2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ above+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ unit+32(FP), BX
	PXOR X0, X0
	PXOR X1, X1 // a: left
	PXOR X2, X2 // c: above left
	XORQ AX, AX

pixel:
	MOVQ      (DX)(AX*1), X3
	PUNPCKLBW X0, X3         // b: above
	MOVQ      (SI)(AX*1), X4
	PUNPCKLBW X0, X4

	MOVOA  X2, X5
	PADDW  X2, X5
	PADDW  X2, X5
	PSUBW  X3, X5
	PSUBW  X1, X5 // 3c-b-a
	MOVOA  X1, X6
	PMAXSW X3, X6 // the higher of a and b
	MOVOA  X1, X7
	PMINSW X3, X7 // the lower

	MOVOA   X6, X8
	PCMPGTW X5, X8 // not the lower
	MOVOA   X5, X9
	PCMPGTW X7, X9 // not the higher
	PADDB   X4, X6 // the high bytes stay 0
	PADDB   X4, X7
	PADDB   X4, X2
	PAND    X8, X2
	PAND    X9, X2
	PANDN   X7, X8
	PANDN   X6, X9
	POR     X8, X9
	POR     X2, X9

	MOVOA    X9, X1
	MOVOA    X3, X2
	PACKUSWB X9, X9
	MOVQ     X9, (DI)(AX*1)
	ADDQ     BX, AX
	CMPQ     AX, CX
	JLT      pixel
	RET
