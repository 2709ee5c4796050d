//go:build !noasm

#include "textflag.h"

// PRODUCT adds the element at off of the column at AX, times the row in Y8, to sum.
#define PRODUCT(off, sum) \
	VBROADCASTSS off(AX), Y9 \
	VMULPS       Y8, Y9, Y9  \
	VADDPS       Y9, sum, sum

// func addProductsAVX2(y, columns, rows *[8]float32, n int)
TEXT ·addProductsAVX2(SB), NOSPLIT, $0-32
	MOVQ y+0(FP), DX
	MOVQ columns+8(FP), AX
	MOVQ rows+16(FP), BX
	MOVQ n+24(FP), CX
	VMOVUPS 0(DX), Y0
	VMOVUPS 32(DX), Y1
	VMOVUPS 64(DX), Y2
	VMOVUPS 96(DX), Y3
	VMOVUPS 128(DX), Y4
	VMOVUPS 160(DX), Y5
	VMOVUPS 192(DX), Y6
	VMOVUPS 224(DX), Y7

next:
	VMOVUPS (BX), Y8
	PRODUCT(0, Y0)
	PRODUCT(4, Y1)
	PRODUCT(8, Y2)
	PRODUCT(12, Y3)
	PRODUCT(16, Y4)
	PRODUCT(20, Y5)
	PRODUCT(24, Y6)
	PRODUCT(28, Y7)
	ADDQ    $32, AX
	ADDQ    $32, BX
	DECQ    CX
	JNE     next

	VMOVUPS Y0, 0(DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	VMOVUPS Y4, 128(DX)
	VMOVUPS Y5, 160(DX)
	VMOVUPS Y6, 192(DX)
	VMOVUPS Y7, 224(DX)
	VZEROUPPER
	RET
