// Tests of tables: golden files for each format, and hand-computed numbers for what is in them.

package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// measured is an OK record of a model; change may be nil.
func measured(model, dataset string, horizon int, seed int64, mse, mae float64, change func(*Record)) Record {
	r := Record{
		Cell: Cell{Suite: "long", Dataset: dataset, Horizon: horizon, Lookback: 96, Setting: "full", Percent: 100,
			Model: model, Protocol: "standard", Seed: seed},
		Status: OK, MSE: &mse, MAE: &mae,
		Windows: 2881 - horizon, // ETTh1's test part: 2880 rows, each of which but the last H−1 begins a window
		Env:     Environment{DataSHA256: "f18de3ad269cef59", DataVerified: true},
	}
	if change != nil {
		change(&r)
	}
	if r.Status != OK {
		r.MSE, r.MAE, r.Windows = nil, nil, 0
	}
	return r.settled()
}

// paper is a table as one would print it: two data sets, a deterministic model, two with seeds and published numbers.
func paper() ([]Record, Options) {
	var rs []Record
	for d, dataset := range []string{"ETTm1", "ETTh1"} { // out of the table's order
		for h, horizon := range []int{720, 96, 192, 336} {
			base := 0.3 + 0.1*float64(d) + 0.02*float64(h)
			rs = append(rs, measured("OLS", dataset, horizon, 0, base, base+0.05, nil))
			for seed := range int64(3) {
				rs = append(rs,
					measured("PatchTST", dataset, horizon, 2021+seed, base+0.01*float64(h-1)+0.002*float64(seed), base+0.04, nil),
					measured("CALF", dataset, horizon, 2021+seed, base+0.005-0.001*float64(seed), base+0.05, func(r *Record) { r.Cell.Backbone = "gpt2" }))
			}
		}
	}
	return rs, Options{Models: []string{"CALF", "PatchTST"}, References: []string{"DLinear", "CALF", "NoSuchModel"}}
}

// corners is everything else that a table can meet.
func corners() ([]Record, Options) {
	file := func(r *Record) { r.Cell.DataSHA256 = strings.Repeat("c0ffee", 10) + "beef" }
	lost := func(status, reason string) func(*Record) {
		return func(r *Record) { r.Status, r.Reason = status, reason }
	}
	params := func(p string) func(*Record) { return func(r *Record) { r.Cell.Params = json.RawMessage(p) } }
	few := func(r *Record) { r.Cell.Setting, r.Cell.Percent = "10%", 10 }
	return []Record{
		measured("Oracle", "Synthetic", 96, 0, 0.1, 0.2, func(r *Record) { r.Env = Environment{} }),
		measured("OLS", "Synthetic", 96, 0, 0.1501, 0.25, func(r *Record) { r.Env = Environment{} }),
		measured("OLS", "Weather", 96, 0, 0.2, 0.25, func(r *Record) { r.Env.DataVerified = false }),
		measured("OLS", "Weather", 192, 0, 0, 0, lost(Failed, "singular\nmatrix")),
		measured("CALF", "Weather", 96, 1, 0.2001, 0.2, params(`{"feature":0.01,"lora":true}`)),
		measured("CALF", "Weather", 96, 2, 0.1999, 0.2, params(`{"feature":0.01,"lora":true}`)),
		measured("CALF", "Weather", 96, 3, 0, 0, func(r *Record) {
			params(`{"feature":0.01,"lora":true}`)(r)
			lost(Failed, "loss not finite in epoch 3")(r)
		}),
		measured("CALF", "Weather", 96, 1, 0.21, 0.22, params(`{"feature":1,"lora":true}`)),
		measured("CALF", "Weather", 192, 1, 0.3, 0.32, params(`{"feature":1,"lora":true}`)),
		measured("a_100%|*b* & #1 {x}", "Weather", 96, 0, 0.22, 0.23, func(r *Record) { r.Cell.External = true }),
		measured("SeasonalNaive", "Weather", 96, 0, 0.4, 0.4, func(r *Record) { r.Windows = 2000; params(`{"season":144}`)(r) }),
		measured("SeasonalNaive", "[mine].csv", 96, 0, 0.4, 0.4, func(r *Record) { file(r); params(`{"season":24}`)(r) }),
		measured("SeasonalNaive", "ETTh1->ETTm2", 96, 0, 0.5, 0.5, func(r *Record) { r.Cell.Setting = "zero" }),
		measured("OLS", "ETTh1", 96, 0, 0.5, 0.5, few),
		measured("Naive", "ETTh1", 96, 0, 0, 0, func(r *Record) { few(r); lost(Inapplicable, "it has nothing to train")(r) }),
		measured("Naive", "ETTh1", 96, 0, 1.25, 0.75, func(r *Record) { r.Cell.Suite = "quick" }),
	}, Options{Bounds: []string{"Oracle"}, References: []string{"PatchTST"}, Width: 100}
}

