//go:build !noasm

#include "go_asm.h"
#include "textflag.h"

// Registers: R8 data, R9 position, R10 k, R11 window with at least as many valid bits
// as the next index. SHLX and SHRX use the low 6 bits of their count, so that an entry
// whose low 6 bits are the count needs no mask.

// WINDOW loads BX with the window at R9.
#define WINDOW \
	MOVQ   R9, AX           \
	SHRQ   $3, AX           \
	MOVQ   (R8)(AX*1), BX   \
	BSWAPQ BX               \
	MOVQ   R9, AX           \
	ANDL   $7, AX           \
	SHLXQ  AX, BX, BX

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

// func readBlockBMI2(r *blockReader, buf *byte, pos, k int, to *coefs, place *places) (next, lastK int)
TEXT ·readBlockBMI2(SB), NOSPLIT, $8-64
	MOVQ  r+0(FP), DX
	MOVQ  buf+8(FP), R8
	MOVQ  pos+16(FP), R9
	MOVQ  k+24(FP), R10
	MOVQ  to+32(FP), DI
	MOVQ  place+40(FP), R12
	MOVQ  blockReader_values(DX), SI
	MOVQ  blockReader_bounds(DX), R14
	MOVQ  blockReader_pairs(DX), AX
	MOVQ  AX, pairs-8(SP)
	XORL  R15, R15
	WINDOW
	MOVQ  BX, R11
	TESTQ R10, R10
	JGE   begin

	// As readDC.
	MOVQ    blockReader_dc(DX), AX
	SHRQ    $(64-const_lookupBits), BX
	MOVWLZX lookup_short(AX)(BX*2), CX
	TESTL   CX, CX
	JEQ     done
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
	MOVQ    R11, BX
	SARQ    $63, BX                  // 0 if it is negative, else -1
	MOVQ    $-1, R13
	BZHIQ   CX, R13, R13
	ANDNQ   R13, BX, BX
	SUBL    BX, AX
	ADDL    blockReader_pred(DX), AX
	MOVL    AX, blockReader_pred(DX)
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
	JCS   done
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
	MOVQ  r+0(FP), AX
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
	JEQ     done
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
	MOVQ    r+0(FP), AX
	MOVQ    blockReader_values(AX), SI
	WINDOW
	SHRQ    $53, R11
	MOVQ    (SI)(R11*8), DX
	BTL     $23, DX            // valueSlow
	JCS     done
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
	JEQ     whole
	JMP     rest

large:
	MOVL $const_blockLarge, R10
	JMP  done

beyond:
	MOVL $const_blockInvalid, R10
	JMP  done

whole:
	MOVL $const_blockEnd, R10

done:
	MOVQ R9, next+48(FP)
	MOVQ R10, lastK+56(FP)
	RET
