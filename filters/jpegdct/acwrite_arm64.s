//go:build !noasm

#include "textflag.h"

// APPEND appends the low R13 bits of R14, as writeBits. R5 is acc, R6 is have, and R4 is the
// address of the first unfinished byte. Shifts use the low 6 bits of their count.
#define APPEND \
	LSL  R13, R5, R5    \
	ORR  R14, R5, R5    \
	ADD  R13, R6, R6    \
	NEG  R6, R15        \
	LSL  R15, R5, R15   \
	REV  R15, R15       \
	MOVD R15, (R4)      \
	ADD  R6>>3, R4, R4  \
	AND  $7, R6, R6

// func writeACSymbolsAsm(c *acCodes, shared *acShared, block *coefBlock, order uint64, data *byte, acc uint64, have uint) (n int, newAcc uint64, newHave uint, last int)
TEXT ·writeACSymbolsAsm(SB), NOSPLIT, $0-88
	MOVD c+0(FP), R0
	MOVD shared+8(FP), R1
	MOVD block+16(FP), R2
	MOVD order+24(FP), R3
	MOVD data+32(FP), R4
	MOVD acc+40(FP), R5
	MOVD have+48(FP), R6
	MOVD $·zigzag(SB), R7
	MOVD ZR, R8
	CBZ  R3, done

loop:
	RBIT R3, R9
	CLZ  R9, R9                // k
	SUB  $1, R3, R10
	AND  R10, R3, R3
	SUB  R8, R9, R10
	SUB  $1, R10, R10          // run
	MOVD R9, R8
	CMP  $15, R10
	BHI  long

value:
	MOVBU (R7)(R8), R11
	MOVH  (R2)(R11<<1), R11
	ADD   $1024, R11, R11
	AND   $2047, R11, R11
	MOVHU (R1)(R11<<1), R11    // bits<<4 | size
	AND   $15, R11, R12
	ORR   R10<<4, R12, R13
	MOVWU (R0)(R13<<2), R13    // code<<5 | length
	LSR   $5, R13, R14
	LSL   R12, R14, R14
	ORR   R11>>4, R14, R14
	AND   $31, R13, R13
	ADD   R12, R13, R13
	APPEND
	CBNZ  R3, loop

done:
	MOVD data+32(FP), R7
	SUB  R7, R4, R4
	MOVD R4, n+56(FP)
	MOVD R5, newAcc+64(FP)
	MOVD R6, newHave+72(FP)
	MOVD R8, last+80(FP)
	RET

long:
	MOVWU 960(R0), R13         // codes[0xF0], ZRL
	LSR   $5, R13, R14
	AND   $31, R13, R13
	APPEND
	SUB   $16, R10, R10
	CMP   $15, R10
	BHI   long
	B     value
