//go:build !noasm

#include "textflag.h"

// Offsets in a skipTable.
#define ENTRIES 16384

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
	SHRQ    $51, R11            \
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

// func blockBMI2(t *skipTable, buf *byte, pos int) (next, k int)
TEXT ·blockBMI2(SB), NOSPLIT, $0-40
	MOVQ t+0(FP), SI
	MOVQ buf+8(FP), R8
	MOVQ pos+16(FP), R9
	XORL R10, R10
	WINDOW
	MOVQ BX, R11
	STEP(0)
	INCQ R10
	INCQ DX
	CMPQ R10, $64
	JGE  end
	WALK(loop, end, done)
	MOVQ R9, next+24(FP)
	MOVQ R10, k+32(FP)
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
	SHRQ  $52, R11
	MOVQ  (SI)(R11*8), DX
	BTL   $23, DX              // valueSlow
	JCS   done
	SHLXQ DX, BX, R11
	MOVL  DX, CX
	ANDL  $63, CX
	ADDQ  CX, R9

	// A value that is not in the entry: extend, or 0 if its size is 0.
	MOVL  DX, AX
	SHRL  $28, AX
	SUBL  AX, CX
	SHLXQ CX, BX, BX
	MOVQ  BX, R14
	SARQ  $63, R14
	SHRQ  $1, BX
	MOVL  AX, CX
	NOTL  CX
	SHRXQ CX, BX, BX
	MOVL  $-1, CX
	BZHIL AX, CX, CX
	ANDNL CX, R14, CX
	SUBL  CX, BX

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
