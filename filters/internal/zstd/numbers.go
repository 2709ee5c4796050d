package zstd

// A numberKind is what is known of one of the three numbers of a sequence.
type numberKind struct {
	symbols int     // how many there are
	maxLog  int     // of a table's states
	counts  []int16 // of the predefined table
	log     int     // of the predefined table
}

// The tables of section 3.1.1.3.2.2.
var (
	literalLengths = numberKind{symbols: 36, maxLog: 9, log: 6, counts: []int16{
		4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2,
		2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1,
	}}
	matchLengths = numberKind{symbols: 53, maxLog: 9, log: 6, counts: []int16{
		1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
		1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
	}}
	offsets = numberKind{symbols: 32, maxLog: 8, log: 5, counts: []int16{
		1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1,
	}}
)

// A lengthCode is a length without the number in the bits that follow.
type lengthCode struct {
	base uint32
	bits uint8
}

// The lengths of each symbol (section 3.1.1.3.2.1.1).
var (
	literalLengthOf = [36]lengthCode{
		{0, 0}, {1, 0}, {2, 0}, {3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0},
		{8, 0}, {9, 0}, {10, 0}, {11, 0}, {12, 0}, {13, 0}, {14, 0}, {15, 0},
		{16, 1}, {18, 1}, {20, 1}, {22, 1}, {24, 2}, {28, 2}, {32, 3}, {40, 3},
		{48, 4}, {64, 6}, {128, 7}, {256, 8}, {512, 9}, {1024, 10}, {2048, 11}, {4096, 12},
		{8192, 13}, {16384, 14}, {32768, 15}, {65536, 16},
	}
	matchLengthOf = [53]lengthCode{
		{3, 0}, {4, 0}, {5, 0}, {6, 0}, {7, 0}, {8, 0}, {9, 0}, {10, 0},
		{11, 0}, {12, 0}, {13, 0}, {14, 0}, {15, 0}, {16, 0}, {17, 0}, {18, 0},
		{19, 0}, {20, 0}, {21, 0}, {22, 0}, {23, 0}, {24, 0}, {25, 0}, {26, 0},
		{27, 0}, {28, 0}, {29, 0}, {30, 0}, {31, 0}, {32, 0}, {33, 0}, {34, 0},
		{35, 1}, {37, 1}, {39, 1}, {41, 1}, {43, 2}, {47, 2}, {51, 3}, {59, 3},
		{67, 4}, {83, 4}, {99, 5}, {131, 7}, {259, 8}, {515, 9}, {1027, 10}, {2051, 11},
		{4099, 12}, {8195, 13}, {16387, 14}, {32771, 15}, {65539, 16},
	}
)
