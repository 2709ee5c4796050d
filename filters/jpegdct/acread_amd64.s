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

// ENTRY loads DX with the entry at SI, a skipTable's, for the bits at the head of R11.
#define ENTRY \
	MOVQ    R11, DX            \
	SHRQ    $52, DX            \
	MOVWLZX (SI)(DX*2), DX

// SKIP skips what the entry in DX says and subtracts the number of bits from CX. If
// the entry has skipEnd, the next block begins: its tables are selected without a
// branch.
#define SKIP \
	SUBL    DX, CX             \
	SHLXQ   DX, R11, R11       \
	MOVL    DX, AX             \
	ANDL    $63, AX            \
	ADDQ    AX, R9             \
	SHRL    $8, DX             \
	ADDL    DX, R10            \
	TESTL   $64, R10           \ // k without skipEnd is 64 or more
	JNE     far                \
	CMPQ    R9, R15            \
	JGT     done               \
	MOVQ    skipBlock_entries(R12), SI \
	MOVL    R9, (DI)           \
	LEAQ    4(DI), AX          \
	BTL     $7, DX             \
	CMOVQCS AX, DI             \
	CMOVQCS skipBlock_nextDC(R12), SI \
	CMOVQCS skipBlock_next(R12), R12 \
	CMOVLCS R14, R10           \
	CMPQ    DI, R13            \
	JEQ     done

// func skipBlocksBMI2(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)
TEXT ·skipBlocksBMI2(SB), NOSPLIT, $0-88
	MOVQ at+0(FP), R12
	MOVQ from+8(FP), SI
	MOVQ buf+16(FP), R8
	MOVQ pos+24(FP), R9
	MOVQ safe+32(FP), R15
	MOVQ k+40(FP), R10
	MOVQ ends+48(FP), DI
	MOVQ n+56(FP), R13
	LEAQ (DI)(R13*4), R13
	XORL R14, R14

begin:
	WINDOW
	MOVQ BX, R11
	XORL BX, BX

	// Two steps take at most 44 of the 57 valid bits of a window. So R11 still has the
	// 12 bits of an index when the loop begins again. Only then are the bits of BX,
	// which belong CX bits below the top of R11, added: the loop waits neither for their
	// load nor for their shift.
loop:
	ENTRY
	SHRXQ  CX, BX, BX
	ORQ    BX, R11
	MOVQ   R9, AX
	SHRQ   $3, AX
	MOVQ   7(R8)(AX*1), BX
	BSWAPQ BX
	MOVL   R9, AX
	ANDL   $7, AX
	MOVL   $56, CX
	SUBL   AX, CX
	SKIP
	ENTRY
	SKIP
	JMP loop

far:
	CMPL R10, $64
	JNE  unknown
	CMPQ R9, R15
	JGT  done

	// The block ends with coefficient 63, without EOB.
	MOVL R9, (DI)
	ADDQ $4, DI
	MOVQ skipBlock_nextDC(R12), SI
	MOVQ skipBlock_next(R12), R12
	XORL R10, R10
	CMPQ DI, R13
	JNE  begin
	JMP  done

unknown:
	SUBQ AX, R9
	SUBL DX, R10

done:
	SUBQ ends+48(FP), DI
	SHRQ $2, DI
	MOVQ DI, done+64(FP)
	MOVQ R9, next+72(FP)
	MOVQ R10, newK+80(FP)
	RET

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

// func readLowBMI2(t *valueTable, skip *skipEntries, buf *byte, pos, from, limit int, to *coefs, place *places, bounds *valueBounds) (next, k int)
TEXT ·readLowBMI2(SB), NOSPLIT, $0-88
	MOVQ t+0(FP), SI
	MOVQ buf+16(FP), R8
	MOVQ pos+24(FP), R9
	MOVQ from+32(FP), R10
	MOVQ to+48(FP), DI
	MOVQ place+56(FP), R12
	MOVQ bounds+64(FP), R14
	XORL R15, R15
	XORL DX, DX
	WINDOW
	MOVQ BX, R11
	CMPQ R10, limit+40(FP)
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
	CMPQ    R10, limit+40(FP)
	JLT     low

	BTL $15, DX                // valueEnd
	JCS whole

rest:
	CMPQ R10, $63
	JEQ  whole
	JGT  beyond
	CMPQ skip+8(FP), $0
	JEQ  symbol
	MOVQ skip+8(FP), SI
	INCQ R10

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
	MOVQ    t+0(FP), SI
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
	MOVQ R9, next+72(FP)
	MOVQ R10, k+80(FP)
	RET
