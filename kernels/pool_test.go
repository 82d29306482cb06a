package kernels

import (
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
