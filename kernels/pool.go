// The thread pool behind Parallel: loops, and the workers that help at them.

package kernels

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// loop is one running Parallel: its goroutines take the next index of their own share until none is left, then of others'.
// Shares are the same in every loop of as many indices, so what a thread has written to its caches in one it finds there
// in the next.
type loop struct {
	f      func(int)
	shares []share
	state  atomic.Uint64 // the places left for helpers, the helpers at work, and whether the caller waits for left
	left   chan struct{}
	mu     sync.Mutex
	caught any
}

// share is consecutive indices, next to end, on a cache line of their own.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte
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

// deal splits indices 0 to n−1 into shares.
func (l *loop) deal(n, shares int) {
	if cap(l.shares) < shares {
		l.shares = make([]share, shares)
	}
	l.shares = l.shares[:shares]
	for i := range l.shares {
		l.shares[i].next.Store(int64(i * n / shares))
		l.shares[i].end = int64((i + 1) * n / shares)
	}
}

func (l *loop) giveBack() {
	l.f = nil
	select {
	case spare <- l:
	default:
	}
}

// run calls f until no index is left, first those of the own share. rested is when the goroutine last let others go first.
func (l *loop) run(own int, rested *atomic.Int64) {
	defer func() {
		if r := recover(); r != nil {
			for i := range l.shares {
				l.shares[i].next.Store(l.shares[i].end)
			}
			l.mu.Lock()
			l.caught = r
			l.mu.Unlock()
		}
	}()
	for k := range l.shares {
		s := &l.shares[(own+k)%len(l.shares)]
		for i := s.next.Add(1) - 1; i < s.end; i = s.next.Add(1) - 1 {
			l.f(int(i))
			rest(rested)
		}
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
			go work(int(n) + 1)
		}
	}
	pool.posted.Store(l)
	for missing := int64(helpers) - pool.watching.Load(); missing > 0 && take(&pool.asleep); missing-- {
		pool.wake <- struct{}{}
	}
}

// work is a worker's life; own is the number of its shares.
func work(own int) {
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
			l.run(own, &rested)
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
