//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "neon_arm64.h"

// A row of a block takes two registers: a has the columns 0 to 3, b the columns 4 to 7.

// ROWS converts two rows in the registers r0 and r1 and multiplies them by the factors at R6.
#define ROWS(r0, r1, a0, b0, a1, b1) \
	VLD1.P 64(R6), [V20.S4, V21.S4, V22.S4, V23.S4] \
	SXTL(r0, a0)     \
	SXTL2(r0, b0)    \
	SXTL(r1, a1)     \
	SXTL2(r1, b1)    \
	SCVTF(a0, a0)    \
	SCVTF(b0, b0)    \
	SCVTF(a1, a1)    \
	SCVTF(b1, b1)    \
	FMUL(20, a0, a0) \
	FMUL(21, b0, b0) \
	FMUL(22, a1, a1) \
	FMUL(23, b1, b1)

// LOAD loads the coefficients at R5 and multiplies them by the factors at R6. The a of the
// rows are V0 to V7, the b are V8 to V15.
#define LOAD \
	VLD1.P 64(R5), [V16.H8, V17.H8, V18.H8, V19.H8] \
	VLD1   (R5), [V24.H8, V25.H8, V26.H8, V27.H8]   \
	ROWS(16, 17, 0, 8, 1, 9)   \
	ROWS(18, 19, 2, 10, 3, 11) \
	ROWS(24, 25, 4, 12, 5, 13) \
	ROWS(26, 27, 6, 14, 7, 15)

// DOT computes to = ((m[0]*x0 + m[1]*x1) + m[2]*x2) + m[3]*x3.
#define DOT(m, x0, x1, x2, x3, to) \
	FMULE(m, 0, x0, 20) \
	FMULE(m, 1, x1, 21) \
	FMULE(m, 2, x2, 22) \
	FMULE(m, 3, x3, 23) \
	FADD(21, 20, 20)    \
	FADD(22, 20, 20)    \
	FADD(23, 20, to)

// COLUMNS multiplies A, which is in V24 to V31, by four columns of the rows x0 to x7, as
// transformColumns. The rows of the result are x0 s0 x1 s1 x2 s2 x3 s3.
#define COLUMNS(x0, x1, x2, x3, x4, x5, x6, x7, s0, s1, s2, s3) \
	FADD(x4, x0, s0) \
	FADD(x5, x1, s1) \
	FADD(x6, x2, s2) \
	FADD(x7, x3, s3) \
	FSUB(x4, x0, x4) \
	FSUB(x5, x1, x5) \
	FSUB(x6, x2, x6) \
	FSUB(x7, x3, x7) \
	DOT(24, s0, s1, s2, s3, x0) \
	DOT(25, s0, s1, s2, s3, x1) \
	DOT(26, s0, s1, s2, s3, x2) \
	DOT(27, s0, s1, s2, s3, x3) \
	DOT(28, x4, x5, x6, x7, s0) \
	DOT(29, x4, x5, x6, x7, s1) \
	DOT(30, x4, x5, x6, x7, s2) \
	DOT(31, x4, x5, x6, x7, s3)

// TRANSFORM is COLUMNS for the rows of LOAD. The a of the rows of the result are
// V0 V16 V1 V17 V2 V18 V3 V19, the b are V8 V4 V9 V5 V10 V6 V11 V7.
#define TRANSFORM \
	COLUMNS(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19) \
	COLUMNS(8, 9, 10, 11, 12, 13, 14, 15, 4, 5, 6, 7)

// PAIRS and QUADS transpose 4 x 4 elements, the rows a to d.
#define PAIRS(a, b, c, d, p, q, r, s) \
	VTRN1 b.S4, a.S4, p.S4 \
	VTRN2 b.S4, a.S4, q.S4 \
	VTRN1 d.S4, c.S4, r.S4 \
	VTRN2 d.S4, c.S4, s.S4

#define QUADS(p, q, r, s, a, b, c, d) \
	VTRN1 r.D2, p.D2, a.D2 \
	VTRN1 s.D2, q.D2, b.D2 \
	VTRN2 r.D2, p.D2, c.D2 \
	VTRN2 s.D2, q.D2, d.D2

