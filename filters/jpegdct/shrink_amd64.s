//go:build !noasm

#include "textflag.h"

// func addScaledAVX2(sum *[8]float32, v float32, w *[8]float32)
TEXT ·addScaledAVX2(SB), NOSPLIT, $0-24
	MOVQ         sum+0(FP), AX
	MOVQ         w+16(FP), BX
	VBROADCASTSS v+8(FP), Y0
	VMULPS       (BX), Y0, Y0
	VADDPS       (AX), Y0, Y0
	VMOVUPS      Y0, (AX)
	VZEROUPPER
	RET

// PRODUCT adds the element at off of the column at AX, times the row in Y8, to sum.
#define PRODUCT(off, sum) \
	VBROADCASTSS off(AX), Y9 \
	VMULPS       Y8, Y9, Y9  \
	VADDPS       Y9, sum, sum

// func sumProductsAVX2(y *[64]float32, columns, rows *[8]float32, n int)
TEXT ·sumProductsAVX2(SB), NOSPLIT, $0-32
	MOVQ columns+8(FP), AX
	MOVQ rows+16(FP), BX
	MOVQ n+24(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7

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

	MOVQ y+0(FP), AX
	VMOVUPS Y0, 0(AX)
	VMOVUPS Y1, 32(AX)
	VMOVUPS Y2, 64(AX)
	VMOVUPS Y3, 96(AX)
	VMOVUPS Y4, 128(AX)
	VMOVUPS Y5, 160(AX)
	VMOVUPS Y6, 192(AX)
	VMOVUPS Y7, 224(AX)
	VZEROUPPER
	RET
