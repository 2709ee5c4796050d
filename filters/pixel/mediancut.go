package pixel

type rgb [3]uint8

// A weighted is a colour with the number of its pixels.
type weighted struct {
	rgb
	n int
}

// medianCut splits the box of colours with the largest weighted spread at its
// weighted mean, until there are enough boxes, and averages each (Heckbert,
// 1982; splitting at the mean as Wu, 1991, rather than at the median keeps rare
// colours). It changes the order of colours.
func medianCut(colours []weighted, most int) []rgb {
	boxes := []box{newBox(colours)}
	for len(boxes) < most {
		worst := 0
		for i := range boxes {
			if boxes[i].error > boxes[worst].error {
				worst = i
			}
		}
		b := boxes[worst]
		if b.error == 0 {
			break
		}
		at := b.split()
		boxes[worst] = newBox(b.colours[:at])
		boxes = append(boxes, newBox(b.colours[at:]))
	}
	table := make([]rgb, len(boxes))
	for i, b := range boxes {
		for k, v := range b.mean {
			table[i][k] = uint8(v + 0.5)
		}
	}
	return table
}

// A box is a set of an image's colours.
type box struct {
	colours []weighted
	mean    [3]float64
	channel int     // the channel that varies most
	error   float64 // sum of squared distances from the mean, in that channel
}

func newBox(colours []weighted) box {
	b := box{colours: colours}
	total, sum, squares := 0.0, [3]float64{}, [3]float64{}
	for _, c := range colours {
		n := float64(c.n)
		total += n
		for k, v := range c.rgb {
			sum[k] += float64(n * float64(v))
			squares[k] += float64(n * float64(v) * float64(v))
		}
	}
	for k := range sum {
		b.mean[k] = sum[k] / total
		if e := squares[k] - float64(sum[k]*b.mean[k]); e > b.error && len(colours) > 1 {
			b.error, b.channel = e, k
		}
	}
	return b
}

// split puts the colours below the mean of the box's channel before the others. It
// returns how many there are: at least one, and not all.
func (b *box) split() int {
	n := 0
	for i, c := range b.colours {
		if float64(c.rgb[b.channel]) < b.mean[b.channel] {
			b.colours[n], b.colours[i] = c, b.colours[n]
			n++
		}
	}
	return max(1, min(n, len(b.colours)-1))
}
