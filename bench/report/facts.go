// What stands in a report besides tables and curves: the cells without a result, the cost, the machine, the data.

package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"ecalf/bench/result"
)

// lost is the cells that have no result for the same reason, of all columns that lack the same ones for it.
type lost struct {
	Labels         []string
	Status, Reason string
	Cells          []string
}

func lostOf(columns []result.Column) (all []lost) {
	for _, c := range columns {
		for _, l := range lostIn(c) {
			i := slices.IndexFunc(all, func(o lost) bool {
				return o.Status == l.Status && o.Reason == l.Reason && slices.Equal(o.Cells, l.Cells)
			})
			if i < 0 {
				all = append(all, l)
			} else {
				all[i].Labels = append(all[i].Labels, c.Label)
			}
		}
	}
	return all
}

// lostIn is lostOf of one column.
func lostIn(c result.Column) (all []lost) {
	for _, r := range c.Records {
		if r.Status == result.OK {
			continue
		}
		cell := fmt.Sprintf("%s/%d", r.Cell.Dataset, r.Cell.Horizon)
		if r.Cell.Setting != "full" {
			cell += " " + r.Cell.Setting
		}
		if r.Cell.Seed != 0 {
			cell += fmt.Sprintf(" seed %d", r.Cell.Seed)
		}
		i := slices.IndexFunc(all, func(l lost) bool { return l.Status == r.Status && l.Reason == r.Reason })
		if i < 0 {
			i = len(all)
			all = append(all, lost{[]string{c.Label}, r.Status, r.Reason, nil})
		}
		all[i].Cells = append(all[i].Cells, cell)
	}
	return all
}

// cost is what the cells of one column took.
type cost struct {
	Setting, Label                 string
	Cells                          int
	Wall, Fit, Eval, Memory, Total string
	Energy                         string
}

func costsOf(columns []result.Column) (costs []cost, notes []string) {
	missing := map[string]int{}
	for _, c := range columns {
		var wall, fit, eval, memory, joules []float64
		n := 0
		for _, r := range c.Records {
			if r.Status != result.OK {
				continue
			}
			n++
			for _, f := range []struct {
				to *[]float64
				v  *float64
			}{{&wall, r.Cost.WallSeconds}, {&fit, r.Cost.FitSeconds}, {&eval, r.Cost.EvalSeconds}, {&memory, r.Cost.PeakRSSBytes}, {&joules, r.Cost.Joules}} {
				if f.v != nil {
					*f.to = append(*f.to, *f.v)
				}
			}
			for figure, why := range r.Cost.Missing {
				missing[cmp.Or(figureNames[figure], figure)+" not measured: "+why]++
			}
		}
		if n == 0 {
			continue
		}
		one := cost{Setting: c.Setting, Label: c.Label, Cells: n, Wall: median(wall, seconds), Fit: median(fit, seconds), Eval: median(eval, seconds),
			Energy: summed(joules, func(v float64) string { return quantity(v, "J", "kJ", "MJ") }), Total: summed(wall, seconds)}
		if len(memory) > 0 {
			one.Memory = quantity(slices.Max(memory)/1e6, "MB", "GB")
		}
		costs = append(costs, one)
	}
	for _, why := range slices.Sorted(maps.Keys(missing)) {
		notes = append(notes, fmt.Sprintf("%s (%s)", why, counted(missing[why], "cell")))
	}
	return costs, notes
}

// environment is a machine and build, and how many of the records ran on it.
type environment struct {
	Machine, Kernels, Build, Weights string
	Records                          int
	From, To                         string
}

func environmentsOf(records []result.Record) (all []environment) {
	for _, r := range records {
		e := r.Env
		one := environment{
			Machine: join("; ", e.CPU, numbered(e.Cores, "core"), numbered(e.Threads, "thread"), e.GPU, e.Driver),
			Kernels: join(", ", e.Backend, e.Precision),
			Build:   join(", ", e.Commit[:min(12, len(e.Commit))], e.Go, join("/", e.OS, e.Arch)),
			Weights: e.Weights,
		}
		i := slices.IndexFunc(all, func(o environment) bool {
			return o.Machine == one.Machine && o.Kernels == one.Kernels && o.Build == one.Build && o.Weights == one.Weights
		})
		if i < 0 {
			i = len(all)
			all = append(all, one)
		}
		all[i].Records++
		if day := r.Started.Format("2006-01-02"); !r.Started.IsZero() {
			if all[i].From == "" || day < all[i].From {
				all[i].From = day
			}
			all[i].To = max(all[i].To, day)
		}
	}
	return all
}

// dataFile is a file that was trained or tested on.
type dataFile struct {
	Name, SHA256, Verified string
	Records                int
}

func dataOf(records []result.Record) (all []dataFile) {
	add := func(name, sha string, r result.Record) {
		f := dataFile{Name: name, SHA256: sha, Verified: "not the public file, byte by byte"}
		switch {
		case r.Cell.DataSHA256 != "":
			f.SHA256, f.Verified = r.Cell.DataSHA256, "the user's own"
		case sha == "":
			f.Verified = "no file"
		case r.Env.DataVerified:
			f.Verified = "the public file"
		}
		i := slices.IndexFunc(all, func(o dataFile) bool { return o.Name == f.Name && o.SHA256 == f.SHA256 && o.Verified == f.Verified })
		if i < 0 {
			i = len(all)
			all = append(all, f)
		}
		all[i].Records++
	}
	for _, r := range records {
		if r.Status != result.OK {
			continue
		}
		train, test := r.Cell.Sets()
		add(train, r.Env.DataSHA256, r)
		if test != train {
			add(test, r.Env.TargetSHA256, r)
		}
	}
	slices.SortStableFunc(all, func(a, b dataFile) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func totalSeconds(records []result.Record) string {
	var wall []float64
	for _, r := range records {
		if r.Cost.WallSeconds != nil {
			wall = append(wall, *r.Cost.WallSeconds)
		}
	}
	return summed(wall, seconds)
}

// figureNames are those of result.Cost in the words of the page.
var figureNames = map[string]string{
	"wall_seconds": "time", "cpu_seconds": "processor time", "fit_seconds": "time of fitting", "eval_seconds": "time of scoring",
	"peak_rss_bytes": "peak memory", "joules": "energy",
}

// median writes the middle of v, nothing if nothing was measured.
func median(v []float64, write func(float64) string) string {
	if len(v) == 0 {
		return ""
	}
	slices.Sort(v)
	return write((v[(len(v)-1)/2] + v[len(v)/2]) / 2)
}

func summed(v []float64, write func(float64) string) string {
	if len(v) == 0 {
		return ""
	}
	total := 0.0
	for _, x := range v {
		total += x
	}
	return write(total)
}

// seconds writes a duration in the unit that suits it.
func seconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	case s < 100:
		return fmt.Sprintf("%.3g s", s)
	case s < 100*60:
		return fmt.Sprintf("%.3g min", s/60)
	}
	return fmt.Sprintf("%.3g h", s/3600)
}

// quantity writes v in the first unit in which it is below 1000; each unit is a thousand of the one before.
func quantity(v float64, units ...string) string {
	for len(units) > 1 && v >= 1000 {
		v, units = v/1000, units[1:]
	}
	return fmt.Sprintf("%.3g %s", v, units[0])
}

// join joins what is not empty.
func join(by string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), by)
}

// numbered is counted, nothing of nought.
func numbered(n int, what string) string {
	if n == 0 {
		return ""
	}
	return counted(n, what)
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
