// bfloat16: the upper half of a float32.

package kernels

import "math"

// RoundBF16 returns the bfloat16 nearest to x, ties to even, as a float32. NaN stays
// NaN and infinities stay; values beyond the largest bfloat16 become infinite.
func RoundBF16(x float32) float32 {
	u := math.Float32bits(x)
	if x != x {
		return math.Float32frombits(u&0xffff0000 | 0x00400000)
	}
	return math.Float32frombits((u + 0x7fff + u>>16&1) & 0xffff0000)
}

// rounded is x as it enters a product of precision p.
func rounded(x float32, p Precision) float32 {
	if p == BF16 {
		return RoundBF16(x)
	}
	return x
}
