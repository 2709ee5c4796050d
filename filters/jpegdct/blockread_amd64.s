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

// STORE stores the value in AX of the coefficient k. It changes at.
#define STORE(k, at) \
	MOVBLZX (R12)(k*1), at \
	MOVW    AX, (DI)(at*2)

// EXCEEDED clears the zero flag if a coefficient at DI exceeds its bound at R14.
#define EXCEEDED \
	VPABSW   (DI), Y0         \
	VPABSW   32(DI), Y1       \
	VPABSW   64(DI), Y2       \
	VPABSW   96(DI), Y3       \
	VPCMPGTW (R14), Y0, Y0    \
	VPCMPGTW 32(R14), Y1, Y1  \
	VPCMPGTW 64(R14), Y2, Y2  \
	VPCMPGTW 96(R14), Y3, Y3  \
	VPOR     Y1, Y0, Y0       \
	VPOR     Y3, Y2, Y2       \
	VPOR     Y2, Y0, Y0       \
	VPTEST   Y0, Y0           \
	VZEROUPPER

// func exceededAVX2(b *bounds, c *coefs) bool
TEXT ·exceededAVX2(SB), NOSPLIT, $0-17
	MOVQ  b+0(FP), R14
	MOVQ  c+8(FP), DI
	EXCEEDED
	SETNE ret+16(FP)
	RET

// func readBlockAVX2(r *blockReader, buf *byte, pos, k int, to *coefs) (next, lastK int)
TEXT ·readBlockAVX2(SB), NOSPLIT, $0-56
	MOVQ  r+0(FP), DX
	MOVQ  buf+8(FP), R8
	MOVQ  pos+16(FP), R9
	MOVQ  k+24(FP), R10
	MOVQ  to+32(FP), DI
	MOVQ  blockReader_values(DX), SI
	MOVQ  blockReader_place(DX), R12
	MOVQ  blockReader_pairs(DX), R13
	MOVQ  blockReader_weak(DX), R14
	MOVQ  R10, R15                   // not 0 if a symbol was decoded on its own
	WINDOW
	MOVQ  BX, R11
	TESTQ R10, R10
	JGE   begin

	VPXOR   X0, X0, X0
	VMOVDQU X0, (DI)
	VMOVDQU X0, 16(DI)
	VMOVDQU X0, 32(DI)
	VMOVDQU X0, 48(DI)
	VMOVDQU X0, 64(DI)
	VMOVDQU X0, 80(DI)
	VMOVDQU X0, 96(DI)
	VMOVDQU X0, 112(DI)

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
	MOVQ    $-1, R15
	BZHIQ   CX, R15, R15
	ANDNQ   R15, BX, BX
	SUBL    BX, AX
	ADDL    blockReader_pred(DX), AX
	MOVL    AX, blockReader_pred(DX)
	MOVW    AX, (DI)
	SHLXQ   CX, R11, R11
	XORL    R10, R10
	XORL    R15, R15

begin:
	CMPQ R10, R13
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
	STORE(CX, CX)
	MOVL    DX, CX
	SHRL    $16, CX
	ANDL    $127, CX
	ADDQ    CX, R10
	MOVQ    DX, AX
	SHRQ    $48, AX
	ADDL    BX, AX
	STORE(R10, CX)
	CMPQ    R10, R13
	JLT     low

	TESTQ R14, R14
	JEQ   weak
	EXCEEDED
	JNE   strong

weak:
	BTL $15, DX                // valueEnd
	JCS whole

rest:
	CMPQ R10, $63
	JEQ  end
	JGT  beyond
	MOVQ  r+0(FP), AX
	MOVQ  blockReader_entries(AX), SI
	TESTQ SI, SI
	JEQ   symbol
	LEAQ  blockReader_suspect(AX), R13
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
	CMPB    DX, (R13)(R10*1)
	JCC     suspect
	CMPQ    R10, $64
	JLT     skip
	JEQ     end
	LEAQ    -const_skipEnd(R10), DX
	CMPQ    DX, $64
	JCS     end

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
	MOVL    DX, R15
	SHRL    $24, R15
	ANDL    $15, R15           // 0 if not all bits of the value are in the entry
	MOVL    DX, AX
	ANDL    $63, AX
	TESTL   R15, R15
	CMOVLEQ AX, R15
	SHLXQ   R15, BX, R11
	ADDQ    R15, R9
	FIRST
	SHRL    $8, DX
	ANDL    $127, DX
	ADDQ    DX, R10
	STORE(R10, CX)
	CMPL    DX, $const_valueEOBAdvance
	JNE     rest

end:
	TESTQ R15, R15             // of all that was read, a bound was not checked yet
	JEQ   whole
	TESTQ R14, R14
	JEQ   whole
	EXCEEDED
	JEQ   whole
	MOVL  $const_blockLarge, R10
	JMP   done

strong:
	BTL  $15, DX               // valueEnd
	JCS  strongEnd
	CMPQ R10, $63
	JEQ  strongEnd
	JGT  beyond
	ADDQ $const_blockStrong, R10
	JMP  done

strongEnd:
	MOVL $(const_blockEnd + const_blockStrong), R10
	JMP  done

beyond:
	MOVL $const_blockInvalid, R10
	JMP  done

whole:
	MOVL $const_blockEnd, R10

done:
	MOVQ R9, next+40(FP)
	MOVQ R10, lastK+48(FP)
	RET
