// Tests of claims within one process; process_test.go has those between processes.

package result

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestClaimIsExclusive(t *testing.T) {
	path := storePath(t)
	a, b := mustOpen(t, path), mustOpen(t, path)
	one, two := aCell(1).ID(), aCell(2).ID()
	claim := func(s *Store, id string, want bool) *Claim {
		t.Helper()
		c, ok, err := s.Claim(id)
		if ok != want || err != nil {
			t.Fatalf("claimed %v, %v; want %v", ok, err, want)
		}
		return c
	}
	c := claim(a, one, true)
	claim(b, one, false)
	claim(a, one, false)
	d := claim(b, two, true)
	for _, c := range []*Claim{c, d} {
		if err := c.Release(); err != nil {
			t.Error(err)
		}
	}
	claim(b, one, true)
}

// Releasing unlinks the lock file under the feet of those who are about to lock it.
func TestClaimNeverHasTwoHolders(t *testing.T) {
	s := mustOpen(t, storePath(t))
	var holders, taken atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				c, ok, err := s.Claim(aCell(1).ID())
				if err != nil {
					t.Error(err)
					return
				}
				if !ok {
					continue
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d holders at once", n)
				}
				taken.Add(1)
				holders.Add(-1)
				if err := c.Release(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if taken.Load() == 0 {
		t.Error("nobody ever had the claim")
	}
}

func TestClaimRefusesWhatIsNoID(t *testing.T) {
	for _, id := range []string{"", "../../etc/passwd", strings.Repeat("A", 32), aCell(1).ID() + "0"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("claimed %q", id)
				}
			}()
			(&Store{path: storePath(t)}).Claim(id)
		}()
	}
}
