// From a suite to the cells that are to be run: filters and shards.

package suites

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"ecalf/baselines"
	"ecalf/bench/result"
)

// Cells expands the grid in its canonical order: data set, percent, horizon, model, backbone, seed; transfers follow the
// data sets. A model that draws no random numbers has one cell with seed 0, whatever seeds the suite names. Two models
// that come out as the same cell, their backbones being the same, have it once. See ResolveBackbones.
func (s *Suite) Cells() []result.Cell {
	var cells []result.Cell
	seen := map[string]bool{}
	for _, p := range s.places() {
		for _, m := range s.Models {
			entry, _ := baselines.Find(m.Name)
			if entry.Bound && p.dataset != "Synthetic" || !names(m.Datasets, p.dataset) || m.skips(p.dataset, p.horizon, p.percent) {
				continue
			}
			seeds, backbones := s.Seeds, []string{""}
			if entry.Deterministic() {
				seeds = []int64{0}
			}
			if entry.Adapts {
				backbones = m.backbones(s)
			}
			params, recipe, _ := m.at(p.dataset, p.horizon, p.percent) // validate has seen it
			for _, backbone := range backbones {
				for _, seed := range seeds {
					c := result.Cell{
						Suite: s.Name, Dataset: p.dataset, Horizon: p.horizon, Lookback: s.Lookback,
						Setting: p.setting, Percent: p.percent, Model: m.Name, Variant: m.Label, Params: params, Recipe: recipe,
						Backbone: backbone, Protocol: s.Protocol, Seed: seed,
					}
					if id := c.ID(); !seen[id] {
						seen[id] = true
						cells = append(cells, c)
					}
				}
			}
		}
	}
	return cells
}

// place is where a suite's models meet in the tables: in one row.
type place struct {
	dataset          string
	percent, horizon int
	setting          string
}

// places lists the suite's rows in canonical order.
func (s *Suite) places() []place {
	var all []place
	for _, dataset := range s.datasetNames() {
		for _, percent := range s.Percents {
			for _, horizon := range s.Horizons {
				all = append(all, place{dataset, percent, horizon, Setting(percent)})
			}
		}
	}
	for _, transfer := range s.Transfers {
		for _, horizon := range s.Horizons {
			all = append(all, place{transfer, 100, horizon, "zero"})
		}
	}
	return all
}

// backbones are those that the model runs on in suite s.
func (m Model) backbones(s *Suite) []string {
	if len(m.Backbones) > 0 {
		return m.Backbones
	}
	return s.Backbones
}

// ResolveBackbones puts resolve(name) in the place of every backbone's name, so that "auto" becomes a name that records
// may bear. What comes out twice is kept once.
func (s *Suite) ResolveBackbones(resolve func(name string) string) {
	resolved := func(names []string) (out []string) {
		for _, name := range names {
			if name = resolve(name); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
		return out
	}
	s.Backbones = resolved(s.Backbones)
	for i := range s.Models {
		s.Models[i].Backbones = resolved(s.Models[i].Backbones)
	}
}

// PublicSets are the names of the public data sets that the suite needs.
func (s *Suite) PublicSets() []string {
	names := slices.Clone(s.Datasets)
	for _, transfer := range s.Transfers {
		source, target, _ := strings.Cut(transfer, "->")
		for _, name := range []string{source, target} {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// Setting names a share of the training rows as the tables do: "full" or "10%".
func Setting(percent int) string {
	if percent == 100 {
		return "full"
	}
	return strconv.Itoa(percent) + "%"
}

// Filter keeps the cells that match every key of `--only`; a key that is given several times matches any of its values.
type Filter map[string][]string

// filterKeys are the keys of --only and what each reads in a cell.
var filterKeys = map[string]func(result.Cell) string{
	"dataset":  func(c result.Cell) string { return c.Dataset },
	"horizon":  func(c result.Cell) string { return strconv.Itoa(c.Horizon) },
	"model":    func(c result.Cell) string { return c.Model },
	"seed":     func(c result.Cell) string { return strconv.FormatInt(c.Seed, 10) },
	"percent":  func(c result.Cell) string { return strconv.Itoa(c.Percent) },
	"backbone": func(c result.Cell) string { return c.Backbone },
	"variant":  func(c result.Cell) string { return cmp.Or(c.Variant, "plain") },
}

// ParseFilter reads the arguments of --only: "key=value,key=value", as often as wanted. An unknown key is an error, and
// so is a value that no cell has, which would otherwise select nothing without a word.
func ParseFilter(args []string, cells []result.Cell) (Filter, error) {
	f := Filter{}
	for _, arg := range args {
		for _, pair := range strings.Split(arg, ",") {
			key, value, ok := strings.Cut(pair, "=")
			if !ok {
				return nil, fmt.Errorf("--only %q: want key=value, such as dataset=ETTh1", pair)
			}
			read, ok := filterKeys[key]
			if !ok {
				return nil, fmt.Errorf("--only %q: unknown key %q: known are %s", pair, key, strings.Join(sortedKeys(filterKeys), ", "))
			}
			have := map[string]bool{}
			for _, c := range cells {
				if v := read(c); v != "" {
					have[v] = true
				}
			}
			if !have[value] && !(key == "seed" && len(have) == 1 && have["0"]) {
				return nil, fmt.Errorf("--only %q: no cell of the suite has that %s; it has %s", pair, key, strings.Join(sortedKeys(have), ", "))
			}
			f[key] = append(f[key], value)
		}
	}
	return f, nil
}

// Match says whether the filter keeps a cell. Every seed matches a cell without one.
func (f Filter) Match(c result.Cell) bool {
	for key, values := range f {
		if key == "seed" && c.Seed == 0 {
			continue
		}
		if !slices.Contains(values, filterKeys[key](c)) {
			return false
		}
	}
	return true
}

// Allows says whether a cell with that value of a key of --only can match.
func (f Filter) Allows(key, value string) bool {
	return len(f[key]) == 0 || slices.Contains(f[key], value)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Shard is one of Of equal parts of a suite: every Of-th cell, beginning with the Index-th. The zero value is all of it.
type Shard struct{ Index, Of int }

// ParseShard reads "i/n" with 0 <= i < n.
func ParseShard(s string) (Shard, error) {
	if s == "" {
		return Shard{}, nil
	}
	index, of, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || n < 1 || i < 0 || i >= n {
		return Shard{}, fmt.Errorf("--shard %q: want i/n with i from 0 to n-1, such as 0/4 … 3/4", s)
	}
	return Shard{i, n}, nil
}

// Has says whether the cell at that place of the suite's canonical order belongs to the shard.
func (s Shard) Has(place int) bool { return s.Of == 0 || place%s.Of == s.Index }
