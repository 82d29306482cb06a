// Comparison of two stores, or of two models in one: what benchstat is to timings, this is to errors.

package result

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Significant is the p below which a difference is taken for more than chance.
const Significant = 0.05

// Side is one of the two things that are compared.
type Side struct {
	Name    string // a file, or a model
	Records []Record
}

// Comparison has a row for each cell, seeds taken together, of which both sides have a result.
type Comparison struct {
	A          string   `json:"a"`
	B          string   `json:"b"`
	Rows       []Pair   `json:"rows"`
	GeomeanMSE *float64 `json:"geomean_mse,omitempty"` // of the rows' ratios B/A; those where either is 0 do not count
	GeomeanMAE *float64 `json:"geomean_mae,omitempty"`
	OnlyA      []string `json:"only_a,omitempty"` // what has a result in A and none in B, with B's reason if it has one
	OnlyB      []string `json:"only_b,omitempty"`
	Notes      []string `json:"notes,omitempty"`
}

// Pair is one cell on both sides.
type Pair struct {
	Suite   string      `json:"suite,omitempty"` // where a side has several
	Dataset string      `json:"dataset"`
	Horizon int         `json:"horizon"`
	Setting string      `json:"setting"`
	Model   string      `json:"model,omitempty"` // absent where two models are compared
	MSE     *Difference `json:"mse,omitempty"`
	MAE     *Difference `json:"mae,omitempty"`
}

// Difference is one metric on both sides.
type Difference struct {
	A       Sample   `json:"a"`
	B       Sample   `json:"b"`
	Percent *float64 `json:"percent,omitempty"` // 100·(B−A)/A; absent if A is 0
	P       *float64 `json:"p,omitempty"`       // of the difference being chance, two-sided; absent if nothing can be tested
	Test    string   `json:"test,omitempty"`    // "welch" over seeds, or "paired" over blocks of test windows
}

// Sample is the errors of one side's seeds.
type Sample struct {
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"` // n−1; absent for one seed
	N    int      `json:"n"`
}

// Compare pairs the cells of two stores by data set, horizon, setting and model. A model's variants are told apart, as
// in tables, by those traits in which they differ within one side; so a model whose hyper-parameters were
// changed between the stores is compared with itself. Suites count only if a side has several.
//
// Where both sides have at least two seeds, p is that of Welch's t test over seeds. Else it is that of the paired t
// test over the records' blocks, for MSE alone. Neighbouring blocks share target steps, the more the longer the
// horizon, so this p is optimistic.
func Compare(a, b Side) *Comparison {
	a.Records, b.Records = onePerCell(a.Records), onePerCell(b.Records)
	both := slices.Concat(a.Records, b.Records)
	var matches []match
	for _, m := range modelsOf(both) {
		splits := splitsOf(m, a.Records)
		for _, t := range splitsOf(m, b.Records) {
			if !slices.Contains(splits, t) {
				splits = append(splits, t)
			}
		}
		slices.Sort(splits)
		for _, c := range variantsOf(m, both, splits) {
			matches = append(matches, match{c.label, c.variant, c.variant})
		}
	}
	return compare(a, b, matches)
}

// CompareModels pairs the cells of two models in one store by data set, horizon and setting. The names are labels of table
// columns; what is in parentheses may be left out where only one column is then meant. The name of a model
// and ChosenLabel is the form of it that validation chooses.
func CompareModels(records []Record, a, b string) (*Comparison, error) {
	records = onePerCell(records)
	choices := chooseForms(records)
	records = append(records, chosen(choices)...)
	columns := columnsOf(records, Options{})
	find := func(name string) (variant, error) {
		var all, found []string
		var meant variant
		for _, c := range columns {
			label := fmt.Sprintf("%q", c.label)
			if !strings.HasSuffix(c.label, " "+ChosenLabel) {
				all = append(all, label)
			}
			if c.label == name {
				return c.variant, nil
			}
			if c.name == name {
				found, meant = append(found, label), c.variant
			}
		}
		switch len(found) {
		case 0:
			return variant{}, fmt.Errorf("compare: %q: no such model; the columns are %s", name, strings.Join(all, ", "))
		case 1:
			return meant, nil
		}
		return variant{}, fmt.Errorf("compare: %q may mean any of several columns, name one of them: %s", name, strings.Join(found, ", "))
	}
	va, err := find(a)
	if err != nil {
		return nil, err
	}
	vb, err := find(b)
	if err != nil {
		return nil, err
	}
	c := compare(Side{a, records}, Side{b, records}, []match{{"", va, vb}})
	c.Notes = slices.Concat(c.Notes, choiceNotes(choices, va), choiceNotes(choices, vb))
	return c, nil
}

