//go:build !noasm

#include "go_asm.h"
#include "textflag.h"

// Offsets of the fields of a tileMap.
#define REQUANT 256
#define EVEN 512
#define ODD 1024
#define HIGH 1536

// DOT computes to = ((m[0]*a + m[1]*b) + m[2]*c) + m[3]*d, where m is the matrix row
// at off(AX), whose elements are vectors.
#define DOT(off, a, b, c, d, to) \
	VMULPS (off+0)(AX), a, Y12   \
	VMULPS (off+32)(AX), b, Y13  \
	VMULPS (off+64)(AX), c, Y14  \
	VMULPS (off+96)(AX), d, Y15  \
	VADDPS Y13, Y12, Y12         \
	VADDPS Y14, Y12, Y12         \
	VADDPS Y15, Y12, to

// TRANSFORM multiplies A by the columns of the rows Y0 to Y7, as transformColumns. The
// rows of the result are Y0 Y8 Y1 Y9 Y2 Y10 Y3 Y11.
#define TRANSFORM \
	VADDPS Y4, Y0, Y8  \
	VADDPS Y5, Y1, Y9  \
	VADDPS Y6, Y2, Y10 \
	VADDPS Y7, Y3, Y11 \
	VSUBPS Y4, Y0, Y4  \
	VSUBPS Y5, Y1, Y5  \
	VSUBPS Y6, Y2, Y6  \
	VSUBPS Y7, Y3, Y7  \
	DOT(EVEN+0, Y8, Y9, Y10, Y11, Y0)  \
	DOT(EVEN+128, Y8, Y9, Y10, Y11, Y1) \
	DOT(EVEN+256, Y8, Y9, Y10, Y11, Y2) \
	DOT(EVEN+384, Y8, Y9, Y10, Y11, Y3) \
	DOT(ODD+0, Y4, Y5, Y6, Y7, Y8)     \
	DOT(ODD+128, Y4, Y5, Y6, Y7, Y9)    \
	DOT(ODD+256, Y4, Y5, Y6, Y7, Y10)   \
	DOT(ODD+384, Y4, Y5, Y6, Y7, Y11)

// LOAD loads the row r of the tile and dequantises it.
#define LOAD(r, to) \
	VPMOVSXWD (r*16)(BX), to \
	VCVTDQ2PS to, to         \
	VMULPS    (r*32)(AX), to, to

// LOAD_ROWS loads all rows to Y0 to Y7.
#define LOAD_ROWS \
	LOAD(0, Y0) \
	LOAD(1, Y1) \
	LOAD(2, Y2) \
	LOAD(3, Y3) \
	LOAD(4, Y4) \
	LOAD(5, Y5) \
	LOAD(6, Y6) \
	LOAD(7, Y7)

// STORE quantises the rows r and r+1, clamps them to Y14..Y15 and stores them. It
// leaves them as 16-bit integers in a.
#define STORE(r, a, b) \
	VMULPS    (REQUANT+r*32)(AX), a, a    \
	VMULPS    (REQUANT+r*32+32)(AX), b, b \
	VMAXPS    Y14, a, a                   \
	VMAXPS    Y14, b, b                   \
	VMINPS    Y15, a, a                   \
	VMINPS    Y15, b, b                   \
	VCVTPS2DQ a, a                        \
	VCVTPS2DQ b, b                        \
	VPACKSSDW b, a, a                     \
	VPERMQ    $0xD8, a, a                 \
	VMOVDQU   a, (r*16)(DX)

DATA bounds<>+0(SB)/4, $-1023.0
DATA bounds<>+4(SB)/4, $1023.0
GLOBL bounds<>(SB), RODATA|NOPTR, $8

// TRANSPOSE transposes the rows Y0 Y8 Y1 Y9 Y2 Y10 Y3 Y11 to Y0 to Y7.
#define TRANSPOSE \
	VUNPCKLPS  Y8, Y0, Y4           \
	VUNPCKHPS  Y8, Y0, Y5           \
	VUNPCKLPS  Y9, Y1, Y6           \
	VUNPCKHPS  Y9, Y1, Y7           \
	VUNPCKLPS  Y10, Y2, Y12         \
	VUNPCKHPS  Y10, Y2, Y13         \
	VUNPCKLPS  Y11, Y3, Y14         \
	VUNPCKHPS  Y11, Y3, Y15         \
	VSHUFPS    $0x44, Y6, Y4, Y0    \
	VSHUFPS    $0xEE, Y6, Y4, Y1    \
	VSHUFPS    $0x44, Y7, Y5, Y2    \
	VSHUFPS    $0xEE, Y7, Y5, Y3    \
	VSHUFPS    $0x44, Y14, Y12, Y8  \
	VSHUFPS    $0xEE, Y14, Y12, Y9  \
	VSHUFPS    $0x44, Y15, Y13, Y10 \
	VSHUFPS    $0xEE, Y15, Y13, Y11 \
	VPERM2F128 $0x31, Y8, Y0, Y4    \
	VPERM2F128 $0x31, Y9, Y1, Y5    \
	VPERM2F128 $0x31, Y10, Y2, Y6   \
	VPERM2F128 $0x31, Y11, Y3, Y7   \
	VPERM2F128 $0x20, Y8, Y0, Y0    \
	VPERM2F128 $0x20, Y9, Y1, Y1    \
	VPERM2F128 $0x20, Y10, Y2, Y2   \
	VPERM2F128 $0x20, Y11, Y3, Y3  

