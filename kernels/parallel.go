// The thread pool: Parallel runs a loop on all threads.

package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
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
func Parallel(n int, f func(i int)) {
	helpers := min(n, Threads()) - 1
	if helpers <= 0 {
		for i := range n {
			f(i)
		}
		return
	}
	l := loops.Get().(*loop)
	l.f, l.n, l.caught = f, int64(n), nil
	l.next.Store(0)
	l.state.Store(uint64(helpers) * place)
	callHelpers(l, helpers)
	l.run(&pool.rested)
	l.close()
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
	spans := min(4*Threads(), n, n*max(cost, 1)/worthwhile)
	if spans <= 1 || Threads() == 1 {
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
	strips := min(Threads(), pieces)
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
	state  atomic.Uint64 // the places left for helpers, the helpers at work, and whether the caller waits for left
	left   chan struct{}
	mu     sync.Mutex
	caught any
}

const (
	place  = 1
	helper = 1 << 32
	waits  = 1 << 63
)

var loops = sync.Pool{New: func() any { return &loop{left: make(chan struct{}, 1)} }}

// run calls f until no index is left. rested is when the goroutine last let others go first.
func (l *loop) run(rested *atomic.Int64) {
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
		rest(rested)
	}
}

// rest lets other goroutines go first once the last time was some milliseconds ago. One that does not for 10 ms is
// told to by Go's monitor, which then looks after it every 20 µs, on a core that computes.
func rest(last *atomic.Int64) {
	const often = 5 * time.Millisecond
	if now := int64(time.Since(start)); now-last.Load() > int64(often) {
		last.Store(now)
		runtime.Gosched()
	}
}

var start = time.Now()

// join makes the calling worker a helper of the loop, if it has a place. The loop may be over, or be another's by now.
func (l *loop) join() bool {
	for {
		s := l.state.Load()
		if s%helper == 0 {
			return false
		}
		if l.state.CompareAndSwap(s, s-place+helper) {
			return true
		}
	}
}

// leave ends a helper's part. The last one wakes the caller if that waits.
func (l *loop) leave() {
	if l.state.Add(^uint64(helper-1)) == waits {
		l.left <- struct{}{}
	}
}

// close lets no more helpers in and waits for those at work.
func (l *loop) close() {
	l.state.And(^uint64(helper - 1))
	alone := func() bool { return l.state.Load() == 0 }
	if !watch(alone) && l.state.Or(waits) != 0 {
		<-l.left
	}
}

// pool is the workers. Each helps at the loop that was posted last, then watches for another for a while, since the next
// operation mostly follows at once, and then sleeps: to be woken takes a hundred times as long.
var pool struct {
	posted   atomic.Pointer[loop]
	workers  atomic.Int64
	watching atomic.Int64
	asleep   atomic.Int64 // and not called yet
	wake     chan struct{}
	rested   atomic.Int64 // of the callers, of whom there is one mostly
}

func init() { pool.wake = make(chan struct{}, 1<<16) }

// callHelpers posts l and wakes as many workers as are missing among those that watch.
func callHelpers(l *loop, helpers int) {
	for n := pool.workers.Load(); n < int64(helpers); n = pool.workers.Load() {
		if pool.workers.CompareAndSwap(n, n+1) {
			go work()
		}
	}
	pool.posted.Store(l)
	for missing := int64(helpers) - pool.watching.Load(); missing > 0 && take(&pool.asleep); missing-- {
		pool.wake <- struct{}{}
	}
}

// work is a worker's life.
func work() {
	var l *loop
	var rested atomic.Int64
	joined := func() bool {
		l = pool.posted.Load()
		return l != nil && l.join()
	}
	for {
		pool.watching.Add(1)
		found := watch(joined)
		pool.watching.Add(-1)
		if !found {
			pool.asleep.Add(1)
			if found = joined(); !found || !take(&pool.asleep) { // posted by one who saw it watch
				<-pool.wake
			}
		}
		if found {
			l.run(&rested)
			l.leave()
		}
	}
}

// take takes one of a count, if there is any.
func take(count *atomic.Int64) bool {
	for {
		n := count.Load()
		if n <= 0 {
			return false
		}
		if count.CompareAndSwap(n, n-1) {
			return true
		}
	}
}

// watch waits for a short while until seen reports true, and returns whether it did.
func watch(seen func() bool) bool {
	const looks = 64 // between two readings of the clock
	for from := time.Now(); ; {
		for range looks {
			if seen() {
				return true
			}
		}
		if time.Since(from) > patience {
			return false
		}
	}
}

const patience = 50 * time.Microsecond