// match says which records of either side make a model's rows.
type match struct {
	label string
	a, b  variant
}

// pairing is the records of one row: those with a result, and a reason for having none.
type pairing struct {
	Pair
	order   int // of the model
	records [2][]Record
	reason  [2]string
}

func compare(a, b Side, matches []match) *Comparison {
	c := &Comparison{A: a.Name, B: b.Name, Rows: []Pair{}}
	several := len(suitesOf(a.Records)) > 1 || len(suitesOf(b.Records)) > 1
	rows := map[Pair]*pairing{}
	for order, m := range matches {
		for side, has := range []struct {
			variant
			records []Record
		}{{m.a, a.Records}, {m.b, b.Records}} {
			for _, r := range has.records {
				if !has.holds(r.Cell) {
					continue
				}
				key := Pair{Dataset: r.Cell.Dataset, Horizon: r.Cell.Horizon, Setting: r.Cell.Setting, Model: m.label}
				if several {
					key.Suite = r.Cell.Suite
				}
				p := rows[key]
				if p == nil {
					p = &pairing{Pair: key, order: order}
					rows[key] = p
				}
				if r.Status == OK {
					p.records[side] = append(p.records[side], r)
				} else {
					p.reason[side] = r.Status + ": " + shorten(r.Reason)
				}
			}
		}
	}
	var sorted []*pairing
	for _, p := range rows {
		sorted = append(sorted, p)
	}
	slices.SortFunc(sorted, func(p, q *pairing) int {
		return cmp.Or(cmp.Compare(p.Suite, q.Suite), compareNames(settingOrder, p.Setting, q.Setting),
			compareNames(datasetOrder, p.Dataset, q.Dataset), cmp.Compare(p.order, q.order), cmp.Compare(p.Horizon, q.Horizon))
	})
	var doubts grouped
	for _, p := range sorted {
		c.take(p, &doubts)
	}
	c.GeomeanMSE = geomean(c.Rows, func(p Pair) *Difference { return p.MSE })
	c.GeomeanMAE = geomean(c.Rows, func(p Pair) *Difference { return p.MAE })
	c.Notes = append(c.testNotes(), doubts.lines()...)
	return c
}

const noRecord = "has no record" // what a side says of a cell without one

// take enters p as a row, or as something that only one side has.
func (c *Comparison) take(p *pairing, doubts *grouped) {
	a, b := p.records[0], p.records[1]
	switch {
	case a == nil && b == nil:
		doubts.add("no result on either side", fmt.Sprintf("%s (A %s; B %s)", p.Pair, orNone(p.reason[0]), orNone(p.reason[1])))
		return
	case b == nil:
		c.OnlyA = append(c.OnlyA, fmt.Sprintf("%s (B %s)", p.Pair, orNone(p.reason[1])))
		return
	case a == nil:
		c.OnlyB = append(c.OnlyB, fmt.Sprintf("%s (A %s)", p.Pair, orNone(p.reason[0])))
		return
	}
	if a[0].Env.DataSHA256 != b[0].Env.DataSHA256 {
		doubts.add("not the same data on both sides", p.Dataset)
	}
	if a[0].Windows != b[0].Windows {
		doubts.add("not the same number of test windows on both sides", fmt.Sprintf("%s (A %d, B %d)", p.Pair, a[0].Windows, b[0].Windows))
	}
	p.MSE = compareMetric(a, b, func(r Record) *float64 { return r.MSE }, func(r Record) []float64 { return r.Blocks })
	p.MAE = compareMetric(a, b, func(r Record) *float64 { return r.MAE }, func(Record) []float64 { return nil })
	c.Rows = append(c.Rows, p.Pair)
}