// ROW computes to = ((m[0]*Y0 + m[1]*Y1) + m[2]*Y2) + ... + m[7]*Y7, where m is row u of
// the product at R9.
#define ROW(u, to) \
	VMULPS (u*256+0)(R9), Y0, Y14   \
	VMULPS (u*256+32)(R9), Y1, Y15  \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+64)(R9), Y2, Y15  \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+96)(R9), Y3, Y15  \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+128)(R9), Y4, Y15 \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+160)(R9), Y5, Y15 \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+192)(R9), Y6, Y15 \
	VADDPS Y15, Y14, Y14            \
	VMULPS (u*256+224)(R9), Y7, Y15 \
	VADDPS Y15, Y14, to

// ADD adds what ROW(u) computes to row u of the sum at DX.
#define ADD(u) \
	ROW(u, Y13)                  \
	VADDPS  (u*32)(DX), Y13, Y13 \
	VMOVUPS Y13, (u*32)(DX)

// func addHighAVX2(t *tileMap, sum *[64]float32, c *coefs, columns, rows *product)
TEXT ·addHighAVX2(SB), NOSPLIT, $64-40
	MOVQ t+0(FP), AX
	ADDQ $HIGH, AX
	MOVQ sum+8(FP), DX
	MOVQ c+16(FP), BX
	MOVQ columns+24(FP), R9
	LOAD_ROWS
	ROW(0, Y12)
	VMOVUPS Y12, first-32(SP)
	ROW(1, Y8)
	ROW(3, Y9)
	ROW(5, Y10)
	ROW(7, Y11)
	ROW(2, Y12)
	VMOVUPS Y12, third-64(SP)
	ROW(4, Y12)
	ROW(6, Y13)
	VMOVUPS first-32(SP), Y0
	VMOVUPS third-64(SP), Y1
	VMOVAPS Y12, Y2
	VMOVAPS Y13, Y3
	TRANSPOSE
	MOVQ rows+32(FP), R9
	ADD(0)
	ADD(1)
	ADD(2)
	ADD(3)
	ADD(4)
	ADD(5)
	ADD(6)
	ADD(7)
	VZEROUPPER
	RET

// func transformAVX2(t *tileMap, in *coefs, sum *[64]float32, out *coefBlock) (nonzero uint64)
TEXT ·transformAVX2(SB), NOSPLIT, $0-40
	MOVQ t+0(FP), AX
	MOVQ in+8(FP), BX
	MOVQ sum+16(FP), SI
	MOVQ out+24(FP), DX

	LOAD_ROWS
	TRANSFORM

	TRANSPOSE
	TRANSFORM

	TESTQ SI, SI
	JEQ   quantise
	VADDPS 0(SI), Y0, Y0
	VADDPS 32(SI), Y8, Y8
	VADDPS 64(SI), Y1, Y1
	VADDPS 96(SI), Y9, Y9
	VADDPS 128(SI), Y2, Y2
	VADDPS 160(SI), Y10, Y10
	VADDPS 192(SI), Y3, Y3
	VADDPS 224(SI), Y11, Y11

quantise:
	VBROADCASTSS bounds<>+0(SB), Y14
	VBROADCASTSS bounds<>+4(SB), Y15
	STORE(0, Y0, Y8)
	STORE(2, Y1, Y9)
	STORE(4, Y2, Y10)
	STORE(6, Y3, Y11)

	// Bit i of the mask is set if the 16-bit integer i of Y0 to Y3 is not 0.
	VPXOR     Y4, Y4, Y4
	VPCMPEQW  Y4, Y0, Y0
	VPCMPEQW  Y4, Y1, Y1
	VPCMPEQW  Y4, Y2, Y2
	VPCMPEQW  Y4, Y3, Y3
	VPACKSSWB Y1, Y0, Y0
	VPACKSSWB Y3, Y2, Y2
	VPERMQ    $0xD8, Y0, Y0
	VPERMQ    $0xD8, Y2, Y2
	VPMOVMSKB Y0, CX
	VPMOVMSKB Y2, SI
	SHLQ      $32, SI
	ORQ       SI, CX
	NOTQ      CX
	MOVQ      CX, nonzero+32(FP)
	VZEROUPPER
	RET
