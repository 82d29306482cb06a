package memory

import "testing"

// A write behind a borrowed array is noticed when the array is given back, and only while scratch is fenced.
func TestFence(t *testing.T) {
	gives := func(past bool) (panicked bool) {
		defer func() { panicked = recover() != nil }()
		x := Borrow(100)
		if past {
			x[:cap(x)][100] = 0
		}
		GiveBack(x)
		return
	}
	Fence(true)
	defer Fence(false)
	if x := Borrow(3); x[0] == x[0] || len(x) != 3 {
		t.Errorf("fenced scratch is %v, want three NaN", x)
	}
	if gives(false) || !gives(true) {
		t.Error("a write behind a fenced array and none are the same")
	}
	Fence(false)
	if gives(false) {
		t.Error("giving back panics without fences")
	}
}