func TestGoldenTables(t *testing.T) {
	for name, build := range map[string]func() ([]Record, Options){"paper": paper, "corners": corners} {
		records, o := build()
		plain := BuildTable(records, o)
		o.Color = true
		color := BuildTable(records, o)
		for ext, write := range map[string]func(io.Writer) error{
			"txt": plain.WriteConsole, "color.txt": color.WriteConsole, "md": plain.WriteMarkdown, "tex": plain.WriteLaTeX, "html": plain.WriteHTML, "csv": plain.WriteCSV,
		} {
			t.Run(name+"."+ext, func(t *testing.T) {
				var got bytes.Buffer
				if err := write(&got); err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+ext, got.Bytes())
			})
		}
	}
}

// golden compares got with a file in testdata, or rewrites it under -update.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		line := func(l []string) string {
			if i < len(l) {
				return l[i]
			}
			return "(end of file)"
		}
		if line(g) != line(w) {
			t.Fatalf("%s:%d: differs (go test -update rewrites it)\n got %q\nwant %q", path, i+1, line(g), line(w))
		}
	}
}

// rowText is one row of a sheet, its text columns joined by bars, a best value in *, a second in _.
func rowText(r []text) string {
	var cells []string
	for _, c := range r {
		mark := []string{"", "*", "_"}[c.place]
		cells = append(cells, mark+c.s+mark+c.tail)
	}
	return strings.Join(cells, "|")
}

