// Parallel runs a loop on all threads.

package kernels

import (
	"runtime"
	"sync/atomic"
)

var threads atomic.Int64

func init() { SetThreads(runtime.GOMAXPROCS(0)) }

// Threads is the number of threads that operations run on: GOMAXPROCS at the start, unless SetThreads said otherwise.
func Threads() int { return int(threads.Load()) }

// SetThreads has operations run on n ≥ 1 threads and returns how many they ran on before. Go's scheduler gets one
// processor more: without an idle one it takes back that of every call into C of some 20 µs and wakes a thread to look
// for work, on a core that computes.
func SetThreads(n int) int {
	runtime.GOMAXPROCS(n + 1)
	return int(threads.Swap(int64(n)))
}

// Parallel calls f(0) … f(n−1), each once, on up to Threads goroutines, and returns when all are done. The calls must
// not depend on each other's order. A call that panics stops the loop, and Parallel panics with the same value.
func Parallel(n int, f func(i int)) { parallel(n, true, f) }

// parallel is Parallel. Where the loop is not worth that threads that sleep are woken, those help that are awake.
func parallel(n int, worthWaking bool, f func(i int)) {
	helpers := min(n, Threads()) - 1
	if !worthWaking {
		helpers = min(helpers, int(pool.watching.Load()))
	}
	if helpers <= 0 {
		for i := range n {
			f(i)
		}
		return
	}
	l := newLoop()
	l.f, l.caught = f, nil
	l.deal(n, helpers+1)
	l.state.Store(uint64(helpers) * place)
	callHelpers(l, helpers)
	l.run(0, &pool.rested)
	l.close()
	caught := l.caught
	l.giveBack()
	if caught != nil {
		panic(caught)
	}
}

// wakingWork is the elements of a loop for which threads that sleep are woken: some 20 µs, for to be woken takes as long. A
// model of smaller operations than that stays on the thread that has its arrays.
const wakingWork = 1 << 17

// spanWork is the most elements of a span of several indices: some milliseconds. A call into C that takes 10 ms loses its
// processor to Go's scheduler, and the thread that looks for such calls then does so every 20 µs, on a core that computes:
// products of AVX2 that were split into tasks of 12 ms ran at 137 GFLOP/s, and at 160 in shorter ones.
const spanWork = 1 << 25

// parallelSpans splits [0, n) into spans and calls f(lo, hi) for each on the pool.
// cost is a rough number of elements touched per index: spans too small to be worth
// a thread are not split off. f's result for an index must not depend on its span.
func parallelSpans(n, cost int, f func(lo, hi int)) {
	const worthwhile = 1 << 14 // elements per span; a hand-over costs some microseconds
	cost = max(cost, 1)
	each := 4 * Threads()
	spans := min(max(ceil(n*cost/spanWork, each), 1)*each, n, n*cost/worthwhile)
	if spans <= 1 || Threads() == 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	if t := Threads(); spans > t {
		spans = min(ceil(spans, t)*t, n) // as many for each: a thread finds in its caches what it wrote before
	}
	parallel(spans, n*cost >= wakingWork, func(i int) { f(i*n/spans, (i+1)*n/spans) })
}

// parallelBlocks is parallelSpans with spans that begin on multiples of 64: on cache
// lines, where the array does.
func parallelBlocks(n, cost int, f func(lo, hi int)) {
	const block = 64
	parallelSpans(ceil(n, block), cost*block, func(lo, hi int) { f(lo*block, min(hi*block, n)) })
}

// ceil is a/b rounded up.
func ceil(a, b int) int { return (a + b - 1) / b }

// parallelStrips splits columns that are reduced over many rows: one strip a thread,
// since the rows are read fastest in long pieces. cost is the number of rows.
func parallelStrips(n, cost int, f func(lo, hi int)) {
	const piece = 64 // floats
	pieces := ceil(n, piece)
	strips := min(Threads(), pieces)
	if strips <= 1 || n*cost < 1<<15 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	parallel(strips, n*cost >= wakingWork, func(i int) { f(i*pieces/strips*piece, min((i+1)*pieces/strips*piece, n)) })
}
