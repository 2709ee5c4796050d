//go:build !noasm

#include "textflag.h"

// Products and sums are rounded one by one and in the order of the Go functions, so
// that the results are equal to the last bit. The assembler lacks these instructions;
// their operands are the numbers of vector registers with four floats.

// FMULE is fmul Vd.4s, Vn.4s, Vm.s[i].
#define FMULE(m, i, n, d) WORD $(0x4F809000 | (i&1)<<21 | m<<16 | (i>>1)<<11 | n<<5 | d)

// FADD is fadd Vd.4s, Vn.4s, Vm.4s.
#define FADD(m, n, d) WORD $(0x4E20D400 | m<<16 | n<<5 | d)

// func convolveNEON(dst, src *float32, columns *contribution, n, ch int)
TEXT ·convolveNEON(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD columns+16(FP), R2
	MOVD n+24(FP), R3
	MOVD ch+32(FP), R4
	LSL  $2, R4             // bytes per pixel

column:
	LDP  (R2), (R5, R6)     // start, weights
	MOVD 16(R2), R7         // number of weights
	ADD  $32, R2            // size of a contribution: an int and a slice
	MADD R4, R1, R5, R5
	VEOR V0.B16, V0.B16, V0.B16
	SUBS $4, R7
	BLT  few

four:
	VLD1.P 16(R6), [V5.S4]
	VLD1.P (R5)(R4), [V1.S4]
	VLD1.P (R5)(R4), [V2.S4]
	VLD1.P (R5)(R4), [V3.S4]
	VLD1.P (R5)(R4), [V4.S4]
	FMULE(5, 0, 1, 1)
	FMULE(5, 1, 2, 2)
	FMULE(5, 2, 3, 3)
	FMULE(5, 3, 4, 4)
	FADD(1, 0, 0)
	FADD(2, 0, 0)
	FADD(3, 0, 0)
	FADD(4, 0, 0)
	SUBS $4, R7
	BGE  four

few:
	ADDS $4, R7
	BEQ  done

one:
	FMOVS.P 4(R6), F5
	VLD1.P  (R5)(R4), [V1.S4]
	FMULE(5, 0, 1, 1)
	FADD(1, 0, 0)
	SUBS $1, R7
	BNE  one

done:
	VST1.P [V0.S4], (R0)(R4)
	SUBS   $1, R3
	BNE    column
	RET

// func addNEON(sum, r0, r1, r2, r3 *float32, w *[batch]float32, n int)
TEXT ·addNEON(SB), NOSPLIT, $0-56
	MOVD sum+0(FP), R0
	MOVD r0+8(FP), R1
	MOVD r1+16(FP), R2
	MOVD r2+24(FP), R3
	MOVD r3+32(FP), R4
	MOVD w+40(FP), R5
	MOVD n+48(FP), R6
	VLD1 (R5), [V0.S4]

eight:
	VLD1.P 32(R1), [V1.S4, V2.S4]
	VLD1.P 32(R2), [V3.S4, V4.S4]
	VLD1.P 32(R3), [V5.S4, V6.S4]
	VLD1.P 32(R4), [V7.S4, V8.S4]
	VLD1   (R0), [V9.S4, V10.S4]
	FMULE(0, 0, 1, 1)
	FMULE(0, 0, 2, 2)
	FMULE(0, 1, 3, 3)
	FMULE(0, 1, 4, 4)
	FMULE(0, 2, 5, 5)
	FMULE(0, 2, 6, 6)
	FMULE(0, 3, 7, 7)
	FMULE(0, 3, 8, 8)
	FADD(3, 1, 1)
	FADD(4, 2, 2)
	FADD(7, 5, 5)
	FADD(8, 6, 6)
	FADD(5, 1, 1)
	FADD(6, 2, 2)
	FADD(1, 9, 9)
	FADD(2, 10, 10)
	VST1.P [V9.S4, V10.S4], 32(R0)
	SUBS   $8, R6
	BGT    eight
	RET