func TestTableRows(t *testing.T) {
	m := measured
	for _, c := range []struct {
		name    string
		records []Record
		opts    Options
		want    []string // rows as rowText has them
	}{
		{"averages", []Record{m("A", "X", 96, 0, 0.1, 0.2, nil), m("A", "X", 192, 0, 0.3, 0.6, nil)}, Options{},
			[]string{"X|96|2785|0.100|0.200", "|192|2689|0.300|0.600", "|Avg||0.200|0.400"}},
		{"one horizon has no average", []Record{m("A", "X", 96, 0, 0.1, 0.2, nil)}, Options{}, []string{"X|96|2785|0.100|0.200"}},
		{"a model that lacks a horizon has no average", []Record{m("A", "X", 96, 0, 1, 1, nil), m("A", "X", 192, 0, 3, 5, nil), m("B", "X", 96, 0, 2, 2, nil)}, Options{},
			[]string{"X|96|2785|*1.000*|*1.000*|_2.000_|_2.000_", "|192|2689|3.000|5.000||", "|Avg||2.000|3.000||", "1st|||1/1|1/1|0/1|0/1"}},
		{"an mae that one record lacks is not averaged over the others",
			[]Record{m("A", "X", 96, 1, 1, 1, nil), m("A", "X", 96, 2, 3, 0, func(r *Record) { r.MAE = nil })}, Options{},
			[]string{"X|96|2785|2.000 ± 1.414|"}},
		// 1, 2, 4: mean 7/3, variance ((4/3)²+(1/3)²+(5/3)²)/2 = 7/3.
		{"deviation over seeds", []Record{m("A", "X", 96, 1, 1, 5, nil), m("A", "X", 96, 2, 2, 5, nil), m("A", "X", 96, 3, 4, 5, nil)}, Options{},
			[]string{"X|96|2785|2.333 ± 1.528|5.000 ± 0.000"}},
		// Averages per seed are 2 and 4, with deviation √2; the deviations of the rows are not averaged.
		{"deviation of an average is that of the seeds' averages",
			[]Record{m("A", "X", 96, 1, 1, 1, nil), m("A", "X", 96, 2, 2, 1, nil), m("A", "X", 192, 1, 3, 1, nil), m("A", "X", 192, 2, 6, 1, nil)}, Options{},
			[]string{"X|96|2785|1.500 ± 0.707|1.000 ± 0.000", "|192|2689|4.500 ± 2.121|1.000 ± 0.000", "|Avg||3.000 ± 1.414|1.000 ± 0.000"}},
		{"no deviation of an average whose rows have other seeds",
			[]Record{m("A", "X", 96, 1, 1, 1, nil), m("A", "X", 96, 2, 2, 1, nil), m("A", "X", 192, 1, 3, 1, nil), m("A", "X", 192, 3, 6, 1, nil)}, Options{},
			[]string{"X|96|2785|1.500 ± 0.707|1.000 ± 0.000", "|192|2689|4.500 ± 2.121|1.000 ± 0.000", "|Avg||3.000|1.000"}},
		{"values printed alike share a place", []Record{m("A", "X", 96, 0, 0.1004, 1, nil), m("B", "X", 96, 0, 0.1001, 2, nil), m("C", "X", 96, 0, 0.1006, 3, nil)}, Options{},
			[]string{"X|96|2785|*0.100*|*1.000*|*0.100*|_2.000_|_0.101_|3.000", "1st|||1/1|1/1|1/1|0/1|0/1|0/1"}},
		{"a bound is not ranked", []Record{m("A", "X", 96, 0, 1, 1, nil), m("B", "X", 96, 0, 2, 2, nil), m("C", "X", 96, 0, 3, 3, nil)}, Options{Bounds: []string{"A"}},
			[]string{"X|96|2785|1.000|1.000|*2.000*|*2.000*|_3.000_|_3.000_", "1st|||||1/1|1/1|0/1|0/1"}},
		{"one model wins nothing", []Record{m("A", "X", 96, 0, 1, 1, nil)}, Options{}, []string{"X|96|2785|1.000|1.000"}},
		{"first places count rows that have a rival, and no averages",
			[]Record{m("A", "X", 96, 0, 1, 1, nil), m("B", "X", 96, 0, 2, 0.5, nil), m("A", "X", 192, 0, 1, 1, nil), m("B", "X", 192, 0, 2, 2, nil), m("A", "X", 336, 0, 1, 1, nil)}, Options{},
			[]string{"X|96|2785|*1.000*|_1.000_|_2.000_|*0.500*", "|192|2689|*1.000*|*1.000*|_2.000_|_2.000_", "|336|2545|1.000|1.000||", "|Avg||1.000|1.000||", "1st|||2/2|1/2|0/2|1/2"}},
		{"order of models: the caller's, then the records'",
			[]Record{m("A", "X", 96, 0, 1, 1, nil), m("B", "X", 96, 0, 2, 2, nil), m("C", "X", 96, 0, 3, 3, nil)}, Options{Models: []string{"C", "none", "B"}},
			[]string{"X|96|2785|3.000|3.000|_2.000_|_2.000_|*1.000*|*1.000*", "1st|||0/1|0/1|0/1|0/1|1/1|1/1"}},
		// iTransformer's Table 10 has DLinear on ETTh1/96 with 0.386/0.400.
		{"published beside", []Record{m("DLinear", "ETTh1", 96, 0, 0.38, 0.4, nil)}, Options{}, []string{"ETTh1|96|2785|0.380|0.400|0.386/0.400|−0.006/0.000"}},
		{"published stays when nothing was measured", []Record{m("DLinear", "ETTh1", 96, 0, 0, 0, func(r *Record) { r.Status, r.Reason = Failed, "x" })}, Options{},
			[]string{"ETTh1|96||||0.386/0.400|"}},
		{"published at another look-back is another experiment", []Record{m("DLinear", "ETTh1", 96, 0, 0.38, 0.4, func(r *Record) { r.Cell.Lookback = 336 })}, Options{References: []string{"PatchTST"}},
			[]string{"ETTh1|96|2785|0.380|0.400"}},
		{"a reference is never ranked", []Record{m("A", "ETTh1", 96, 0, 0.38, 0.4, nil), m("B", "ETTh1", 96, 0, 0.39, 0.41, nil)}, Options{References: []string{"CALF"}},
			// LLM-PS, Table 7, has CALF on ETTh1/96 with 0.369/0.389, and CALF's Table 5 no ETTh1.
			[]string{"ETTh1|96|2785|*0.380*|*0.400*|_0.390_|_0.410_|0.369|0.389", "1st|||1/1|1/1|0/1|0/1||"}},
		{"a reference that was measured is no reference", []Record{m("CALF", "ETTh1", 96, 0, 0.38, 0.4, nil)}, Options{References: []string{"CALF"}},
			[]string{"ETTh1|96|2785|0.380|0.400|0.369/0.389|+0.011/+0.011"}},
		// Of the horizons shown, not of the paper's four: (0.386+0.437+0.481)/3, (0.400+0.432+0.459)/3.
		{"published average over the horizons shown", []Record{m("DLinear", "ETTh1", 96, 0, 0.3, 0.3, nil), m("DLinear", "ETTh1", 192, 0, 0.5, 0.5, nil), m("DLinear", "ETTh1", 336, 0, 0.5, 0.5, nil)}, Options{},
			[]string{"ETTh1|96|2785|0.300|0.300|0.386/0.400|−0.086/−0.100", "|192|2689|0.500|0.500|0.437/0.432|+0.063/+0.068",
				"|336|2545|0.500|0.500|0.481/0.459|+0.019/+0.041", "|Avg||0.433|0.433|0.435/0.430|−0.001/+0.003"}},
		{"ok stays, whatever came later", []Record{m("A", "X", 96, 0, 1, 1, nil), m("A", "X", 96, 0, 0, 0, func(r *Record) { r.Status, r.Reason = Failed, "x" })}, Options{},
			[]string{"X|96|2785|1.000|1.000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := BuildTable(c.records, c.opts)
			if len(tb.blocks) != 1 {
				t.Fatalf("%d blocks, want 1", len(tb.blocks))
			}
			s := tb.blocks[0].sheet()
			for i := range max(len(s.rows), len(c.want)) {
				got, want := "(none)", "(none)"
				if i < len(s.rows) {
					got = rowText(s.rows[i])
				}
				if i < len(c.want) {
					want = c.want[i]
				}
				if got != want {
					t.Errorf("row %d:\n got %s\nwant %s", i, got, want)
				}
			}
		})
	}
}

