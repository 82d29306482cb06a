package train

import (
	"testing"
	"time"
)

// Quick saves follow every epoch; slow ones wait until nine times their cost has passed.
func TestPace(t *testing.T) {
	for _, c := range []struct {
		cost, ago time.Duration
		due       bool
	}{
		{0, 0, true},
		{99 * time.Millisecond, 0, true},
		{time.Second, 8 * time.Second, false},
		{time.Second, 9 * time.Second, true},
	} {
		p := pace{last: time.Now().Add(-c.ago), cost: c.cost}
		if p.due() != c.due {
			t.Errorf("a save of %v, %v ago: due is %v", c.cost, c.ago, p.due())
		}
	}
}
