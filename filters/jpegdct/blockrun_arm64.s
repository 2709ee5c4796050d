//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_arm64.h"

// Further registers: R0 blockRun, R1 runBlock, R4 safe, R6 coefs, R7 places, R9 values,
// R10 skip entries, R11 entry, R13 window at the entry's first symbol, R19 pairs,
// R20 bound, R21 doubtful, R22 blockReader, R23 twice, R24 suspect, R25 -1.

// FIRST sets R14 to the first value of the entry in R11, which is a valueTable's. R13 has the
// bits from the entry's first symbol on, and then those of the value that are not in the
// entry: they are the last bits of the symbol.
#define FIRST \
	NEG  R11, R12           \
	LSR  R12, R13, R13      \
	UBFX $const_valueSizeShift, R11, $8, R12 \
	LSL  R12, R25, R12      \
	BIC  R12, R13, R13      \
	ADD  R11>>32, R13, R14

// STORE stores the value in R14 of the coefficient k.
#define STORE(k) \
	MOVBU (R7)(k), R15 \
	MOVH  R14, (R6)(R15<<1)

// INDEX sets R12 to the index into valueBounds of the coefficient R5, modulo 128. Its symbol
// advances R5 by advance. It changes R15.
#define INDEX(advance) \
	AND  $127, R5, R12                    \
	ADD  $const_isolatedBounds, R12, R15  \
	CMP  $const_isolatedRun, advance      \
	CSEL HI, R15, R12, R12

// EXCEEDED compares the value in R14 with the index i, and sets LO if it exceeds its bound.
#define EXCEEDED(i) \
	MOVHU (R20)(i<<1), R15 \
	ADD   R15, R14, R14    \
	MOVHU (R23)(i<<1), R15 \
	CMP   R14.UXTH, R15

// func readRunAsm(r *blockRun, buf *byte, safe, k int) (stop int)
TEXT ·readRunAsm(SB), NOSPLIT, $0-40
	MOVD r+0(FP), R0
	MOVD buf+8(FP), R2
	MOVD safe+16(FP), R4
	MOVD k+24(FP), R5
	MOVD $-1, R25
	MOVD blockRun_symbol(R0), R3
	TBZ  $63, R5, first
	MOVD blockRun_pos(R0), R3

first:
	WINDOW(R8)

	// As next. A step of the loops below takes at most 25 of the 57 valid bits of a window, and
	// the DC coefficient 20. So R8 still has the 12 bits of an index after both, and no window is
	// loaded between. (The 63 bits of valueSlow are given back.)
block:
	MOVD blockRun_at(R0), R12
	MOVD blockRun_blocks(R0), R1
	MOVD $runBlock__size, R13
	MADD R13, R1, R12, R1
	MOVD runBlock_column(R1), R12
	MOVD runBlock_shift(R1), R13
	LSR  R13, R12, R14
	LSL  R13, R14, R15
	SUB  R15, R12, R12
	MOVD runBlock_tiles(R1), R6
	MOVD $tile__size, R15
	MADD R15, R6, R14, R6
	MOVD runBlock_places(R1), R7
	ADD  R12<<7, R7, R7
	MOVD runBlock_reader(R1), R22
	MOVD blockReader_values(R22), R9
	MOVD blockReader_bounds(R22), R20
	MOVD blockReader_pairs(R22), R19
	ADD  $valueBounds_twice, R20, R23
	ADD  $valueBounds_suspect, R20, R24
	ADD  $valueBounds_doubtful, R20, R21
	TBZ  $63, R5, begin
	MOVD R3, blockRun_pos(R0)
	MOVD runBlock_column(R1), R12
	MOVD runBlock_cut(R1), R13
	CMP  R13, R12
	BGE  large

	// As readDC.
	MOVD  blockReader_dc(R22), R12
	ADD   $lookup_short, R12
	LSR   $(64-const_lookupBits), R8, R13
	MOVHU (R12)(R13<<1), R11
	CBZ   R11, longDC
	LSR   $8, R11, R12
	CMP   $11, R12
	BHI   longDC
	LSL   R11, R8, R8
	AND   $255, R11, R12
	LSR   $8, R11, R11
	ADD   R12, R3, R3
	ADD   R11, R3, R3
	LSR   $1, R8, R12
	MOVD  $63, R13
	SUB   R11, R13, R13
	LSR   R13, R12, R12               // the bits of the value
	MOVD  blockReader_pred(R22), R13
	MOVW  (R13), R13
	ADD   R13, R12, R12
	LSL   R11, R25, R13
	ORR   R8->63, R13, R13            // -1 if the value is not negative
	ADD   R13, R12, R12
	ADD   $1, R12, R12                // 1<<size - 1 is subtracted, or 0
	MOVW  R12, blockRun_pred(R0)
	MOVBU (R7), R13
	MOVH  R12, (R6)(R13<<1)
	LSL   R11, R8, R8
	MOVD  ZR, R5

