//go:build !noasm

#include "textflag.h"
#include "neon_arm64.h"

// EXCEEDED compares 32 coefficients with their bounds and advances to the next. It ors the
// results to V16.
#define EXCEEDED \
	VLD1.P 64(R1), [V0.H8, V1.H8, V2.H8, V3.H8] \
	VLD1.P 64(R0), [V4.H8, V5.H8, V6.H8, V7.H8] \
	ABS(0, 0)     \
	ABS(1, 1)     \
	ABS(2, 2)     \
	ABS(3, 3)     \
	CMGT(4, 0, 0) \
	CMGT(5, 1, 1) \
	CMGT(6, 2, 2) \
	CMGT(7, 3, 3) \
	VORR V1.B16, V0.B16, V0.B16   \
	VORR V3.B16, V2.B16, V2.B16   \
	VORR V2.B16, V0.B16, V0.B16   \
	VORR V0.B16, V16.B16, V16.B16

// func exceededNEON(b *bounds, c *coefs) bool
TEXT ·exceededNEON(SB), NOSPLIT, $0-17
	MOVD b+0(FP), R0
	MOVD c+8(FP), R1
	VEOR V16.B16, V16.B16, V16.B16
	EXCEEDED
	EXCEEDED
	VMOV V16.D[0], R2
	VMOV V16.D[1], R3
	ORR  R3, R2, R2
	CMP  $0, R2
	CSET NE, R2
	MOVB R2, ret+16(FP)
	RET
