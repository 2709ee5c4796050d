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