func TestTableColumns(t *testing.T) {
	with := func(horizon int, change func(*Cell)) Record {
		return measured("M", "X", horizon, 1, 1, 1, func(r *Record) { change(&r.Cell) })
	}
	params := func(horizon int, p string) Record {
		return with(horizon, func(c *Cell) { c.Params = json.RawMessage(p) })
	}
	for _, c := range []struct {
		name    string
		records []Record
		labels  []string // of the columns
		names   []string // in CSV
	}{
		{"parameters that differ between rows only", []Record{params(96, `{"a":1}`), params(192, `{"a":2}`)}, []string{"M"}, []string{"M"}},
		{"parameters that differ within a row", []Record{params(96, `{"a":1,"b":true}`), params(96, `{"a":2,"b":true}`), params(192, `{"a":2,"b":true}`)},
			[]string{"M a=1", "M a=2"}, []string{"M a=1", "M a=2"}},
		{"defaults and one change", []Record{params(96, ``), params(96, `{"norm":"none"}`)}, []string{"M", "M norm=none"}, []string{"M", "M norm=none"}},
		{"parameters that are no object", []Record{params(96, `1`), params(96, `[2]`)}, []string{"M params=1", "M params=[2]"}, []string{"M params=1", "M params=[2]"}},
		{"backbone and protocol have columns of their own in CSV", []Record{
			with(96, func(c *Cell) { c.Backbone = "gpt2" }), with(96, func(c *Cell) { c.Backbone = "none"; c.Protocol = "calf-official" })},
			[]string{"M (gpt2) standard", "M (none) calf-official"}, []string{"M", "M"}},
		{"one backbone is named too", []Record{with(96, func(c *Cell) { c.Backbone = "gpt2" })}, []string{"M (gpt2)"}, []string{"M"}},
		{"backbones of different rows share no column", []Record{with(96, func(c *Cell) { c.Backbone = "gpt2" }), with(192, func(c *Cell) { c.Backbone = "random" })},
			[]string{"M (gpt2)", "M (random)"}, []string{"M", "M"}},
		{"a suite's label stands for params and recipe", []Record{
			with(96, func(c *Cell) {}),
			with(96, func(c *Cell) { c.Variant, c.Params = "no LoRA", json.RawMessage(`{"lora":false}`) }),
			with(192, func(c *Cell) { c.Variant, c.Recipe = "no LoRA", json.RawMessage(`{"lr":1}`) })},
			[]string{"M", "M no LoRA"}, []string{"M", "M no LoRA"}},
		{"a label and its backbones", []Record{with(96, func(c *Cell) { c.Variant, c.Backbone = "no LoRA", "gpt2" }), with(96, func(c *Cell) { c.Variant, c.Backbone = "no LoRA", "none" })},
			[]string{"M (gpt2) no LoRA", "M (none) no LoRA"}, []string{"M no LoRA", "M no LoRA"}},
		{"channels in another order", []Record{with(96, func(c *Cell) {}), with(192, func(c *Cell) { c.ChannelsSeed = 3 })},
			[]string{"M", "M channels shuffled by 3"}, []string{"M", "M channels shuffled by 3"}},
		{"recipes, by the head of their hash", []Record{with(96, func(c *Cell) {}), with(96, func(c *Cell) { c.Recipe = json.RawMessage(`{"lr":1e-3}`) })},
			[]string{"M", "M recipe " + sum([]byte(`{"lr":0.001}`))[:6]}, []string{"M", "M recipe " + sum([]byte(`{"lr":0.001}`))[:6]}},
		{"look-back", []Record{with(96, func(c *Cell) {}), with(96, func(c *Cell) { c.Lookback = 336 })}, []string{"M L=96", "M L=336"}, []string{"M L=96", "M L=336"}},
		{"data files", []Record{with(96, func(c *Cell) { c.DataSHA256 = "0123456789" }), with(96, func(c *Cell) { c.DataSHA256 = "abc" })},
			[]string{"M data 01234567", "M data abc"}, []string{"M data 01234567", "M data abc"}},
		{"external beside ours", []Record{with(96, func(c *Cell) {}), with(96, func(c *Cell) { c.External = true })}, []string{"M", "M external‡"}, []string{"M", "M external"}},
		{"external alone", []Record{with(96, func(c *Cell) { c.External = true })}, []string{"M‡"}, []string{"M"}},
		{"seeds share a column", []Record{with(96, func(c *Cell) {}), with(96, func(c *Cell) { c.Seed = 2 })}, []string{"M"}, []string{"M"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var labels, names []string
			for _, col := range BuildTable(c.records, Options{}).blocks[0].columns {
				labels, names = append(labels, col.label), append(names, col.name)
			}
			if fmt.Sprint(labels) != fmt.Sprint(c.labels) || fmt.Sprint(names) != fmt.Sprint(c.names) {
				t.Errorf("labels %q, names %q; want %q, %q", labels, names, c.labels, c.names)
			}
		})
	}
}

