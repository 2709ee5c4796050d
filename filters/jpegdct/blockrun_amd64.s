//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_amd64.h"

// REST sets BX to the bits of the value that are not in the entry at R13, which is a
// valueTable's: they are the last bits of the symbol. BX has the bits from the entry's first
// symbol on, and the low 6 bits of DX are their number.
#define REST \
	MOVL    DX, CX          \
	NEGL    CX              \
	SHRXQ   CX, BX, BX      \
	MOVBLZX 3(R13), CX      \
	BZHIQ   CX, BX, BX

// EXTEND sets AX to the value of CX bits at the head of R11, as extend. It changes BX and R13.
#define EXTEND \
	MOVQ  R11, AX      \
	SHRQ  $1, AX       \
	MOVL  $63, BX      \
	SUBL  CX, BX       \
	SHRXQ BX, AX, AX   \ // the bits of the value
	MOVQ  R11, BX      \
	SARQ  $63, BX      \ // 0 if it is negative, else -1
	MOVQ  $-1, R13     \
	BZHIQ CX, R13, R13 \
	ANDNQ R13, BX, BX  \
	SUBL  BX, AX

// INDEX sets CX to the index into valueBounds of the coefficient R10, modulo 128. Its symbol
// advances R10 by advance. It changes R13.
#define INDEX(advance) \
	MOVL    R10, CX                          \
	ANDL    $127, CX                         \
	LEAL    const_isolatedBounds(CX), R13    \
	CMPL    advance, $const_isolatedRun      \
	CMOVLHI R13, CX

// EXCEEDED compares the value v with the index i, and sets CF if it exceeds its bound.
#define EXCEEDED(i, v) \
	ADDW (R14)(i*2), v \
	CMPW valueBounds_twice(R14)(i*2), v

// func readRunAsm(r *blockRun, buf *byte, safe, k int) (stop int)
TEXT ·readRunAsm(SB), NOSPLIT, $16-40
	MOVQ   r+0(FP), DX
	MOVQ   buf+8(FP), R8
	MOVQ   blockRun_symbol(DX), R9
	MOVQ   k+24(FP), R10
	IMUL3Q $runBlock__size, blockRun_at(DX), CX
	ADDQ   blockRun_blocks(DX), CX
	TESTQ  R10, R10
	JGE    first
	MOVQ   blockRun_pos(DX), R9

first:
	WINDOW
	MOVQ BX, R11

	// As next. DX has the run, CX the runBlock. A step of the loops below takes at most 25 of
	// the 57 valid bits of a window, and the DC coefficient 20. So R11 still has the 12 bits of
	// an index after both, and no window is loaded between. (The 63 bits of valueSlow are given
	// back, and after a longer code the window is loaded anew.)
block:
	MOVQ  CX, block-16(SP)
	MOVQ  runBlock_column(CX), R12
	MOVQ  runBlock_shift(CX), BX
	SHRXQ BX, R12, AX
	SHLXQ BX, AX, BX
	IMUL3Q $tile__size, AX, DI
	ADDQ  runBlock_tiles(CX), DI
	SUBQ  BX, R12
	SHLQ  $7, R12
	ADDQ  runBlock_places(CX), R12
	MOVQ  runBlock_reader(CX), R13
	MOVQ  R13, reader-8(SP)
	MOVQ  blockReader_values(R13), SI
	MOVQ  blockReader_bounds(R13), R14
	MOVQ  blockReader_pairs(R13), R15
	TESTQ R10, R10
	JGE   begin
	MOVQ  R9, blockRun_pos(DX)
	MOVQ  runBlock_column(CX), AX
	CMPQ  AX, runBlock_cut(CX)
	JGE   large

	// As readDC.
	MOVQ    blockReader_dc(R13), AX
	MOVQ    R11, BX
	SHRQ    $(64-const_lookupBits), BX
	MOVWLZX lookup_short(AX)(BX*2), CX
	TESTL   CX, CX
	JEQ     longDC
	MOVBLZX CX, AX
	SHLXQ   CX, R11, BX
	SHRL    $8, CX
	CMPL    CX, $11
	JHI     longDC
	MOVQ    BX, R11
	ADDQ    AX, R9
	ADDQ    CX, R9
	MOVQ    blockReader_pred(R13), BX
	MOVL    (BX), R10
	EXTEND
	ADDL    R10, AX
	MOVL    AX, blockRun_pred(DX)
	MOVBLZX (R12), BX
	MOVW    AX, (DI)(BX*2)
	SHLXQ   CX, R11, R11
	XORL    R10, R10

begin:
	CMPQ R10, R15
	JGE  rest

low:
	WINDOW
	SHRQ    $53, R11
	MOVBLZX (SI)(R11*8), DX
	LEAQ    (SI)(R11*8), R13
	SHLXQ   DX, BX, R11
	MOVL    DX, AX
	ANDL    $63, AX
	ADDQ    AX, R9
	REST
	MOVBLZX 1(R13), CX
	ADDL    R10, CX
	MOVBLZX (R12)(CX*1), CX
	MOVWLZX 4(R13), AX
	ADDL    BX, AX
	MOVW    AX, (DI)(CX*2)
	MOVBLZX 2(R13), CX
	ADDL    CX, R10
	MOVL    R10, CX
	ANDL    $127, CX
	MOVBLZX (R12)(CX*1), CX
	ADDW    6(R13), BX
	MOVW    BX, (DI)(CX*2)
	CMPB    DX, valueBounds_doubtful(R14)(R10*1)
	JCC     doubtful

