// Dropout, drawn from a counter: Philox4x32-10 (Salmon et al., "Parallel random
// numbers: as easy as 1, 2, 3", SC 2011), the same on every back end.

package kernels

import "ecalf/kernels/internal/memory"

// Key names a stream of random numbers: number i of it is word i mod 4 of the Philox
// block with key (Seed low, Seed high) and counter (i/4 low, i/4 high, Step, Op).
type Key struct {
	Seed     uint64
	Step, Op uint32
}

// Philox returns the four words of block i of the stream.
func (k Key) Philox(i uint64) [4]uint32 {
	const mul0, mul1 = 0xD2511F53, 0xCD9E8D57
	const weyl0, weyl1 = 0x9E3779B9, 0xBB67AE85
	c0, c1, c2, c3 := uint32(i), uint32(i>>32), k.Step, k.Op
	k0, k1 := uint32(k.Seed), uint32(k.Seed>>32)
	for range 10 {
		p0, p1 := mul0*uint64(c0), mul1*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += weyl0
		k1 += weyl1
	}
	return [4]uint32{c0, c1, c2, c3}
}

// threshold is the smallest word that is kept: a word is below it with probability
// rate.
func threshold(rate float32) uint32 { return uint32(float64(rate) * (1 << 32)) }

// keep is the factor of element i under dropout: 0 or 1/(1−rate).
func keep(k Key, i uint64, rate float32) float64 {
	if k.Philox(i / 4)[i%4] < threshold(rate) {
		return 0
	}
	return float64(1 / (1 - rate))
}

// checkRate panics unless rate is a share that can be dropped.
func checkRate(op string, rate float32) {
	if !(rate >= 0 && rate < 1) {
		panicf(op, "rate %v outside [0, 1)", rate)
	}
}

func (l *level) dropout(y Grad, x Buf, n int, rate float32, key Key) {
	const op = "Dropout"
	checkRate(op, rate)
	need(op, "y", y.Buf, n)
	need(op, "x", x, n)
	parallelBlocks(n, 4, func(lo, hi int) { // spans begin where vectors of Philox blocks do
		l.leaf.dropout(y.Host[lo:hi], x.Host[lo:hi], uint64(lo), rate, key, y.Add)
	})
}

// unaryDropGrad keeps what is left of a strip of dy in the cache.
func (l *level) unaryDropGrad(op UnaryOp, dx Grad, dy, x Buf, n int, rate float32, key Key) {
	const name, strip = "UnaryDropGrad", 4096 // a multiple of what a vector of Philox blocks draws
	if dx.Len == 0 {
		return
	}
	checkRate(name, rate)
	need(name, "dx", dx.Buf, n)
	need(name, "dy", dy, n)
	need(name, "x", x, n)
	parallelBlocks(n, 5, func(lo, hi int) {
		left := memory.Borrow(strip)
		defer memory.GiveBack(left)
		for ; lo < hi; lo += strip {
			end := min(lo+strip, hi)
			l.leaf.dropout(left[:end-lo], dy.Host[lo:end], uint64(lo), rate, key, false)
			l.leaf.unaryGrad(op, dx.Host[lo:end], left[:end-lo], x.Host[lo:end], dx.Add)
		}
	})
}

// dropoutReference treats x as elements first, first+1, … of the stream; first is a
// multiple of 4.
func dropoutReference(y, x []float32, first uint64, rate float32, key Key, add bool) {
	limit, scale := threshold(rate), float64(1/(1-rate))
	var words [4]uint32
	for i, v := range x {
		if i%4 == 0 {
			words = key.Philox((first + uint64(i)) / 4)
		}
		factor := scale
		if words[i%4] < limit {
			factor = 0
		}
		put(&y[i], float64(v)*factor, add)
	}
}
