// Tables as the papers print them: a row per data set and horizon, a column per model. This file computes what is in
// them; layout.go lays it out as text, and console.go, markdown.go, latex.go and csv.go write one format each.

package result

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/stat"
)

// Options says how a table is built and drawn.
type Options struct {
	Models     []string // order of the models; those not named follow in the order in which they first appear
	References []string // models to show by their published numbers alone; never ranked
	Beside     []Record // of other suites, to stand in the tables of errors as Beside says
	Bounds     []string // models that do not compete, such as an oracle; shown, never ranked
	Ordered    []string // models that read the channels in their order; a footnote says so

	Width int  // of the console, in characters; 0 for no limit
	Color bool // whether the console knows bold and underlined
}

// Table is what a set of records says, ready to be written. Each suite and each setting is a block of its own.
type Table struct {
	blocks []*block
	opts   Options
}

// block is the table of one suite and setting.
type block struct {
	suite, setting string
	columns        []column
	rows           []row
	marked         bool     // whether anything is best or second
	firsts         []firsts // of every column
	notes          []string

	records   []Record
	lookbacks []string // that occur in records
}

// firsts are a column's first places, by metric, and the rows of a horizon in which it has a rival.
type firsts struct{ won, of [2]int }

// column is a model, or one of its variants.
type column struct {
	variant
	label     string // the model, and what tells this column from its others
	name      string // label for CSV, where backbone and protocol have columns of their own
	labelled  bool   // by a suite: not the model as it was published
	reference bool   // published numbers only
	bound     bool
	external  bool // predictions made elsewhere
	published bool // there are published numbers beside the measured ones
}

func (c column) ranked() bool { return !c.reference && !c.bound }

// row is one horizon of a data set, or the average over the horizons.
type row struct {
	dataset string
	horizon int // 0 is the average
	windows int // test windows; 0 on the average
	entries []entry
}

// entry is what one column has in one row.
type entry struct {
	records            []Record // of every status, by seed
	backbone, protocol string
	seeds, windows     int
	scores             [2]score // MSE and MAE
}

var metricNames = [2]string{"MSE", "MAE"}

// score is one metric, measured and published.
type score struct {
	mean, sd, published optional
	place               int // 1 best, 2 second, 0 neither or not ranked
}

// optional is a number that may be absent.
type optional struct {
	v  float64
	ok bool
}

func some(v float64) optional { return optional{v, true} }

// BuildTable computes the table of records as stores return them. Where a cell has several, from several stores, Store's
// rule picks one: the OK one if there is one, else the latest.
func BuildTable(records []Record, o Options) *Table {
	t := &Table{opts: o}
	records = onePerCell(records)
	for _, r := range records {
		i := slices.IndexFunc(t.blocks, func(b *block) bool { return b.suite == r.Cell.Suite && b.setting == r.Cell.Setting })
		if i < 0 {
			i = len(t.blocks)
			t.blocks = append(t.blocks, &block{suite: r.Cell.Suite, setting: r.Cell.Setting})
		}
		t.blocks[i].records = append(t.blocks[i].records, r)
	}
	suites := suitesOf(records)
	slices.SortStableFunc(t.blocks, func(a, b *block) int {
		return cmp.Or(cmp.Compare(slices.Index(suites, a.suite), slices.Index(suites, b.suite)), compareNames(settingOrder, a.setting, b.setting))
	})
	others := onePerCell(o.Beside)
	for _, b := range t.blocks {
		b.records = append(b.records, Beside(b.records, others)...)
		b.build(o)
	}
	return t
}

func (b *block) build(o Options) {
	for _, r := range b.records {
		b.lookbacks = appendNew(b.lookbacks, strconv.Itoa(r.Cell.Lookback))
	}
	b.columns = columnsOf(b.records, o)
	b.addReferences(o.References)
	b.addRows()
	b.addAverages()
	for i := range b.columns {
		c := &b.columns[i]
		c.published = !c.reference && slices.ContainsFunc(b.rows, func(r row) bool { return r.entries[i].scores[0].published.ok })
	}
	b.rank()
	b.notes = b.footnotes(o)
}

// addReferences adds a column for each model that is not measured and for which somebody printed a number.
func (b *block) addReferences(models []string) {
	for _, m := range models {
		measured := slices.ContainsFunc(b.columns, func(c column) bool { return c.model == m })
		if !measured && slices.ContainsFunc(b.records, func(r Record) bool {
			_, ok := publishedFor(r.Cell, m)
			return ok
		}) {
			b.columns = append(b.columns, column{variant: variant{model: m}, label: m + "†", name: m, reference: true})
		}
	}
}

// publishedFor returns the published MSE and MAE of a model for the row that the cell is in.
func publishedFor(c Cell, model string) (v [2]optional, ok bool) {
	if c.Lookback != publishedLookback {
		return v, false
	}
	mse, mae, _, ok := Published(c.Dataset, c.Horizon, c.Setting, model)
	return [2]optional{{mse, ok}, {mae, ok}}, ok
}

func (b *block) addRows() {
	for _, r := range b.records {
		c := r.Cell
		i := slices.IndexFunc(b.rows, func(w row) bool { return w.dataset == c.Dataset && w.horizon == c.Horizon })
		if i < 0 {
			i = len(b.rows)
			b.rows = append(b.rows, row{dataset: c.Dataset, horizon: c.Horizon, entries: make([]entry, len(b.columns))})
		}
		w := &b.rows[i]
		w.windows = max(w.windows, r.Windows)
		e := &w.entries[slices.IndexFunc(b.columns, func(col column) bool { return col.holds(c) })]
		e.records = append(e.records, r)
		for i, col := range b.columns {
			if v, ok := publishedFor(c, col.model); ok && !col.labelled {
				for m := range v {
					w.entries[i].scores[m].published = v[m]
				}
			}
		}
	}
	slices.SortFunc(b.rows, func(v, w row) int {
		return cmp.Or(compareNames(datasetOrder, v.dataset, w.dataset), cmp.Compare(v.horizon, w.horizon))
	})
	for _, w := range b.rows {
		for i := range w.entries {
			w.entries[i].sum()
		}
	}
}

