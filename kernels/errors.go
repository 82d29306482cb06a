// Forecast errors: the two sums that every published metric is made of.

package kernels

import "math"

// SquaredAbsErrors returns Σ(pred−target)² and Σ|pred−target| in float64. Both are
// accumulated in 8 lanes, element i in lane i mod 8, and folded as
// ((0+4)+(2+6))+((1+5)+(3+7)), so that the bits are the same on every machine.
// The slices must have the same length.
func SquaredAbsErrors(pred, target []float32) (sse, sae float64) {
	if len(pred) != len(target) {
		panicf("SquaredAbsErrors", "%d predictions for %d targets", len(pred), len(target))
	}
	var s, a [8]float64
	done := addErrors(&s, &a, pred, target)
	addErrorsGo(&s, &a, pred[done:], target[done:])
	return fold8(&s), fold8(&a)
}

// addErrorsGo adds the errors of all elements to the lanes s and a.
func addErrorsGo(s, a *[8]float64, pred, target []float32) {
	for len(pred) >= 8 {
		p, t := pred[:8:8], target[:8:8]
		for i := range 8 {
			d := float64(p[i]) - float64(t[i])
			s[i] += float64(d * d) // the conversion forbids a fused multiply-add
			a[i] += math.Abs(d)
		}
		pred, target = pred[8:], target[8:]
	}
	for i := range pred {
		d := float64(pred[i]) - float64(target[i])
		s[i] += float64(d * d)
		a[i] += math.Abs(d)
	}
}

// fold8 adds eight lanes as a fixed tree.
func fold8(s *[8]float64) float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
