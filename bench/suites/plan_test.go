package suites

import (
	"slices"
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

// The released few-shot scripts train on five per cent of two sets and ten of the others.
func TestCasesSkipCells(t *testing.T) {
	s, err := Load("fewshot-released")
	if err != nil {
		t.Fatal(err)
	}
	shares := map[string][]int{}
	for _, c := range s.Cells() {
		if c.Horizon == 720 {
			shares[c.Dataset] = append(shares[c.Dataset], c.Percent)
		}
	}
	for _, name := range s.Datasets {
		want := []int{10}
		if strings.HasPrefix(name, "ETTh") {
			want = []int{5}
		}
		if !slices.Equal(shares[name], want) {
			t.Errorf("%s: %v per cent, want %v", name, shares[name], want)
		}
	}
}

// What "auto" and its neighbours come to, and which cells stand where: see the comments.
func TestBackbonesAndTransfers(t *testing.T) {
	const recipe = "train: {epochs: 1, batch: 1, lr: 0.1, schedule: constant, patience: 1, loss: l1}"
	const src = `name: mine
lookback: 96
horizons: [96]
datasets: [ETTh2]
transfers: [ETTh1->ETTh2]
percents: [100, 10]
seeds: [1, 2]
backbones: [auto, random]
models:
  - name: OLS
  - name: CALF
    ` + recipe + `
    cases: [{datasets: [ETTh1], params: {d_ff: 8}}]
  - name: CALF
    backbones: [none, auto]
    ` + recipe + `
  - name: CALF
    label: no LoRA
    backbones: [random]
    params: {lora: false}
    ` + recipe + "\n"
	for auto, want := range map[string]int{
		// 3 rows (ETTh2 at 100 and 10 %, the transfer), each with one OLS and two seeds of: the first CALF on auto and
		// random, the second on none and, where it differs from the first (on the transfer, by d_ff), on auto again, the
		// third on random.
		"gpt2":   3 + 2*3*4 + 2,
		"random": 3 + 2*3*3 + 2, // auto and random are one
	} {
		s, err := Parse("mine.yaml", []byte(src))
		if err != nil {
			t.Fatal(err)
		}
		s.ResolveBackbones(func(name string) string {
			if name == "auto" {
				return auto
			}
			return name
		})
		cells := s.Cells()
		if len(cells) != want {
			t.Errorf("auto is %s: %d cells, want %d", auto, len(cells), want)
		}
		for _, c := range cells {
			if (c.Backbone == "") != (c.Model == "OLS") || c.Backbone == "auto" {
				t.Errorf("%s has backbone %q", c.Model, c.Backbone)
			}
			transfer := c.Dataset == "ETTh1->ETTh2"
			if transfer != (c.Setting == "zero") || transfer && c.Percent != 100 {
				t.Errorf("%s has setting %s and %d %%", c.Dataset, c.Setting, c.Percent)
			}
			if (c.Variant == "no LoRA") != strings.Contains(string(c.Params), "lora") {
				t.Errorf("variant %q has params %s", c.Variant, c.Params)
			}
			if strings.Contains(string(c.Params), "d_ff") && !transfer {
				t.Errorf("%s has the params of transfers from ETTh1", c.Dataset)
			}
		}
		for arg, want := range map[string]int{"backbone=random,model=CALF,dataset=ETTh1->ETTh2,seed=1": map[string]int{"gpt2": 2, "random": 3}[auto], "percent=10,model=OLS": 1} {
			f, err := ParseFilter([]string{arg}, cells)
			if err != nil {
				t.Fatal(err)
			}
			kept := 0
			for _, c := range cells {
				if f.Match(c) {
					kept++
				}
			}
			if kept != want {
				t.Errorf("auto is %s: %s keeps %d, want %d", auto, arg, kept, want)
			}
		}
		if _, err := ParseFilter([]string{"backbone=smollm2"}, cells); err == nil || !strings.Contains(err.Error(), "it has "+map[string]string{"gpt2": "gpt2, ", "random": ""}[auto]+"none, random") {
			t.Errorf("a backbone that no cell has: %v", err)
		}
		if sets := s.PublicSets(); !slices.Equal(sets, []string{"ETTh2", "ETTh1"}) {
			t.Errorf("needs %v", sets)
		}
	}
}

// A model with data sets of its own runs on no others.
func TestModelOnSomeDatasets(t *testing.T) {
	s, err := Parse("mine.yaml", []byte(strings.Replace(good, "- name: OLS", "- {name: OLS, datasets: [Own]}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Cells() {
		if (c.Model == "OLS") != (c.Dataset == "Own") {
			t.Errorf("%s on %s", c.Model, c.Dataset)
		}
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
		{"set=ETTh1", `unknown key "set": known are backbone, dataset, horizon, model, percent, seed, variant`},
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