// sum computes the entry of its records: mean and standard deviation (n−1) over the seeds that are OK.
func (e *entry) sum() {
	slices.SortStableFunc(e.records, func(a, b Record) int { return cmp.Compare(a.Cell.Seed, b.Cell.Seed) })
	var values [2][]float64
	for _, r := range e.records {
		e.backbone, e.protocol = r.Cell.Backbone, r.Cell.Protocol
		if r.Status != OK {
			continue
		}
		if e.seeds++; e.seeds == 1 || r.Windows < e.windows {
			e.windows = r.Windows
		}
		for m, v := range []*float64{r.MSE, r.MAE} {
			if v != nil {
				values[m] = append(values[m], *v)
			}
		}
	}
	for m, v := range values {
		e.scores[m].mean, e.scores[m].sd = meanSD(v, e.seeds)
	}
}

// meanSD is the mean of n values, if they are all there, and their standard deviation, if there are several.
func meanSD(v []float64, n int) (mean, sd optional) {
	if n == 0 || len(v) < n {
		return
	}
	m, s := stat.MeanStdDev(v, nil)
	return some(m), optional{s, n > 1}
}

// addAverages puts a row with the average over the horizons behind the rows of each data set that has several.
func (b *block) addAverages() {
	var all []row
	for rest := b.rows; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].dataset == rest[0].dataset {
			n++
		}
		all = append(all, rest[:n]...)
		if n > 1 {
			avg := row{dataset: rest[0].dataset, entries: make([]entry, len(b.columns))}
			for i, c := range b.columns {
				avg.entries[i] = b.average(rest[:n], i, c.model)
			}
			all = append(all, avg)
		}
		rest = rest[n:]
	}
	b.rows = all
}

// average is column i's average over rows. A metric that any row lacks has none.
func (b *block) average(rows []row, i int, model string) entry {
	var avg entry
	horizons := make([]int, len(rows))
	for j, w := range rows {
		horizons[j] = w.horizon
	}
	for m := range avg.scores {
		s := &avg.scores[m]
		s.mean = meanOf(rows, func(w row) optional { return w.entries[i].scores[m].mean })
		s.published = meanOf(rows, func(w row) optional { return w.entries[i].scores[m].published })
		if s.mean.ok {
			avg.seeds, s.sd = seedwise(rows, i, m)
		}
		if s.published.ok || b.columns[i].reference {
			// The printed average is nearer the truth than the mean of rounded rows, where it is one of the same rows.
			if v, ok := publishedFor(Cell{Dataset: rows[0].dataset, Setting: b.setting, Lookback: publishedLookback}, model); ok &&
				slices.Equal(horizons, standardHorizons) && slices.Equal(b.lookbacks, []string{strconv.Itoa(publishedLookback)}) {
				s.published = v[m]
			}
		}
	}
	return avg
}

func meanOf(rows []row, of func(row) optional) optional {
	sum := 0.0
	for _, w := range rows {
		v := of(w)
		if !v.ok {
			return optional{}
		}
		sum += v.v
	}
	return some(sum / float64(len(rows)))
}

// seedwise returns the number of seeds and the standard deviation over them of column i's average over rows, if every
// row has the same seeds.
func seedwise(rows []row, i, metric int) (seeds int, sd optional) {
	sums := map[int64]float64{}
	for j, w := range rows {
		n := 0
		for _, r := range w.entries[i].records {
			if r.Status != OK {
				continue
			}
			if _, known := sums[r.Cell.Seed]; !known && j > 0 {
				return 0, optional{}
			}
			sums[r.Cell.Seed] += *[]*float64{r.MSE, r.MAE}[metric]
			n++
		}
		if n != len(sums) {
			return 0, optional{}
		}
	}
	var averages []float64
	for _, s := range sums {
		averages = append(averages, s/float64(len(rows)))
	}
	slices.Sort(averages) // so that rounding does not depend on the map's order
	_, sd = meanSD(averages, len(averages))
	return len(averages), sd
}

var (
	datasetOrder = []string{"ETTh1", "ETTh2", "ETTm1", "ETTm2", "Weather", "Electricity", "Traffic", "Synthetic"}
	settingOrder = []string{"full", "10%", "5%", "zero"}
)

// compareNames orders names as in the list order, then alphabetically; of "A->B", A counts first.
func compareNames(order []string, a, b string) int {
	rank := func(s string) int {
		if i := slices.Index(order, s); i >= 0 {
			return i
		}
		return len(order)
	}
	a1, a2, _ := strings.Cut(a, "->")
	b1, b2, _ := strings.Cut(b, "->")
	return cmp.Or(cmp.Compare(rank(a1), rank(b1)), cmp.Compare(a1, b1), cmp.Compare(rank(a2), rank(b2)), cmp.Compare(a2, b2))
}

// onePerCell picks the record of each cell by Store's rule.
func onePerCell(records []Record) []Record {
	var x index
	for _, r := range records {
		x.add(r)
	}
	return x.recs
}

func appendNew[T comparable](list []T, s T) []T {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