lowNext:
	CMPQ R10, R15
	JLT  low

	CMPQ R10, $const_valueEndOffset
	JGE  whole

rest:
	CMPQ R10, $63
	JEQ  whole
	JGT  beyond
	MOVQ  reader-8(SP), AX
	MOVQ  blockReader_entries(AX), SI
	TESTQ SI, SI
	JEQ   symbol
	INCQ  R10

	// As skipKnown.
skip:
	WINDOW
	SHRQ    $52, R11
	MOVBLZX (SI)(R11*2), DX
	MOVBLZX 1(SI)(R11*2), AX
	MOVL    DX, CX
	ANDL    $31, CX
	SHLXQ   CX, BX, R11
	ADDQ    CX, R9
	ADDQ    AX, R10
	CMPB    DX, valueBounds_suspect(R14)(R10*1)
	JCC     suspect
	CMPQ    R10, $64
	JLT     skip
	JEQ     whole
	LEAQ    -const_skipEnd(R10), DX
	CMPQ    DX, $64
	JCS     whole

suspect:
	SUBQ    CX, R9
	SUBQ    AX, R10
	DECQ    R10
	MOVQ    BX, R11

	// As readSymbol.
symbol:
	MOVQ    reader-8(SP), AX
	MOVQ    blockReader_values(AX), SI
	WINDOW
	SHRQ    $53, R11
	MOVBLZX (SI)(R11*8), DX
	CMPB    DX, $const_valueSlow&255
	JEQ     long
	LEAQ    (SI)(R11*8), R13
	MOVBLZX valueTable_first(SI)(R11*1), CX
	TESTL   CX, CX
	CMOVLNE CX, DX                     // else the value is not all in the index
	SHLXQ   DX, BX, R11
	MOVL    DX, AX
	ANDL    $63, AX
	ADDQ    AX, R9
	REST
	MOVBLZX 1(R13), DX
	ADDL    DX, R10
	MOVBLZX (R12)(R10*1), CX
	ADDW    4(R13), BX
	MOVW    BX, (DI)(CX*2)
	INDEX(DX)
	EXCEEDED(CX, BX)
	JCS     large
	CMPL    DX, $const_valueEOBAdvance
	JNE     rest

	// As advance.
whole:
	MOVQ r+0(FP), DX
	MOVQ block-16(SP), CX
	MOVQ reader-8(SP), AX
	MOVQ blockReader_pred(AX), AX
	MOVL blockRun_pred(DX), BX
	MOVL BX, (AX)
	MOVQ runBlock_h(CX), AX
	ADDQ AX, runBlock_column(CX)
	ADDQ $runBlock__size, CX
	MOVQ $const_blockBegin, R10
	MOVQ blockRun_at(DX), AX
	INCQ AX
	MOVQ AX, blockRun_at(DX)
	CMPQ AX, (blockRun_blocks+8)(DX)
	JLT  block
	MOVQ blockRun_blocks(DX), CX
	MOVQ $0, blockRun_at(DX)
	MOVQ   R9, blockRun_pos(DX)
	DECQ   blockRun_mcus(DX)
	JEQ    stop
	CMPQ   R9, safe+16(FP)
	JLE    block
	JMP    stop

	// The entry in DX is valueSlow, or its last value, which BX has, may exceed its bound.
doubtful:
	CMPB DX, $const_valueSlow&255
	JEQ  undo
	MOVBLZX 1(R13), AX
	MOVBLZX 2(R13), DX
	ANDL    $127, DX
	SUBL    AX, DX
	CMOVLEQ AX, DX    // the advance by the last symbol
	INDEX(DX)
	EXCEEDED(CX, BX)
	JCC     lowNext
	JMP     large

undo:
	SUBQ $63, R9
	SUBQ $const_valueEOBAdvance, R10

	// As lookup.longSymbol. The code has at least the length valueIndexBits, because all shorter
	// ones have entries.
long:
	MOVQ valueTable_ac(SI), R13
	WINDOW
	MOVQ BX, DX
	SHRQ $48, DX
	MOVL $const_valueIndexBits, CX

longer:
	MOVL  $16, AX
	SUBL  CX, AX
	SHRXL AX, DX, AX
	CMPL  AX, lookup_maxCode(R13)(CX*4)
	JLE   found
	INCL  CX
	CMPL  CX, $16
	JLE   longer
	JMP   slow

found:
	ADDL    lookup_delta(R13)(CX*4), AX
	MOVBLZX lookup_values(R13)(AX*1), DX
	SHLXQ   CX, BX, R11
	ADDQ    CX, R9
	MOVL    DX, CX
	ANDL    $15, CX                      // the size
	SHRL    $4, DX                       // the run
	TESTL   CX, CX
	JNE     extend
	CMPL    DX, $15
	JNE     whole

extend:
	ADDQ    CX, R9
	EXTEND
	LEAQ    1(R10)(DX*1), R10
	MOVBLZX (R12)(R10*1), CX
	MOVW    AX, (DI)(CX*2)
	INCL    DX
	INDEX(DX)
	EXCEEDED(CX, AX)
	JCS     large
	WINDOW
	MOVQ    BX, R11
	JMP     begin

longDC:
	MOVQ $const_blockDC, R10

slow:
	MOVQ r+0(FP), DX
	MOVQ R9, blockRun_symbol(DX)
	JMP  stop

large:
	MOVL $const_blockLarge, R10
	JMP  stop

beyond:
	MOVL $const_blockInvalid, R10

stop:
	MOVQ R10, stop+32(FP)
	RET
