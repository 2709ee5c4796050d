package pixel

import (
	"math"
	"testing"
)

// TestTransferCurveGoesRound: every value of 16 bits, decoded and encoded, is the
// same again.
func TestTransferCurveGoesRound(t *testing.T) {
	c := SRGB(16)
	row := make([]float32, 65536)
	for i := range row {
		row[i] = float32(i)
	}
	c.decode(row, 1, 1)
	c.encode(row, 1, 1)
	for i, v := range row {
		if math.Abs(float64(v)-float64(i)) > 0.1 {
			t.Fatalf("%d comes back as %v", i, v)
		}
	}
}
