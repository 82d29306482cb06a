package kernels

import (
	"slices"
	"testing"
)

// Every level draws the reference's words around and behind element 2³⁴, where the upper half of a block's number changes: it is
// in the keys of the streams that vectors are drawn from.
func TestDropoutBeyondTheLowerHalf(t *testing.T) {
	const n, rate = 3000, 0.3
	key := Key{Seed: 0x0123456789ABCDEF, Step: 5, Op: 77}
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(i%7) + 1
	}
	want, got := make([]float32, n), make([]float32, n)
	if key.Philox(0) == key.Philox(1<<32) {
		t.Error("the upper half of a block's number changes nothing")
	}
	for _, first := range []uint64{1<<34 - 1024, 1 << 34, 7<<34 - 2048} { // multiples of what a vector of blocks draws
		dropoutReference(want, x, first, rate, key, false)
		for _, l := range cpus {
			l.leaf.dropout(got, x, first, rate, key, false)
			if !slices.Equal(got, want) {
				t.Errorf("%s: dropout from element %d on is not the reference's", l.name, first)
			}
		}
	}
}