// ADD_SUM adds two rows of the sum at R2.
#define ADD_SUM(a0, b0, a1, b1) \
	VLD1.P 64(R2), [V12.S4, V13.S4, V14.S4, V15.S4] \
	FADD(12, a0, a0) \
	FADD(13, b0, b0) \
	FADD(14, a1, a1) \
	FADD(15, b1, b1)

// QUANTISE multiplies two rows by the factors at R6 and rounds them. It clamps them to
// V21..V20 as 16-bit integers, in r0 and r1.
#define QUANTISE(a0, b0, a1, b1, r0, r1) \
	VLD1.P 64(R6), [V12.S4, V13.S4, V14.S4, V15.S4] \
	FMUL(12, a0, a0) \
	FMUL(13, b0, b0) \
	FMUL(14, a1, a1) \
	FMUL(15, b1, b1) \
	FCVTNS(a0, a0)   \
	FCVTNS(b0, b0)   \
	FCVTNS(a1, a1)   \
	FCVTNS(b1, b1)   \
	SQXTN(a0, r0)    \
	SQXTN2(b0, r0)   \
	SQXTN(a1, r1)    \
	SQXTN2(b1, r1)   \
	SMIN(20, r0, r0) \
	SMIN(20, r1, r1) \
	SMAX(21, r0, r0) \
	SMAX(21, r1, r1)

// NONZERO sets the bytes of to, which are those of two rows, to their bits of the mask, or
// to 0 where the coefficient is 0. V20 has the bits of the columns.
#define NONZERO(r0, r1, to) \
	VCMTST r0.H8, r0.H8, r0.H8    \
	VCMTST r1.H8, r1.H8, r1.H8    \
	VUZP1  r1.B16, r0.B16, to.B16 \
	VAND   V20.B16, to.B16, to.B16

// func transformNEON(t *tileMap, in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64)
TEXT ·transformNEON(SB), NOSPLIT, $0-40
	MOVD t+0(FP), R0
	MOVD in+8(FP), R5
	MOVD sum+16(FP), R2
	MOVD out+24(FP), R3
	ADD  $tileMap_dequant, R0, R6
	LOAD
	ADD    $tileMap_even, R0, R7
	VLD1.P 64(R7), [V24.S4, V25.S4, V26.S4, V27.S4]
	VLD1   (R7), [V28.S4, V29.S4, V30.S4, V31.S4]
	TRANSFORM
	PAIRS(V0, V16, V1, V17, V20, V21, V22, V23)
	PAIRS(V2, V18, V3, V19, V12, V13, V14, V15)
	QUADS(V20, V21, V22, V23, V0, V1, V2, V3)
	PAIRS(V8, V4, V9, V5, V20, V21, V22, V23)
	PAIRS(V10, V6, V11, V7, V16, V17, V18, V19)
	QUADS(V20, V21, V22, V23, V4, V5, V6, V7)
	QUADS(V12, V13, V14, V15, V8, V9, V10, V11)
	QUADS(V16, V17, V18, V19, V12, V13, V14, V15)
	TRANSFORM

	CBZ R2, quantise
	ADD_SUM(0, 8, 16, 4)
	ADD_SUM(1, 9, 17, 5)
	ADD_SUM(2, 10, 18, 6)
	ADD_SUM(3, 11, 19, 7)

quantise:
	ADD  $tileMap_requant, R0, R6
	MOVD $const_maxCoef, R7
	VDUP R7, V20.H8
	NEG  R7, R7
	VDUP R7, V21.H8
	QUANTISE(0, 8, 16, 4, 24, 25)
	QUANTISE(1, 9, 17, 5, 26, 27)
	QUANTISE(2, 10, 18, 6, 28, 29)
	QUANTISE(3, 11, 19, 7, 30, 31)
	VST1.P [V24.H8, V25.H8, V26.H8, V27.H8], 64(R3)
	VST1   [V28.H8, V29.H8, V30.H8, V31.H8], (R3)

	// Sums of pairs of bytes collect the bits of each row in one byte.
	MOVD  $0x8040201008040201, R7
	VDUP  R7, V20.D2
	NONZERO(V24, V25, V0)
	NONZERO(V26, V27, V1)
	NONZERO(V28, V29, V2)
	NONZERO(V30, V31, V3)
	VADDP V1.B16, V0.B16, V0.B16
	VADDP V3.B16, V2.B16, V2.B16
	VADDP V2.B16, V0.B16, V0.B16
	VADDP V0.B16, V0.B16, V0.B16
	VMOV  V0.D[0], R7
	MOVD  R7, nonzero+32(FP)
	RET

