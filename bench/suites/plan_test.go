package suites

import (
	"strconv"
	"strings"
	"testing"

	"ecalf/bench/result"
)

func parseGood(t *testing.T) *Suite {
	t.Helper()
	s, err := Parse("mine.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// 3 data sets × 2 percents × 2 horizons of OLS, one run each although the suite names two seeds, and Oracle on
// Synthetic alone: 12 + 4.
func TestCells(t *testing.T) {
	cells := parseGood(t).Cells()
	if len(cells) != 16 {
		t.Fatalf("%d cells, want 16", len(cells))
	}
	first := cells[0]
	if first.Dataset != "ETTh1" || first.Setting != "full" || first.Horizon != 96 || first.Model != "OLS" || first.Seed != 0 || first.Suite != "mine" {
		t.Errorf("first cell %+v", first)
	}
	if cells[3].Setting != "10%" || cells[3].Percent != 10 {
		t.Errorf("fourth cell %+v, want the second horizon at 10%%", cells[3])
	}
}

func TestFilter(t *testing.T) {
	cells := parseGood(t).Cells()
	for _, c := range []struct {
		args []string
		want int // cells kept; see TestCells
	}{
		{nil, 16},
		{[]string{"dataset=ETTh1"}, 4},
		{[]string{"dataset=ETTh1,dataset=Own"}, 8},
		{[]string{"dataset=Synthetic", "model=OLS,horizon=96"}, 2},
		{[]string{"model=Oracle,percent=10"}, 2},
		{[]string{"seed=2"}, 16}, // models without a seed stand for every seed
	} {
		f, err := ParseFilter(c.args, cells)
		if err != nil {
			t.Fatal(err)
		}
		kept := 0
		for _, cell := range cells {
			if f.Match(cell) {
				kept++
			}
		}
		if kept != c.want {
			t.Errorf("%v keeps %d cells, want %d", c.args, kept, c.want)
		}
	}
	for _, c := range []struct{ arg, want string }{
		{"dataset", "want key=value"},
		{"set=ETTh1", `unknown key "set": known are backbone, dataset, horizon, model, percent, seed`},
		{"dataset=ETTh2", "no cell of the suite has that dataset; it has ETTh1, Own, Synthetic"},
		{"horizon=97", "it has 192, 96"},
	} {
		if _, err := ParseFilter([]string{c.arg}, cells); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("ParseFilter(%q): %v, want %q", c.arg, err, c.want)
		}
	}
}

func TestFilterOnSeeds(t *testing.T) {
	cells := []result.Cell{{Model: "OLS"}, {Model: "DLinear", Seed: 1}, {Model: "DLinear", Seed: 2}}
	f, err := ParseFilter([]string{"seed=2"}, cells)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Match(cells[0]) || f.Match(cells[1]) || !f.Match(cells[2]) {
		t.Error("seed=2 must keep the cell without a seed and the one with seed 2")
	}
}

// The shards of a suite are disjoint, together all of it, and differ in size by one at most.
func TestShards(t *testing.T) {
	for _, n := range []string{"1", "3", "16", "17"} {
		owner := map[int]int{}
		for i := range 17 {
			s, err := ParseShard(strings.Join([]string{strconv.Itoa(i), n}, "/"))
			if err != nil {
				continue // beyond n
			}
			for place := range 16 {
				if s.Has(place) {
					owner[place]++
				}
			}
		}
		for place := range 16 {
			if owner[place] != 1 {
				t.Errorf("of %s shards, %d have cell %d", n, owner[place], place)
			}
		}
	}
	for _, bad := range []string{"4/4", "-1/4", "1", "a/b", "0/0", "1/2/3"} {
		if _, err := ParseShard(bad); err == nil {
			t.Errorf("ParseShard(%q) gives no error", bad)
		}
	}
	if s, err := ParseShard(""); err != nil || !s.Has(0) || !s.Has(5) {
		t.Error("no shard must mean all cells")
	}
}
