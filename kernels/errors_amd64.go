//go:build cgo

// The error sums on the widest vectors of the machine.

package kernels

/*
#include "bodies_amd64.h"

#cgo noescape ecalf_f32_errors
#cgo nocallback ecalf_f32_errors
*/
import "C"

import "github.com/klauspost/cpuid/v2"

// addErrors adds the errors of the first elements to the lanes s and a and returns how many it took.
func addErrors(s, a *[8]float64, pred, target []float32) int {
	n := len(pred) &^ 7
	if n == 0 || !cpuid.CPU.Supports(cpuid.AVX2, cpuid.FMA3) {
		return 0
	}
	level := simdAVX2
	if cpuid.CPU.Supports(cpuid.AVX512F, cpuid.AVX512BW, cpuid.AVX512DQ, cpuid.AVX512VL) {
		level = simdAVX512
	}
	C.ecalf_f32_errors(C.int(level), (*C.double)(&s[0]), (*C.double)(&a[0]), ptr(pred), ptr(target), C.int64_t(n))
	return n
}