begin:
	CMP R19, R5
	BGE rest

low:
	LSR  $53, R8, R12
	MOVD (R9)(R12<<3), R11
	WINDOW(R13)
	LSL  R11, R13, R8
	AND  $63, R11, R12
	ADD  R12, R3, R3
	FIRST
	UBFX $8, R11, $8, R12
	ADD  R12, R5, R12
	STORE(R12)
	UBFX $16, R11, $8, R12
	ADD  R12, R5, R5
	AND  $127, R5, R12
	ADD  R11>>48, R13, R14
	STORE(R12)
	MOVBU (R21)(R5), R15
	CMP  R11.UXTB, R15
	BLS  doubtful

lowNext:
	CMP R19, R5
	BLT low

	CMP $const_valueEndOffset, R5
	BGE whole

rest:
	CMP  $63, R5
	BEQ  whole
	BGT  beyond
	MOVD blockReader_entries(R22), R10
	CBZ  R10, symbol
	ADD  $1, R5, R5

	// As skipKnown.
skip:
	LSR   $52, R8, R12
	MOVHU (R10)(R12<<1), R11
	WINDOW(R13)
	AND   $31, R11, R12
	LSL   R12, R13, R8
	ADD   R12, R3, R3
	LSR   $8, R11, R14
	ADD   R14, R5, R5
	MOVBU (R24)(R5), R15
	CMP   R11.UXTB, R15
	BLS   suspect
	CMP   $64, R5
	BLT   skip
	BEQ   whole
	SUB   $const_skipEnd, R5, R15
	CMP   $64, R15
	BLO   whole

suspect:
	SUB  R12, R3, R3
	SUB  R14, R5, R5
	SUB  $1, R5, R5
	MOVD R13, R8

	// As readSymbol.
symbol:
	LSR   $53, R8, R12
	MOVD  (R9)(R12<<3), R11
	ADD   $valueTable_first, R9, R14
	MOVBU (R14)(R12), R16
	WINDOW(R13)
	AND   $255, R11, R12
	CMP   $const_valueSlow&255, R12
	BEQ   slow
	AND   $63, R11, R12
	CMP   $0, R16              // 0 if not all bits of the value are in the index
	CSEL  EQ, R12, R16, R12
	LSL   R12, R13, R8
	ADD   R12, R3, R3
	FIRST
	UBFX  $8, R11, $8, R16
	ADD   R16, R5, R5
	STORE(R5)
	INDEX(R16)
	EXCEEDED(R12)
	BLO   large
	CMP   $const_valueEOBAdvance, R16
	BNE   rest

	// As advance.
whole:
	MOVD blockReader_pred(R22), R12
	MOVW blockRun_pred(R0), R13
	MOVW R13, (R12)
	MOVD runBlock_column(R1), R12
	MOVD runBlock_h(R1), R13
	ADD  R13, R12, R12
	MOVD R12, runBlock_column(R1)
	MOVD $const_blockBegin, R5
	MOVD blockRun_at(R0), R12
	ADD  $1, R12, R12
	MOVD R12, blockRun_at(R0)
	MOVD (blockRun_blocks+8)(R0), R13
	CMP  R13, R12
	BLT  block
	MOVD ZR, blockRun_at(R0)
	MOVD R3, blockRun_pos(R0)
	MOVD blockRun_mcus(R0), R12
	SUBS $1, R12, R12
	MOVD R12, blockRun_mcus(R0)
	BEQ  stop
	CMP  R4, R3
	BLE  block
	B    stop

	// The entry in R11 is valueSlow, or its last value, which R14 has, may exceed its bound.
doubtful:
	AND $255, R11, R12
	CMP $const_valueSlow&255, R12
	BEQ undo
	UBFX $8, R11, $8, R12
	UBFX $16, R11, $7, R16
	SUBS R12, R16, R16
	CSEL EQ, R12, R16, R16 // the advance by the last symbol
	INDEX(R16)
	EXCEEDED(R12)
	BHS  lowNext
	B    large

undo:
	SUB $63, R3, R3
	SUB $const_valueEOBAdvance, R5, R5
	B   slow

longDC:
	MOVD $const_blockDC, R5

slow:
	MOVD R3, blockRun_symbol(R0)
	B    stop

large:
	MOVD $const_blockLarge, R5
	B    stop

beyond:
	MOVD $const_blockInvalid, R5

stop:
	MOVD R5, stop+32(FP)
	RET
