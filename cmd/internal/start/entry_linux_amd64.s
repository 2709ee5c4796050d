#include "textflag.h"

#define SYS_fcntl 72
#define F_GETFD 1
#define EBADF 9
#define SYS_prctl 157
#define PR_SET_TIMERSLACK 29
#define PR_GET_TIMERSLACK 30
#define SLACK 1000000 // ns

DATA oneProcessor<>+0(SB)/8, $"GOMAXPRO"
DATA oneProcessor<>+8(SB)/8, $"CS=1\x00\x00\x00\x00"
GLOBL oneProcessor<>(SB), NOPTR|RODATA, $16

// entry notes whether descriptor 1 is closed, turns memory profiles off, and goes on to the
// runtime's entry, which finds RDX as the kernel left it.
TEXT ·entry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	DX, R12
	MOVQ	$SYS_fcntl, AX
	MOVQ	$1, DI
	MOVQ	$F_GETFD, SI
	SYSCALL
	CMPQ	AX, $-EBADF
	SETEQ	·StdoutClosed(SB)
	MOVQ	R12, DX
	MOVQ	·memProfileRate(SB), AX
	MOVQ	$0, (AX)
	JMP	_rt0_amd64_linux(SB)

// filterEntry lets the runtime begin with one processor and with timers that may be late, and
// goes on to entry.
//
// The stack has argc, pointers to the arguments, a null, pointers to the environment, a
// null, and the auxiliary vector (System V ABI, AMD64 supplement, section 3.4.1). If the
// environment has no GOMAXPROCS, filterEntry moves all that stands before the null of the
// environment down by two words and adds GOMAXPROCS=1 there, twice, because the stack has
// to be aligned to 16 bytes.
TEXT ·filterEntry(SB),NOSPLIT|NOFRAME,$0
	MOVQ	0(SP), CX
	LEAQ	16(SP)(CX*8), DI // the next pointer to the environment
	LEAQ	oneProcessor<>(SB), R8
	MOVQ	(R8), R9
	JMP	next
other:
	ADDQ	$8, DI
next:
	MOVQ	(DI), SI
	TESTQ	SI, SI
	JEQ	add
	CMPQ	R9, (SI)
	JNE	other
	MOVL	8(SI), AX
	XORL	8(R8), AX
	SHLL	$8, AX // "CS=", without what follows
	JNE	other
	JMP	·entry(SB)

add:
	MOVB	$1, ·OneProcessor(SB)
	MOVQ	SP, SI
	SUBQ	$16, SP
	MOVQ	SP, R9
move:
	MOVQ	(SI), AX
	MOVQ	AX, (R9)
	ADDQ	$8, SI
	ADDQ	$8, R9
	CMPQ	SI, DI
	JNE	move
	MOVQ	R8, (R9)
	MOVQ	R8, 8(R9)
	MOVQ	$SYS_prctl, AX
	MOVQ	$PR_GET_TIMERSLACK, DI
	SYSCALL
	CMPQ	AX, $SLACK
	JCC	long // or an error, which is above all slacks
	MOVQ	AX, ·TimerSlack(SB)
	MOVQ	$SYS_prctl, AX
	MOVQ	$PR_SET_TIMERSLACK, DI
	MOVQ	$SLACK, SI
	SYSCALL
long:
	JMP	·entry(SB)
