// Package memory has arrays on cache lines, and scratch space that is used again.
package memory

import (
	"sync"
	"unsafe"
)

// LineFloats is the number of floats in a cache line of 64 bytes.
const LineFloats = 16

// Aligned returns n zeros, on huge pages where the array is large and the system has
// them. All but the smallest arrays, which the compiler may move, begin on a cache line; this is
// for speed, no body relies on it.
func Aligned(n int) []float32 {
	x := make([]float32, n+LineFloats)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(x)))/4) & (LineFloats - 1)
	x = x[skip : skip+n : skip+n]
	adviseHuge(x)
	return x
}

// scratch keeps arrays that an operation needs while it runs. There are never more
// than were in use at once.
var scratch struct {
	sync.Mutex
	free   [][]float32
	fenced map[*float32]int // while Fence is on: the lengths of what is borrowed; nil otherwise
}

// Borrow returns an array of n floats with unknown contents, to be given back.
func Borrow(n int) []float32 {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.fenced != nil {
		return fenced(n)
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
		return Aligned(n)
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
		return Aligned(n)
	}
	return x[:n]
}

// GiveBack takes back what was borrowed; nothing may use x after that.
func GiveBack(x []float32) {
	scratch.Lock()
	defer scratch.Unlock()
	if scratch.fenced != nil {
		inspect(x)
		return
	}
	scratch.free = append(scratch.free, x)
}
