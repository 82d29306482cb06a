package kernels

import (
	"cmp"
	"slices"
	"testing"
	"time"
)

// Threads that sleep are woken for a loop that is worth it: its two calls wait for each other. A smaller loop stays with its
// caller, which goes through the indices in order.
func TestSmallLoopsWakeNobody(t *testing.T) {
	defer SetThreads(SetThreads(2))
	met := make(chan bool)
	meet := func(i int) {
		if i == 0 {
			met <- true
			return
		}
		select {
		case <-met:
		case <-time.After(10 * time.Second):
			t.Error("nobody was woken")
		}
	}
	parallel(2, true, meet)
	for from := time.Now(); pool.watching.Load() > 0; time.Sleep(patience) {
		if time.Since(from) > 10*time.Second {
			t.Fatal("threads still watch for a loop")
		}
	}
	asleep := pool.asleep.Load()
	var order []int
	parallel(100, false, func(i int) { order = append(order, i) })
	if now := pool.asleep.Load(); now < asleep {
		t.Errorf("%d threads sleep, %d before", now, asleep)
	}
	if !slices.IsSorted(order) || len(order) != 100 {
		t.Errorf("called in the order %v", order)
	}
	parallel(2, true, meet)
}

// Spans cover all indices once, none is empty, and each thread has as many as the others where there are indices enough.
func TestSpans(t *testing.T) {
	for _, c := range []struct{ threads, n, cost, spans int }{
		{2, 224, 256, 4}, // three would do
		{2, 3, 1 << 20, 3},
		{2, 1, 1 << 20, 1},
		{2, 40, 1 << 10, 2},
		{2, 100, 1, 1},
		{16, 224, 256, 3},
		{16, 1 << 10, 1 << 10, 64},
		{1, 1 << 10, 1 << 10, 1},
		{2, 0, 1, 0},
	} {
		before := SetThreads(c.threads)
		type span struct{ lo, hi int }
		got := make(chan span, c.n)
		parallelSpans(c.n, c.cost, func(lo, hi int) { got <- span{lo, hi} })
		SetThreads(before)
		close(got)
		var spans []span
		for s := range got {
			spans = append(spans, s)
		}
		slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
		end := 0
		for _, s := range spans {
			if s.lo != end || s.hi <= s.lo {
				t.Errorf("%+v: %v follows %d", c, s, end)
			}
			end = s.hi
		}
		if len(spans) != c.spans || end != c.n {
			t.Errorf("%+v: %d spans up to %d", c, len(spans), end)
		}
	}
}
