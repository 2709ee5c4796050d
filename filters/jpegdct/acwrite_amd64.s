//go:build !noasm

#include "textflag.h"

// APPEND appends the low CX bits of R14, as writeBits. R8 is acc, R9 is have, and DI is
// the address of the first unfinished byte.
#define APPEND \
	SHLXQ  CX, R8, R8  \
	ORQ    R14, R8     \
	ADDL   CX, R9      \
	MOVL   R9, CX      \
	NEGL   CX          \
	SHLXQ  CX, R8, AX  \
	BSWAPQ AX          \
	MOVQ   AX, (DI)    \
	MOVL   R9, CX      \
	SHRL   $3, CX      \
	ADDQ   CX, DI      \
	ANDL   $7, R9

// func writeACSymbolsAsm(c *acCodes, shared *acShared, block *coefBlock, order uint64, data *byte, acc uint64, have uint) (n int, newAcc uint64, newHave uint, last int)
TEXT ·writeACSymbolsAsm(SB), NOSPLIT, $0-88
	MOVQ c+0(FP), SI
	MOVQ shared+8(FP), R10
	MOVQ block+16(FP), BX
	MOVQ order+24(FP), DX
	MOVQ data+32(FP), DI
	MOVQ acc+40(FP), R8
	MOVQ have+48(FP), R9
	LEAQ ·zigzag(SB), R12
	XORL R11, R11
	TESTQ DX, DX
	JEQ  done

loop:
	TZCNTQ DX, AX              // k
	BLSRQ  DX, DX
	LEAQ   -1(AX), R15
	SUBQ   R11, R15            // run
	MOVQ   AX, R11
	CMPQ   R15, $15
	JHI    long

value:
	MOVBLZX (R12)(R11*1), AX
	MOVWLSX (BX)(AX*2), AX
	ADDL    $1024, AX
	ANDL    $2047, AX
	MOVWLZX (R10)(AX*2), AX    // bits<<4 | size
	MOVL    AX, R13
	ANDL    $15, R13
	SHLL    $4, R15
	ORL     R13, R15
	MOVL    (SI)(R15*4), CX    // code<<5 | length
	MOVL    CX, R14
	SHRL    $5, R14
	SHLXQ   R13, R14, R14
	SHRL    $4, AX
	ORQ     AX, R14
	ANDL    $31, CX
	ADDL    R13, CX
	APPEND
	TESTQ   DX, DX
	JNE     loop

done:
	SUBQ data+32(FP), DI
	MOVQ DI, n+56(FP)
	MOVQ R8, newAcc+64(FP)
	MOVQ R9, newHave+72(FP)
	MOVQ R11, last+80(FP)
	RET

long:
	MOVL 960(SI), CX           // codes[0xF0], ZRL
	MOVL CX, R14
	SHRL $5, R14
	ANDL $31, CX
	APPEND
	SUBQ $16, R15
	CMPQ R15, $15
	JHI  long
	JMP  value
