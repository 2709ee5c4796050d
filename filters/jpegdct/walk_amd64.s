//go:build !noasm

#include "textflag.h"

// Offsets in a skipTable.
#define ENTRIES 8192

// Registers: R8 data, R9 position, R10 k, R11 window of which enough bits are
// right, BX window at R9. SHLX and SHRX look at 6 bits of their count, so an
// entry needs no mask where its bits are one.

// WINDOW loads BX.
#define WINDOW \
	MOVQ   R9, AX           \
	SHRQ   $3, AX           \
	MOVQ   (R8)(AX*1), BX   \
	BSWAPQ BX               \
	MOVQ   R9, AX           \
	ANDL   $7, AX           \
	SHLXQ  AX, BX, BX

// STEP takes the entry at the head of R11 from the table's part at off(SI) and
// puts k, of 64 and more at an end, into R10. The next window comes from BX, which
// was loaded before the entry's length was known.
#define STEP(off) \
	SHRQ    $52, R11            \
	MOVWLZX off(SI)(R11*2), DX  \
	SHLXQ   DX, BX, R11         \
	MOVL    DX, CX              \
	ANDL    $63, CX             \
	SHRL    $6, DX              \
	ADDQ    CX, R9              \
	ADDQ    DX, R10

// WALK passes the rest of a block from k on: done with k 64, or back before an
// entry that doesn't fit, with a k below.
#define WALK(loop, end, done) \
loop:                           \
	WINDOW                      \
	STEP(ENTRIES)               \
	CMPQ R10, $64               \
	JLT  loop                   \
end:                            \
	JEQ  done                   \
	LEAQ -256(R10), AX          \
	MOVL $64, BX                \
	CMPQ AX, BX                 \
	CMOVQCS BX, R10             \
	JCS  done                   \
	SUBQ CX, R9                 \
	SUBQ DX, R10                \
done:

// func blocksBMI2(tables **skipTable, n int, buf *byte, pos int, ends *int) (done, next, k int)
TEXT ·blocksBMI2(SB), NOSPLIT, $0-64
	MOVQ tables+0(FP), R12
	MOVQ n+8(FP), R13
	MOVQ buf+16(FP), R8
	MOVQ pos+24(FP), R9
	MOVQ ends+32(FP), DI
	XORL R14, R14

block:
	MOVQ (R12)(R14*8), SI
	XORL R10, R10
	WINDOW
	MOVQ BX, R11
	STEP(0)
	INCQ R10
	INCQ DX
	CMPQ R10, $64
	JGE  end
	WALK(loop, end, walked)
	CMPQ R10, $64
	JNE  done
	MOVQ R9, (DI)(R14*8)
	INCQ R14
	CMPQ R14, R13
	JLT  block

done:
	MOVQ R14, done+40(FP)
	MOVQ R9, next+48(FP)
	MOVQ R10, k+56(FP)
	RET

// func lowBMI2(t *valueTable, skip *skipTable, buf *byte, pos, from, limit int, to *tile, place *places) (next, k int)
TEXT ·lowBMI2(SB), NOSPLIT, $0-80
	MOVQ t+0(FP), SI
	MOVQ buf+16(FP), R8
	MOVQ pos+24(FP), R9
	MOVQ from+32(FP), R10
	MOVQ limit+40(FP), R13
	MOVQ to+48(FP), DI
	MOVQ place+56(FP), R12
	XORL DX, DX
	WINDOW
	MOVQ BX, R11
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

	// What of the value is not in the entry: the last bits of the symbol.
	MOVL  DX, CX
	NEGL  CX
	SHRXQ CX, BX, BX
	MOVL  DX, CX
	SHRL  $28, CX
	BZHIQ CX, BX, BX

	MOVQ    DX, AX
	SHRQ    $32, AX
	ADDL    BX, AX
	MOVL    DX, CX
	SHRL    $8, CX
	ADDL    R10, CX
	ANDL    $127, CX
	MOVBLZX (R12)(CX*1), CX
	MOVW    AX, (DI)(CX*2)
	MOVL    DX, CX
	SHRL    $16, CX
	ANDL    $127, CX
	ADDQ    CX, R10
	MOVBLZX (R12)(R10*1), CX
	MOVQ    DX, AX
	SHRQ    $48, AX
	ADDL    BX, AX
	MOVW    AX, (DI)(CX*2)
	CMPQ    R10, R13
	JLT     low

	BTL  $15, DX                // valueEnd
	JCS  whole

rest:
	CMPQ R10, $63
	JGE  done
	INCQ R10
	MOVQ skip+8(FP), SI
	WALK(loop, end, walked)
	CMPQ R10, $64
	JEQ  done
	DECQ R10
	JMP  done

whole:
	MOVL $64, R10

done:
	MOVQ R9, next+64(FP)
	MOVQ R10, k+72(FP)
	RET
