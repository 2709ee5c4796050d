//go:build !noasm

#include "textflag.h"

// Products and sums are rounded one by one and in the order of the Go functions, so
// that the results are equal to the last bit.

// TAP adds the pixel at SI, multiplied by weight, to the sums in X0. It advances SI to
// the next pixel.
#define TAP(weight) \
	VBROADCASTSS weight, X1  \
	VMULPS       (SI), X1, X1 \
	VADDPS       X1, X0, X0   \
	ADDQ         R9, SI

// func convolveAVX(dst, src *float32, columns *contribution, n, ch int)
TEXT ·convolveAVX(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), R8
	MOVQ columns+16(FP), BX
	MOVQ n+24(FP), DX
	MOVQ ch+32(FP), R9
	SHLQ $2, R9            // bytes per pixel

column:
	MOVQ  0(BX), SI         // start
	MOVQ  8(BX), R10        // weights
	MOVQ  16(BX), CX
	IMULQ R9, SI
	ADDQ  R8, SI
	VXORPS X0, X0, X0
	SUBQ  $4, CX
	JL    few

four:
	TAP(0(R10))
	TAP(4(R10))
	TAP(8(R10))
	TAP(12(R10))
	ADDQ $16, R10
	SUBQ $4, CX
	JGE  four

few:
	ADDQ $4, CX
	JZ   done

one:
	TAP(0(R10))
	ADDQ $4, R10
	DECQ CX
	JNZ  one

done:
	VMOVUPS X0, (DI)
	ADDQ    R9, DI
	ADDQ    $32, BX // size of a contribution: an int and a slice
	DECQ    DX
	JNZ     column
	RET

// func addAVX(sum, r0, r1, r2, r3 *float32, w *[batch]float32, n int)
TEXT ·addAVX(SB), NOSPLIT, $0-56
	MOVQ sum+0(FP), DI
	MOVQ r0+8(FP), R8
	MOVQ r1+16(FP), R9
	MOVQ r2+24(FP), R10
	MOVQ r3+32(FP), R11
	MOVQ w+40(FP), BX
	MOVQ n+48(FP), CX
	VBROADCASTSS 0(BX), Y0
	VBROADCASTSS 4(BX), Y1
	VBROADCASTSS 8(BX), Y2
	VBROADCASTSS 12(BX), Y3
	XORQ AX, AX

eight:
	VMULPS  (R8)(AX*4), Y0, Y4
	VMULPS  (R9)(AX*4), Y1, Y5
	VMULPS  (R10)(AX*4), Y2, Y6
	VMULPS  (R11)(AX*4), Y3, Y7
	VADDPS  Y5, Y4, Y4
	VADDPS  Y7, Y6, Y6
	VADDPS  Y6, Y4, Y4
	VADDPS  (DI)(AX*4), Y4, Y4
	VMOVUPS Y4, (DI)(AX*4)
	ADDQ    $8, AX
	CMPQ    AX, CX
	JLT     eight
	VZEROUPPER
	RET
