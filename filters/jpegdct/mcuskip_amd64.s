//go:build !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_amd64.h"

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

// func skipBlocksAsm(at *skipBlock, from *uint16, buf *byte, pos, safe, k int, ends *int32, n int) (done, next, newK int)
TEXT ·skipBlocksAsm(SB), NOSPLIT, $0-88
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
