// The thread pool behind Parallel: loops, and the workers that help at them.

package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

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

// spare are loops to be used again. A sync.Pool would lose them when its caller moves to another processor.
var spare = make(chan *loop, 64)

func newLoop() *loop {
	select {
	case l := <-spare:
		return l
	default:
		return &loop{left: make(chan struct{}, 1)}
	}
}

func (l *loop) giveBack() {
	l.f = nil
	select {
	case spare <- l:
	default:
	}
}

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