// ROW computes to = ((m[0]*x0 + m[1]*x1) + m[2]*x2) + ... + m[7]*x7, where m is in V24 and
// V25.
#define ROW(x0, x1, x2, x3, x4, x5, x6, x7, to) \
	FMULE(24, 0, x0, 26) \
	FMULE(24, 1, x1, 27) \
	FADD(27, 26, 26)     \
	FMULE(24, 2, x2, 27) \
	FADD(27, 26, 26)     \
	FMULE(24, 3, x3, 27) \
	FADD(27, 26, 26)     \
	FMULE(25, 0, x4, 27) \
	FADD(27, 26, 26)     \
	FMULE(25, 1, x5, 27) \
	FADD(27, 26, 26)     \
	FMULE(25, 2, x6, 27) \
	FADD(27, 26, 26)     \
	FMULE(25, 3, x7, 27) \
	FADD(27, 26, to)

// MULTIPLY_A sets to to the a of the next row of the product at R7 and the rows of LOAD.
#define MULTIPLY_A(to) \
	VLD1.P 32(R7), [V24.S4, V25.S4] \
	ROW(0, 1, 2, 3, 4, 5, 6, 7, to)

// MULTIPLY_B is MULTIPLY_A for b.
#define MULTIPLY_B(to) \
	VLD1.P 32(R7), [V24.S4, V25.S4] \
	ROW(8, 9, 10, 11, 12, 13, 14, 15, to)

// func addHighNEON(t *tileMap, sum *[64]float32, c *coefs, columns, rows *product)
TEXT ·addHighNEON(SB), NOSPLIT, $0-40
	MOVD t+0(FP), R0
	MOVD sum+8(FP), R1
	MOVD c+16(FP), R5
	MOVD columns+24(FP), R7
	ADD  $tileMap_high, R0, R6
	LOAD
	MULTIPLY_A(16)
	MULTIPLY_A(17)
	MULTIPLY_A(18)
	MULTIPLY_A(19)
	MULTIPLY_A(20)
	MULTIPLY_A(21)
	MULTIPLY_A(22)
	MULTIPLY_A(23)
	MOVD columns+24(FP), R7
	MULTIPLY_B(0)
	MULTIPLY_B(1)
	MULTIPLY_B(2)
	MULTIPLY_B(3)
	MULTIPLY_B(4)
	MULTIPLY_B(5)
	MULTIPLY_B(6)
	MULTIPLY_B(7)

	// The a of the transposed rows are V16 to V19 and V0 to V3, the b are V20 to V23 and
	// V4 to V7.
	PAIRS(V16, V17, V18, V19, V24, V25, V26, V27)
	QUADS(V24, V25, V26, V27, V16, V17, V18, V19)
	PAIRS(V20, V21, V22, V23, V24, V25, V26, V27)
	QUADS(V24, V25, V26, V27, V20, V21, V22, V23)
	PAIRS(V0, V1, V2, V3, V24, V25, V26, V27)
	QUADS(V24, V25, V26, V27, V0, V1, V2, V3)
	PAIRS(V4, V5, V6, V7, V24, V25, V26, V27)
	QUADS(V24, V25, V26, V27, V4, V5, V6, V7)

	MOVD rows+32(FP), R7
	MOVD $8, R8

row:
	VLD1.P 32(R7), [V24.S4, V25.S4]
	VLD1   (R1), [V28.S4, V29.S4]
	ROW(16, 17, 18, 19, 0, 1, 2, 3, 30)
	ROW(20, 21, 22, 23, 4, 5, 6, 7, 31)
	FADD(30, 28, 28)
	FADD(31, 29, 29)
	VST1.P [V28.S4, V29.S4], 32(R1)
	SUBS   $1, R8
	BNE    row
	RET
