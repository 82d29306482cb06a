// The thread pool: Parallel runs a loop on all processors.

package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls f(0) … f(n−1), each once, on up to GOMAXPROCS goroutines, and
// returns when all are done. The calls must not depend on each other's order. A call
// that panics stops the loop, and Parallel panics with the same value.
func Parallel(n int, f func(i int)) {
	if n <= 1 || runtime.GOMAXPROCS(0) == 1 {
		for i := range n {
			f(i)
		}
		return
	}
	l := loops.Get().(*loop)
	l.f, l.n, l.caught = f, int64(n), nil
	l.next.Store(0)
	helpers := min(n, runtime.GOMAXPROCS(0)) - 1
	l.busy.Add(helpers)
	for range helpers {
		select {
		case idle <- l: // an idle worker of the pool
		default:
			go work(l)
		}
	}
	l.run()
	l.busy.Wait()
	caught := l.caught
	l.f = nil
	loops.Put(l)
	if caught != nil {
		panic(caught)
	}
}

// parallelSpans splits [0, n) into spans and calls f(lo, hi) for each on the pool.
// cost is a rough number of elements touched per index: spans too small to be worth
// a thread are not split off. f's result for an index must not depend on its span.
func parallelSpans(n, cost int, f func(lo, hi int)) {
	const worthwhile = 1 << 14 // elements per span; a hand-over costs some microseconds
	spans := min(4*runtime.GOMAXPROCS(0), n, n*max(cost, 1)/worthwhile)
	if spans <= 1 || runtime.GOMAXPROCS(0) == 1 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	Parallel(spans, func(i int) { f(i*n/spans, (i+1)*n/spans) })
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
	strips := min(runtime.GOMAXPROCS(0), pieces)
	if strips <= 1 || n*cost < 1<<15 {
		if n > 0 {
			f(0, n)
		}
		return
	}
	Parallel(strips, func(i int) { f(i*pieces/strips*piece, min((i+1)*pieces/strips*piece, n)) })
}

// loop is one running Parallel: its goroutines take the next index until none is left.
type loop struct {
	f      func(int)
	n      int64
	next   atomic.Int64
	busy   sync.WaitGroup
	mu     sync.Mutex
	caught any
}

func (l *loop) run() {
	defer func() {
		if r := recover(); r != nil {
			l.next.Store(l.n)
			l.mu.Lock()
			l.caught = r
			l.mu.Unlock()
		}
	}()
	for {
		i := l.next.Add(1) - 1
		if i >= l.n {
			return
		}
		l.f(int(i))
	}
}

var (
	loops = sync.Pool{New: func() any { return new(loop) }}
	idle  = make(chan *loop)
)

// work runs a loop and then waits for others: a worker lives on, so that a step of
// thousands of operations starts no goroutines.
func work(l *loop) {
	for {
		l.run()
		l.busy.Done()
		l = <-idle
	}
}
