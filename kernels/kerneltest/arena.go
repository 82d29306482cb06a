package kerneltest

// Arrays with guard cells: an operation that reads past its input meets NaN, one that
// writes past its output is caught.

import (
	"fmt"
	"math"

	"ecalf/kernels"
)

const canary = 12345.5

// guard is the number of cells on either side of an array of n. It is odd, so that arrays
// start unaligned; but those beyond the caches start on a line, as some bodies ask there.
func guard(n int) int {
	if n >= large {
		return 64
	}
	return 67
}

// fenced is an array of a back end between guard cells.
type fenced struct {
	be    kernels.Backend
	whole kernels.Buf
	guard int
	kernels.Buf
	fence float32
}

// input puts x between NaN, output makes room for n unknown values between canaries.
func input(be kernels.Backend, x []float32) *fenced {
	return fence(be, x, float32(math.NaN()))
}

func output(be kernels.Backend, n int, value float32) *fenced {
	x := make([]float32, n)
	for i := range x {
		x[i] = value
	}
	return fence(be, x, canary)
}

func fence(be kernels.Backend, x []float32, cell float32) *fenced {
	guard := guard(len(x))
	all := make([]float32, len(x)+2*guard)
	for i := range all {
		all[i] = cell
	}
	copy(all[guard:], x)
	whole := be.Alloc(len(all))
	be.Upload(whole, all)
	return &fenced{be, whole, guard, whole.Slice(guard, guard+len(x)), cell}
}

// values returns the array and frees it; the error names a broken fence.
func (f *fenced) values() ([]float32, error) {
	all := make([]float32, f.whole.Len)
	f.be.Download(all, f.whole)
	f.be.Free(f.whole)
	guard, n := f.guard, len(all)-2*f.guard
	for i, x := range all {
		if (i < guard || i >= guard+n) && math.Float32bits(x) != math.Float32bits(f.fence) {
			return nil, fmt.Errorf("wrote %v to element %d of an array of %d", x, i-guard, n)
		}
	}
	return all[guard : guard+n], nil
}

func bufs(fs []*fenced) []kernels.Buf {
	out := make([]kernels.Buf, len(fs))
	for i, f := range fs {
		out[i] = f.Buf
	}
	return out
}
