package zstd

import (
	"encoding/binary"
	"math/bits"
)

// The primes of XXH64.
const (
	prime1 uint64 = 11400714785074694791
	prime2 uint64 = 14029467366897019727
	prime3 uint64 = 1609587929392839161
	prime4 uint64 = 9650029242287828579
	prime5 uint64 = 2870177450012600261
)

// xxhash64 returns XXH64 of data with the seed 0. Its lowest 32 bits are the checksum of
// a frame (section 3.1.1).
func xxhash64(data []byte) uint64 {
	h := prime5
	length := uint64(len(data))
	if len(data) >= 32 {
		p1, p2 := prime1, prime2 // constants would overflow
		lanes := [4]uint64{p1 + p2, p2, 0, -p1}
		for ; len(data) >= 32; data = data[32:] {
			for i := range lanes {
				lanes[i] = mixLane(lanes[i], binary.LittleEndian.Uint64(data[8*i:]))
			}
		}
		h = 0
		for i, r := range [4]int{1, 7, 12, 18} {
			h += bits.RotateLeft64(lanes[i], r)
		}
		for _, lane := range lanes {
			h = (h^mixLane(0, lane))*prime1 + prime4
		}
	}
	h += length
	for ; len(data) >= 8; data = data[8:] {
		h ^= mixLane(0, binary.LittleEndian.Uint64(data))
		h = bits.RotateLeft64(h, 27)*prime1 + prime4
	}
	if len(data) >= 4 {
		h ^= uint64(binary.LittleEndian.Uint32(data)) * prime1
		h = bits.RotateLeft64(h, 23)*prime2 + prime3
		data = data[4:]
	}
	for _, b := range data {
		h ^= uint64(b) * prime5
		h = bits.RotateLeft64(h, 11) * prime1
	}
	h = (h ^ h>>33) * prime2
	h = (h ^ h>>29) * prime3
	return h ^ h>>32
}

func mixLane(lane, v uint64) uint64 {
	return bits.RotateLeft64(lane+v*prime2, 31) * prime1
}
