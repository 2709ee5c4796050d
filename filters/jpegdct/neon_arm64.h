// Instructions that the assembler lacks. Their operands are the numbers of vector
// registers, with the destination last. A product and a sum are never fused (VFMLA): each is
// rounded, as in the Go functions.

// FMULE is fmul Vd.4s, Vn.4s, Vm.s[i].
#define FMULE(m, i, n, d) WORD $(0x4F809000 | (i&1)<<21 | m<<16 | (i>>1)<<11 | n<<5 | d)

// FMUL is fmul Vd.4s, Vn.4s, Vm.4s.
#define FMUL(m, n, d) WORD $(0x6E20DC00 | m<<16 | n<<5 | d)

// FADD is fadd Vd.4s, Vn.4s, Vm.4s.
#define FADD(m, n, d) WORD $(0x4E20D400 | m<<16 | n<<5 | d)

// FSUB is fsub Vd.4s, Vn.4s, Vm.4s: n - m.
#define FSUB(m, n, d) WORD $(0x4EA0D400 | m<<16 | n<<5 | d)

// SXTL is sxtl Vd.4s, Vn.4h.
#define SXTL(n, d) WORD $(0x0F10A400 | n<<5 | d)

// SXTL2 is sxtl2 Vd.4s, Vn.8h.
#define SXTL2(n, d) WORD $(0x4F10A400 | n<<5 | d)

// SCVTF is scvtf Vd.4s, Vn.4s.
#define SCVTF(n, d) WORD $(0x4E21D800 | n<<5 | d)

// FCVTNS is fcvtns Vd.4s, Vn.4s: rounds half to even.
#define FCVTNS(n, d) WORD $(0x4E21A800 | n<<5 | d)

// SQXTN is sqxtn Vd.4h, Vn.4s.
#define SQXTN(n, d) WORD $(0x0E614800 | n<<5 | d)

// SQXTN2 is sqxtn2 Vd.8h, Vn.4s.
#define SQXTN2(n, d) WORD $(0x4E614800 | n<<5 | d)

// SMAX is smax Vd.8h, Vn.8h, Vm.8h.
#define SMAX(m, n, d) WORD $(0x4E606400 | m<<16 | n<<5 | d)

// SMIN is smin Vd.8h, Vn.8h, Vm.8h.
#define SMIN(m, n, d) WORD $(0x4E606C00 | m<<16 | n<<5 | d)

// ABS is abs Vd.8h, Vn.8h.
#define ABS(n, d) WORD $(0x4E60B800 | n<<5 | d)

// CMGT is cmgt Vd.8h, Vn.8h, Vm.8h: n > m, signed.
#define CMGT(m, n, d) WORD $(0x4E603400 | m<<16 | n<<5 | d)