func orNone(reason string) string {
	if reason == "" {
		return noRecord
	}
	return reason
}

// String names p's cell.
func (p Pair) String() string {
	words := []string{p.Suite, fmt.Sprintf("%s/%d", p.Dataset, p.Horizon), p.Setting, p.Model}
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), " ")
}

// compareMetric compares one metric of the OK records of a cell, or returns nil if a side has not measured it.
func compareMetric(a, b []Record, metric func(Record) *float64, blocks func(Record) []float64) *Difference {
	va, vb := valuesOf(a, metric), valuesOf(b, metric)
	if len(va) == 0 || len(vb) == 0 {
		return nil
	}
	d := &Difference{A: sample(va), B: sample(vb)}
	if change := 100 * (d.B.Mean - d.A.Mean) / d.A.Mean; !notFinite(change) {
		d.Percent = &change
	}
	var p optional
	if len(va) > 1 && len(vb) > 1 {
		p, d.Test = welch(va, vb), "welch"
	} else if a[0].Windows == b[0].Windows {
		p, d.Test = paired(meanBlocks(a, blocks), meanBlocks(b, blocks)), "paired"
	}
	if p.ok {
		d.P = &p.v
	} else {
		d.Test = ""
	}
	return d
}

func valuesOf(records []Record, metric func(Record) *float64) []float64 {
	var v []float64
	for _, r := range records {
		if m := metric(r); m != nil {
			v = append(v, *m)
		}
	}
	slices.Sort(v) // so that rounding does not depend on the order of the records
	return v
}

func sample(v []float64) Sample {
	mean, sd := meanSD(v, len(v))
	s := Sample{Mean: mean.v, N: len(v)}
	if sd.ok {
		s.SD = &sd.v
	}
	return s
}

// meanBlocks is the mean over the records of each block, or nil if they do not all have the same blocks.
func meanBlocks(records []Record, blocks func(Record) []float64) []float64 {
	mean := make([]float64, len(blocks(records[0])))
	for _, r := range records {
		b := blocks(r)
		if len(b) != len(mean) {
			return nil
		}
		for i := range b {
			mean[i] += b[i] / float64(len(records))
		}
	}
	return mean
}

// geomean is the geometric mean of the rows' ratios B/A, nil if there is none.
func geomean(rows []Pair, of func(Pair) *Difference) *float64 {
	var logs []float64
	for _, r := range rows {
		if d := of(r); d != nil && d.A.Mean > 0 && d.B.Mean > 0 {
			logs = append(logs, math.Log(d.B.Mean)-math.Log(d.A.Mean))
		}
	}
	if logs == nil {
		return nil
	}
	mean := math.Exp(stat.Mean(logs, nil))
	return &mean
}

// testNotes explains the tests that were made.
func (c *Comparison) testNotes() []string {
	made := map[string]int{}
	for _, r := range c.Rows {
		for _, d := range []*Difference{r.MSE, r.MAE} {
			if d != nil && d.P != nil {
				made[d.Test]++
			}
		}
	}
	var notes []string
	if made["welch"]+made["paired"] > 0 {
		notes = append(notes, fmt.Sprintf("~ is no significant difference at p < %v; p is not corrected for the number of rows", Significant))
	}
	if made["welch"] > 0 {
		notes = append(notes, "p is that of Welch's t test over seeds")
	}
	if made["paired"] > 0 {
		notes = append(notes, "p* is that of the paired t test over blocks of test windows, for want of seeds; neighbouring blocks overlap by up to the horizon, so p* is optimistic")
	}
	return notes
}