// What is published is the model, not what a suite calls a variant of it.
func TestVariantsHaveNoPublishedNumbers(t *testing.T) {
	variant := func(r *Record) { r.Cell.Variant = "no LoRA" }
	table := BuildTable([]Record{measured("CALF", "ETTh1", 96, 1, 0.5, 0.5, nil), measured("CALF", "ETTh1", 96, 1, 0.4, 0.4, variant)}, Options{})
	columns := table.blocks[0].columns
	if len(columns) != 2 || !columns[0].published || columns[1].published {
		t.Errorf("columns %+v", columns)
	}
}

// Models of another suite stand in the rows that a suite has, in a column of their own that a note explains.
func TestBesideAnotherSuite(t *testing.T) {
	other := func(model string, horizon int, change func(*Record)) Record {
		return measured(model, "ETTh1", horizon, 1, 0.2, 0.3, func(r *Record) {
			r.Cell.Suite = "baselines"
			if change != nil {
				change(r)
			}
		})
	}
	own := []Record{measured("CALF", "ETTh1", 96, 1, 0.4, 0.4, nil), measured("CALF", "ETTh1", 192, 1, 0.4, 0.4, nil), measured("DLinear", "ETTh1", 192, 1, 0.4, 0.4, nil)}
	stranger := func(change func(*Record)) Record { return other("RLinear", 96, change) }
	others := []Record{
		other("PatchTST", 96, nil), other("PatchTST", 336, nil), // no row of 336
		other("CALF", 96, nil), // a result of the suite's own
		other("CALF", 96, func(r *Record) { r.Cell.Variant = "tuned" }),
		other("DLinear", 96, nil), // a row that the suite's own column lacks
		stranger(func(r *Record) { r.Cell.Setting, r.Cell.Percent = "10%", 10 }),
		stranger(func(r *Record) { r.Cell.Lookback = 336 }),
		stranger(func(r *Record) { r.Cell.Protocol = "calf-official" }),
		stranger(func(r *Record) { r.Cell.DataSHA256 = "c0ffee" }),
		stranger(func(r *Record) { r.Cell.ChannelsSeed = 7 }),
	}
	b := BuildTable(own, Options{Beside: others, References: []string{"PatchTST"}}).blocks[0]
	var labels []string
	for _, c := range b.columns {
		labels = append(labels, c.label)
	}
	if got := strings.Join(labels, ", "); got != "CALF, CALF tuned, DLinear, PatchTST" {
		t.Fatalf("columns %s", got)
	}
	if len(b.rows) != 3 { // two horizons and their average
		t.Errorf("%d rows, want those of the suite", len(b.rows))
	}
	for i, want := range [][]float64{{0.4, 0.2, 0.2, 0.2}, {0.4, 0, 0.4, 0}} { // 0: no result
		for j, e := range b.rows[i].entries {
			if mean := e.scores[0].mean; mean.v != want[j] || mean.ok != (want[j] != 0) {
				t.Errorf("row %d, %s: MSE %v, want %v", i, labels[j], mean, want[j])
			}
		}
		if !b.rows[i].entries[3].scores[0].published.ok {
			t.Errorf("row %d of PatchTST has no published number", i)
		}
	}
	if notes := strings.Join(b.notes, "\n"); !strings.Contains(notes, "run by suite baselines: PatchTST, CALF tuned, DLinear on ETTh1/96") {
		t.Errorf("no note says who ran what:\n%s", notes)
	}
}

