// Memory: arrays on cache lines, and scratch space that is used again.

package kernels

import (
	"fmt"
	"math"
	"sync"
	"unsafe"
)

const lineFloats = 16 // a cache line of 64 bytes

// aligned returns n zeros, on huge pages where the array is large and the system has
// them. All but the smallest arrays, which the compiler may move, begin on a cache line; this is
// for speed, no body relies on it.
func aligned(n int) []float32 {
	x := make([]float32, n+lineFloats)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(x)))/4) & (lineFloats - 1)
	x = x[skip : skip+n : skip+n]
	adviseHuge(x)
	return x
}

// scratch keeps arrays that an operation needs while it runs. There are never more
// than were in use at once.
var scratch struct {
	sync.Mutex
	free   [][]float32
	fenced map[*float32]int // their lengths, while FenceScratch is on; nil otherwise
}

// fence is the number of cells behind a fenced array, fenceCell what they hold.
const (
	fence     = 1 << 10
	fenceCell = -1.5e30
)

// FenceScratch is for tests: until end is called, what operations borrow while they run is as long as they asked for and no
// longer, full of NaN, and followed by cells whose change panics when the array is given back. No operation may run when it
// begins or ends.
func FenceScratch() (end func()) {
	scratch.Lock()
	defer scratch.Unlock()
	scratch.fenced = map[*float32]int{}
	return func() {
		scratch.Lock()
		defer scratch.Unlock()
		scratch.fenced = nil
	}
}

// fencedArray is an array of n floats before such cells.
func fencedArray(n int) []float32 {
	x := aligned(n + fence)
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
			panic(fmt.Sprintf("kernels: an operation wrote %v to element %d of a scratch array of %d", cell, n+i, n))
		}
	}
}

// borrow returns an array of n floats with unknown contents, to be given back.
func borrow(n int) []float32 {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.fenced != nil {
		return fencedArray(n)
	}
	best, largest := -1, -1
	for i, x := range scratch.free {
		if cap(x) >= n && (best < 0 || cap(x) < cap(scratch.free[best])) {
			best = i
		}
		if largest < 0 || cap(x) > cap(scratch.free[largest]) {
			largest = i
		}
	}
	if best < 0 && largest < 0 {
		return aligned(n)
	}
	take := best
	if best < 0 { // none is large enough: the largest makes room for its successor
		take = largest
	}
	x := scratch.free[take]
	last := len(scratch.free) - 1
	scratch.free[take] = scratch.free[last]
	scratch.free[last] = nil
	scratch.free = scratch.free[:last]
	if best < 0 {
		return aligned(n)
	}
	return x[:n]
}

func giveBack(x []float32) {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.fenced != nil {
		inspect(x)
		return
	}
	scratch.free = append(scratch.free, x)
}
