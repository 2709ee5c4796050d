//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_arm64.h"

// Further registers: R0 skipBlock, R1 entries, R4 safe, R6 where the next end goes, R7 the end
// of ends.

// ENTRY loads R11 with the entry at R1, a skipTable's, for the bits at the head of R8.
#define ENTRY \
	LSR   $52, R8, R11          \
	MOVHU (R1)(R11<<1), R11

// SKIP skips what the entry in R11 says and subtracts the number of bits from R10. If
// the entry has skipEnd, the next block begins: its tables are selected without a
// branch.
#define SKIP \
	SUB  R11, R10, R10        \
	LSL  R11, R8, R8          \
	AND  $63, R11, R12        \
	ADD  R12, R3, R3          \
	LSR  $8, R11, R11         \
	ADD  R11, R5, R5          \
	TBNZ $6, R5, far          \ // k without skipEnd is 64 or more
	CMP  R4, R3               \
	BGT  done                 \
	LDP  skipBlock_entries(R0), (R1, R14) \ // with nextDC
	MOVD skipBlock_next(R0), R15 \
	MOVW R3, (R6)             \
	TST  $const_skipEnd, R11  \
	CSEL NE, R14, R1, R1      \
	CSEL NE, R15, R0, R0      \
	CSEL NE, ZR, R5, R5       \
	AND  $const_skipEnd, R11, R12 \
	ADD  R12>>5, R6, R6       \ // by 4
	CMP  R7, R6               \
	BEQ  done

// func skipBlocksAsm(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)
TEXT ·skipBlocksAsm(SB), NOSPLIT, $0-88
	MOVD at+0(FP), R0
	MOVD from+8(FP), R1
	MOVD buf+16(FP), R2
	MOVD pos+24(FP), R3
	MOVD safe+32(FP), R4
	MOVD k+40(FP), R5
	MOVD ends+48(FP), R6
	MOVD n+56(FP), R7
	ADD  R7<<2, R6, R7
	ADD  $7, R2, R13
	MOVD $56, R16

begin:
	WINDOW(R8)
	MOVD ZR, R9

	// Two steps take at most 44 of the 57 valid bits of a window. So R8 still has the
	// 12 bits of an index when the loop begins again. Only then are the bits of R9,
	// which belong R10 bits below the top of R8, added: the loop waits neither for their
	// load nor for their shift.
loop:
	ENTRY
	LSR  R10, R9, R9
	ORR  R9, R8, R8
	LSR  $3, R3, R12
	MOVD (R13)(R12), R9
	REV  R9, R9
	AND  $7, R3, R12
	SUB  R12, R16, R10
	SKIP
	ENTRY
	SKIP
	B loop

far:
	CMP $64, R5
	BNE unknown
	CMP R4, R3
	BGT done

	// The block ends with coefficient 63, without EOB.
	MOVW.P R3, 4(R6)
	MOVD   skipBlock_nextDC(R0), R1
	MOVD   skipBlock_next(R0), R0
	MOVD   ZR, R5
	CMP    R7, R6
	BNE    begin
	B      done

unknown:
	SUB R12, R3, R3
	SUB R11, R5, R5

done:
	MOVD ends+48(FP), R7
	SUB  R7, R6, R6
	LSR  $2, R6, R6
	MOVD R6, done+64(FP)
	MOVD R3, next+72(FP)
	MOVD R5, newK+80(FP)
	RET
