// Fences around scratch space, for tests: an operation that writes past what it borrowed is caught.

package memory

import (
	"fmt"
	"math"
	"unsafe"
)

// fence is the number of cells behind a fenced array, fenceCell what they hold.
const (
	fence     = 1 << 10
	fenceCell = -1.5e30
)

// Fence is for tests: while it is on, what operations borrow is as long as they asked for and no longer, full of
// NaN, and followed by cells whose change panics when the array is given back. No operation may run when it is switched.
func Fence(on bool) {
	scratch.Lock()
	defer scratch.Unlock()
	scratch.fenced = nil
	if on {
		scratch.fenced = map[*float32]int{}
	}
}

// fenced is an array of n floats before such cells. The caller holds the lock of scratch, here and in inspect.
func fenced(n int) []float32 {
	x := Aligned(n + fence)
	for i := range x {
		if x[i] = float32(math.NaN()); i >= n {
			x[i] = fenceCell
		}
	}
	scratch.fenced[unsafe.SliceData(x)] = n
	return x[:n]
}

// inspect panics if what lies behind a fenced array was written to.
func inspect(x []float32) {
	n := scratch.fenced[unsafe.SliceData(x)]
	delete(scratch.fenced, unsafe.SliceData(x))
	for i, cell := range x[:n+fence][n:] {
		if cell != fenceCell {
			panic(fmt.Sprintf("memory: an operation wrote %v to element %d of a scratch array of %d", cell, n+i, n))
		}
	}
}
