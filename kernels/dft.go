// The real discrete Fourier transform as a matrix product: its bases.

package kernels

import "math"

// DFTBasis returns the matrix F (n, 2·freqs) for which X = x·F holds, for a row x of
// n values, the real parts Σ_t x[t]·cos(2πft/n) in columns [0, freqs) and the imaginary
// parts −Σ_t x[t]·sin(2πft/n) after them, f from 0. It is a right-hand side for MatMul; the
// gradient is the product with Fᵀ (TransB). At most n/2+1 frequencies exist.
func DFTBasis(n, freqs int) []float32 {
	checkFreqs("DFTBasis", n, freqs)
	f := make([]float32, n*2*freqs)
	for t := range n {
		for k := range freqs {
			sin, cos := turn(k, t, n)
			f[t*2*freqs+k], f[t*2*freqs+freqs+k] = float32(cos), float32(-sin)
		}
	}
	return f
}

// InverseDFTBasis returns the matrix G (2·freqs, n) for which x = X·G is the real
// series of n values whose frequencies from freqs on are 0; with freqs = n/2+1 it
// undoes DFTBasis.
func InverseDFTBasis(n, freqs int) []float32 {
	checkFreqs("InverseDFTBasis", n, freqs)
	g := make([]float32, 2*freqs*n)
	for k := range freqs {
		weight := 2 / float64(n) // a frequency and its mirror image
		if k == 0 || 2*k == n {
			weight = 1 / float64(n)
		}
		for t := range n {
			sin, cos := turn(k, t, n)
			g[k*n+t], g[(freqs+k)*n+t] = float32(weight*cos), float32(-weight*sin)
		}
	}
	return g
}

func checkFreqs(op string, n, freqs int) {
	if n < 1 || freqs < 0 || freqs > n/2+1 {
		panicf(op, "%d frequencies of %d values, at most %d exist", freqs, n, n/2+1)
	}
}

// turn is the sine and cosine of 2πkt/n, the product reduced first to keep it exact.
func turn(k, t, n int) (sin, cos float64) {
	return math.Sincos(2 * math.Pi * float64(k*t%n) / float64(n))
}
