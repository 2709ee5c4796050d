//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_amd64.h"

// FIRST sets AX to the first value of the entry in DX, which is a valueTable's. BX has the
// bits from the entry's first symbol on, and then those of the value that are not in the
// entry: they are the last bits of the symbol.
#define FIRST \
	MOVL  DX, CX     \
	NEGL  CX         \
	SHRXQ CX, BX, BX \
	MOVL  DX, CX     \
	SHRL  $28, CX    \
	BZHIQ CX, BX, BX \
	MOVQ  DX, AX     \
	SHRQ  $32, AX    \
	ADDL  BX, AX

// STORE stores the value in AX of the coefficient k, and adds 1 to R15 if the value
// exceeds its bound. It changes at.
#define STORE(k, at) \
	MOVBLZX (R12)(k*1), at    \
	MOVW    AX, (DI)(at*2)    \
	ADDW    (R14)(k*2), AX    \
	CMPW    valueBounds_twice(R14)(k*2), AX \
	ADCL    $0, R15

// func readRunAsm(r *blockRun, buf *byte, safe, k int) (stop int)
TEXT ·readRunAsm(SB), NOSPLIT, $16-40
	MOVQ  r+0(FP), DX
	MOVQ  buf+8(FP), R8
	MOVQ  blockRun_symbol(DX), R9
	MOVQ  k+24(FP), R10
	TESTQ R10, R10
	JGE   block
	MOVQ  blockRun_pos(DX), R9

	// As next. DX has the run, CX the runBlock.
block:
	IMUL3Q $runBlock__size, blockRun_at(DX), CX
	ADDQ   blockRun_blocks(DX), CX
	MOVQ   runBlock_column(CX), R12
	MOVQ   runBlock_shift(CX), BX
	SHRXQ  BX, R12, AX
	SHLXQ  BX, AX, BX
	IMUL3Q $tile__size, AX, DI
	ADDQ   runBlock_tiles(CX), DI
	SUBQ   BX, R12
	SHLQ   $7, R12
	ADDQ   runBlock_places(CX), R12
	MOVQ   runBlock_reader(CX), R13
	MOVQ   R13, reader-16(SP)
	MOVQ   blockReader_values(R13), SI
	MOVQ   blockReader_bounds(R13), R14
	MOVQ   blockReader_pairs(R13), AX
	MOVQ   AX, pairs-8(SP)
	XORL   R15, R15
	WINDOW
	MOVQ   BX, R11
	TESTQ  R10, R10
	JGE    begin
	MOVQ   R9, blockRun_pos(DX)
	MOVQ   runBlock_column(CX), AX
	CMPQ   AX, runBlock_cut(CX)
	JGE    large

	// As readDC.
	MOVQ    blockReader_dc(R13), AX
	SHRQ    $(64-const_lookupBits), BX
	MOVWLZX lookup_short(AX)(BX*2), CX
	TESTL   CX, CX
	JEQ     longDC
	SHLXQ   CX, R11, R11
	MOVBLZX CX, AX
	SHRL    $8, CX
	ADDQ    AX, R9
	ADDQ    CX, R9
	MOVQ    R11, AX
	SHRQ    $1, AX
	MOVL    $63, BX
	SUBL    CX, BX
	SHRXQ   BX, AX, AX               // the bits of the value
	MOVQ    blockReader_pred(R13), BX
	ADDL    (BX), AX
	MOVQ    R11, BX
	SARQ    $63, BX                  // 0 if it is negative, else -1
	MOVQ    $-1, R13
	BZHIQ   CX, R13, R13
	ANDNQ   R13, BX, BX
	SUBL    BX, AX
	MOVL    AX, blockRun_pred(DX)
	MOVBLZX (R12), BX
	MOVW    AX, (DI)(BX*2)
	SHLXQ   CX, R11, R11
	XORL    R10, R10

begin:
	XORL DX, DX
	CMPQ R10, pairs-8(SP)
	JGE  rest

low:
	WINDOW
	SHRQ  $53, R11
	MOVQ  (SI)(R11*8), DX
	BTL   $23, DX              // valueSlow
	JCS   slow
	SHLXQ DX, BX, R11
	MOVL  DX, AX
	ANDL  $63, AX
	ADDQ  AX, R9
	FIRST
	MOVL    DX, CX
	SHRL    $8, CX
	ADDL    R10, CX
	ANDL    $127, CX
	STORE(CX, R13)
	MOVL    DX, CX
	SHRL    $16, CX
	ANDL    $127, CX
	ADDQ    CX, R10
	MOVQ    DX, AX
	SHRQ    $48, AX
	ADDL    BX, AX
	STORE(R10, CX)
	TESTL   R15, R15
	JNE     large
	CMPQ    R10, pairs-8(SP)
	JLT     low

	BTL $15, DX                // valueEnd
	JCS whole

rest:
	CMPQ R10, $63
	JEQ  whole
	JGT  beyond
	MOVQ  reader-16(SP), AX
	MOVQ  blockReader_entries(AX), SI
	TESTQ SI, SI
	JEQ   symbol
	INCQ  R10

	// As skipKnown.
skip:
	WINDOW
	SHRQ    $52, R11
	MOVWLZX (SI)(R11*2), DX
	SHLXQ   DX, BX, R11
	MOVL    DX, CX
	ANDL    $63, CX
	ADDQ    CX, R9
	MOVL    DX, AX
	SHRL    $8, AX
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
	MOVQ    reader-16(SP), AX
	MOVQ    blockReader_values(AX), SI
	WINDOW
	SHRQ    $53, R11
	MOVQ    (SI)(R11*8), DX
	BTL     $23, DX            // valueSlow
	JCS     slow
	MOVL    DX, CX
	SHRL    $24, CX
	ANDL    $15, CX            // 0 if not all bits of the value are in the entry
	MOVL    DX, AX
	ANDL    $63, AX
	TESTL   CX, CX
	CMOVLEQ AX, CX
	SHLXQ   CX, BX, R11
	ADDQ    CX, R9
	FIRST
	SHRL    $8, DX
	ANDL    $127, DX
	ADDQ    DX, R10
	STORE(R10, CX)
	TESTL   R15, R15
	JNE     large
	CMPL    DX, $const_valueEOBAdvance
	JNE     rest

	// As advance.
whole:
	MOVQ   r+0(FP), DX
	IMUL3Q $runBlock__size, blockRun_at(DX), CX
	ADDQ   blockRun_blocks(DX), CX
	MOVQ   runBlock_reader(CX), AX
	MOVQ   blockReader_pred(AX), AX
	MOVL   blockRun_pred(DX), BX
	MOVL   BX, (AX)
	MOVQ   runBlock_h(CX), AX
	ADDQ   AX, runBlock_column(CX)
	MOVQ   $const_blockBegin, R10
	MOVQ   blockRun_at(DX), AX
	INCQ   AX
	MOVQ   AX, blockRun_at(DX)
	CMPQ   AX, (blockRun_blocks+8)(DX)
	JLT    block
	MOVQ   $0, blockRun_at(DX)
	MOVQ   R9, blockRun_pos(DX)
	DECQ   blockRun_mcus(DX)
	JEQ    stop
	CMPQ   R9, safe+16(FP)
	JLE    block
	JMP    stop

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
