//go:build !noasm

#include "textflag.h"

// Offsets of the fields of a tileMap.
#define REQUANT 256
#define EVEN 512
#define ODD 576

// DOT computes to = ((m[0]*a + m[1]*b) + m[2]*c) + m[3]*d, where m is the matrix row
// at off(AX).
#define DOT(off, a, b, c, d, to) \
	VBROADCASTSS (off+0)(AX), Y12  \
	VBROADCASTSS (off+4)(AX), Y13  \
	VBROADCASTSS (off+8)(AX), Y14  \
	VBROADCASTSS (off+12)(AX), Y15 \
	VMULPS       a, Y12, Y12       \
	VMULPS       b, Y13, Y13       \
	VMULPS       c, Y14, Y14       \
	VMULPS       d, Y15, Y15       \
	VADDPS       Y13, Y12, Y12     \
	VADDPS       Y14, Y12, Y12     \
	VADDPS       Y15, Y12, to

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
	DOT(EVEN+16, Y8, Y9, Y10, Y11, Y1) \
	DOT(EVEN+32, Y8, Y9, Y10, Y11, Y2) \
	DOT(EVEN+48, Y8, Y9, Y10, Y11, Y3) \
	DOT(ODD+0, Y4, Y5, Y6, Y7, Y8)     \
	DOT(ODD+16, Y4, Y5, Y6, Y7, Y9)    \
	DOT(ODD+32, Y4, Y5, Y6, Y7, Y10)   \
	DOT(ODD+48, Y4, Y5, Y6, Y7, Y11)

// LOAD loads the row r of the tile and dequantises it.
#define LOAD(r, to) \
	VPMOVSXWD (r*16)(BX), to \
	VCVTDQ2PS to, to         \
	VMULPS    (r*32)(AX), to, to

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

// func applyAVX2(t *tileMap, in *tile, out *coefBlock) (nonzero uint64)
TEXT ·applyAVX2(SB), NOSPLIT, $0-32
	MOVQ t+0(FP), AX
	MOVQ in+8(FP), BX
	MOVQ out+16(FP), DX

	LOAD(0, Y0)
	LOAD(1, Y1)
	LOAD(2, Y2)
	LOAD(3, Y3)
	LOAD(4, Y4)
	LOAD(5, Y5)
	LOAD(6, Y6)
	LOAD(7, Y7)
	TRANSFORM

	// Transpose.
	VUNPCKLPS  Y8, Y0, Y4
	VUNPCKHPS  Y8, Y0, Y5
	VUNPCKLPS  Y9, Y1, Y6
	VUNPCKHPS  Y9, Y1, Y7
	VUNPCKLPS  Y10, Y2, Y12
	VUNPCKHPS  Y10, Y2, Y13
	VUNPCKLPS  Y11, Y3, Y14
	VUNPCKHPS  Y11, Y3, Y15
	VSHUFPS    $0x44, Y6, Y4, Y0
	VSHUFPS    $0xEE, Y6, Y4, Y1
	VSHUFPS    $0x44, Y7, Y5, Y2
	VSHUFPS    $0xEE, Y7, Y5, Y3
	VSHUFPS    $0x44, Y14, Y12, Y8
	VSHUFPS    $0xEE, Y14, Y12, Y9
	VSHUFPS    $0x44, Y15, Y13, Y10
	VSHUFPS    $0xEE, Y15, Y13, Y11
	VPERM2F128 $0x31, Y8, Y0, Y4
	VPERM2F128 $0x31, Y9, Y1, Y5
	VPERM2F128 $0x31, Y10, Y2, Y6
	VPERM2F128 $0x31, Y11, Y3, Y7
	VPERM2F128 $0x20, Y8, Y0, Y0
	VPERM2F128 $0x20, Y9, Y1, Y1
	VPERM2F128 $0x20, Y10, Y2, Y2
	VPERM2F128 $0x20, Y11, Y3, Y3
	TRANSFORM

	VBROADCASTSS bounds<>+0(SB), Y14
	VBROADCASTSS bounds<>+4(SB), Y15
	STORE(0, Y0, Y8)
	STORE(2, Y1, Y9)
	STORE(4, Y2, Y10)
	STORE(6, Y3, Y11)

	// Compute nonzero.
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
	MOVQ      CX, nonzero+24(FP)
	VZEROUPPER
	RET