// Footnotes say what a protocol of public code does, and of which models the order of the channels matters.
func TestNotesOnProtocolAndOrder(t *testing.T) {
	table := BuildTable([]Record{
		measured("CALF", "ETTh1", 96, 1, 0.5, 0.5, func(r *Record) { r.Cell.Protocol = "calf-official" }),
		measured("CALF", "ETTh1", 96, 1, 0.5, 0.5, func(r *Record) { r.Cell.ChannelsSeed = 3 }),
		measured("OLS", "ETTh1", 96, 0, 0.5, 0.5, nil),
	}, Options{Ordered: []string{"CALF"}})
	notes := strings.Join(table.blocks[0].notes, "\n")
	for _, want := range []string{
		"protocol calf-official, as the public code of CALF trains: training and validation drop their last batch, validation leaves the backbone's dropout on: CALF calf-official",
		"protocol standard: CALF standard channels shuffled by 3, OLS",
		"each channel sees those before it, in the file's order; another order gives other numbers: CALF calf-official\n",
		"each channel sees those before it, in an order drawn from seed 3; another order gives other numbers: CALF standard channels shuffled by 3\n",
	} {
		if !strings.Contains(notes+"\n", want) {
			t.Errorf("no %q in\n%s", want, notes)
		}
	}
}

func TestBlocksAreInOrder(t *testing.T) {
	var rs []Record
	for _, where := range [][2]string{{"few", "5%"}, {"few", "10%"}, {"long", "full"}, {"few", "full"}, {"few", "zero"}} {
		rs = append(rs, measured("A", "X", 96, 0, 1, 1, func(r *Record) { r.Cell.Suite, r.Cell.Setting = where[0], where[1] }))
	}
	var got []string
	for _, b := range BuildTable(rs, Options{}).blocks {
		got = append(got, b.suite+" "+b.setting)
	}
	if want := "[few full few 10% few 5% few zero long full]"; fmt.Sprint(got) != want {
		t.Errorf("blocks %v, want %s", got, want)
	}
}

func TestNoRecordsMakeAnEmptyTable(t *testing.T) {
	tb := BuildTable(nil, Options{References: []string{"CALF"}})
	var b bytes.Buffer
	for _, write := range []func(io.Writer) error{tb.WriteConsole, tb.WriteMarkdown} {
		if err := write(&b); err != nil || b.Len() != 0 {
			t.Errorf("%q, %v", b.String(), err)
		}
	}
}

func TestWritingToAFullDisk(t *testing.T) {
	tb := BuildTable(corners())
	for name, write := range map[string]func(io.Writer) error{"console": tb.WriteConsole, "markdown": tb.WriteMarkdown, "latex": tb.WriteLaTeX, "html": tb.WriteHTML, "csv": tb.WriteCSV} {
		if err := write(fullDiskWriter{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: error %v, want that of the disk", name, err)
		}
	}
}

type fullDiskWriter struct{}

func (fullDiskWriter) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// The size of the field's largest tables: seven data sets, four horizons, thirty models, five seeds.
func BenchmarkTable(b *testing.B) {
	var rs []Record
	for _, dataset := range datasetOrder[:7] {
		for _, horizon := range standardHorizons {
			for model := range 30 {
				for seed := range int64(5) {
					rs = append(rs, measured(fmt.Sprint("M", model), dataset, horizon, seed+1, 0.3, 0.4, nil))
				}
			}
		}
	}
	for b.Loop() {
		if err := BuildTable(rs, Options{}).WriteMarkdown(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}
