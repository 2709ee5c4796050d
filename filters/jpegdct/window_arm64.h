// Registers: R2 data, R3 position, R5 k, R8 window with at least as many valid bits as the
// next index. Shifts use the low 6 bits of their count, so that an entry whose low 6 bits are
// the count needs no mask.

// WINDOW loads to with the window at R3. It changes R12.
#define WINDOW(to) \
	LSR  $3, R3, R12  \
	MOVD (R2)(R12), to \
	REV  to, to       \
	AND  $7, R3, R12  \
	LSL  R12, to, to
