// Peaks of the machine, measured: what the speed of an operation is a share of.

package kernels

import (
	"time"

	"ecalf/kernels/internal/memory"
)

// Peak is what a level of this machine reaches on all Threads.
type Peak struct {
	FP32   float64 // GFLOP/s of multiply-adds in registers
	BF16   float64 // GFLOP/s of bfloat16 products with float32 sums, on AMX of random tiles from L1; 0 without hardware
	Stream float64 // GB/s of STREAM's triad on arrays beyond the caches

	loops peakLoops
}

// PeakOf measures the peaks of a CPU back end, in about a second. ok is false for back
// ends whose operations are plain Go and have no such loops.
func PeakOf(be Backend) (p Peak, ok bool) {
	l, isCPU := be.(*level)
	if !isCPU || l.peak.fma == nil {
		return p, false
	}
	p.loops = l.peak
	p.FP32 = rate(l.peak.fma)
	if l.peak.dot != nil {
		p.BF16 = rate(l.peak.dot)
	}
	p.Stream = triad(l.peak.triad)
	return p, true
}

// peakLoops are a level's loops; fma and dot do rounds of work and return the FLOP.
type peakLoops struct {
	fma, dot func(rounds int) (flop float64)
	triad    func(a, b, c []float32)
}

// Over is what products of that precision reach, in GFLOP/s, in one run of about d on every thread at once: the peak
// that an operation that takes d can be held against, for a machine that others share gives a few milliseconds at its
// peak more often than a second. p is what PeakOf measured; without loops of its own, the result is 0.
func (p Peak) Over(precision Precision, d time.Duration) float64 {
	loop, rate := p.loops.fma, p.FP32
	if precision == BF16 && p.BF16 > 0 {
		loop, rate = p.loops.dot, p.BF16
	}
	if loop == nil {
		return 0
	}
	const few = 1 << 10
	one := loop(few) / few * float64(Threads())
	return once(loop, max(int(rate*float64(d.Nanoseconds())/one), few))
}

// Quicker is the precision in which be multiplies more in a second, by the best of a few short runs of each peak. BF16
// need not be: a processor may take longer over two dot products of bfloat16 pairs than over four multiply-adds. Auto, for
// products that name no precision, does not ask: it is what the level has in hardware.
func Quicker(be Backend) Precision {
	l, isCPU := be.(*level)
	if !isCPU || l.peak.dot == nil {
		return FP32
	}
	return l.peak.quicker()
}

func (loops peakLoops) quicker() Precision {
	const rounds = 1 << 17
	fma, dot := 0.0, 0.0
	for range 8 { // in turns: a machine that others share slows for milliseconds
		fma, dot = max(fma, once(loops.fma, rounds)), max(dot, once(loops.dot, rounds))
	}
	if dot > fma {
		return BF16
	}
	return FP32
}

// rate is the best of several runs of loop, in GFLOP/s.
func rate(loop func(rounds int) float64) float64 {
	const rounds = 1 << 21
	best := 0.0
	for range 64 { // a third of a second: what shares the machine may take a processor for longer than a few runs
		best = max(best, once(loop, rounds))
	}
	return best
}

// once is the rate of one run of loop on every thread at once, in GFLOP/s.
func once(loop func(rounds int) float64, rounds int) float64 {
	threads := Threads()
	flop := make([]float64, threads)
	start := time.Now()
	Parallel(threads, func(i int) { flop[i] = loop(rounds) })
	return flop[0] * float64(threads) / float64(time.Since(start).Nanoseconds())
}

// triad is the best of several runs in GB/s, 12 bytes an element.
func triad(run func(a, b, c []float32)) float64 {
	const n = 1 << 25 // 128 MiB an array
	a, b, c := memory.Aligned(n), memory.Aligned(n), memory.Aligned(n)
	for i := range n { // pages that were never written are all the same one, and read from cache
		a[i], b[i], c[i] = 1, 2, 3
	}
	best := 0.0
	for range 5 {
		start := time.Now()
		parallelSpans(n, 1, func(lo, hi int) { run(a[lo:hi], b[lo:hi], c[lo:hi]) })
		best = max(best, 12*n/float64(time.Since(start).Nanoseconds()))
	}
	return best
}
