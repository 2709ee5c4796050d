//go:build !noasm

#include "textflag.h"

// func exceededAVX2(b *bounds, c *coefs) bool
TEXT ·exceededAVX2(SB), NOSPLIT, $0-17
	MOVQ     b+0(FP), AX
	MOVQ     c+8(FP), BX
	VPABSW   (BX), Y0
	VPABSW   32(BX), Y1
	VPABSW   64(BX), Y2
	VPABSW   96(BX), Y3
	VPCMPGTW (AX), Y0, Y0
	VPCMPGTW 32(AX), Y1, Y1
	VPCMPGTW 64(AX), Y2, Y2
	VPCMPGTW 96(AX), Y3, Y3
	VPOR     Y1, Y0, Y0
	VPOR     Y3, Y2, Y2
	VPOR     Y2, Y0, Y0
	VPTEST   Y0, Y0
	SETNE    ret+16(FP)
	VZEROUPPER
	RET
