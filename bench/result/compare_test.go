// Tests of comparisons: the t tests against known values, and what is compared with what.

package result

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"syscall"
	"testing"
)

func TestTTests(t *testing.T) {
	// Student, "The probable error of a mean", Biometrika 6 (1908): hours of sleep gained with two drugs, R's data set
	// "sleep". R's t.test(extra ~ group, data = sleep) prints p-value = 0.07939; with paired = TRUE it prints 0.002833.
	drug1 := []float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}
	drug2 := []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}
	// With two degrees of freedom the distribution has a closed form: p = 1 − t/√(2+t²).
	df2 := func(t float64) float64 { return 1 - t/math.Sqrt(2+t*t) }
	for _, c := range []struct {
		name      string
		test      func(a, b []float64) optional
		a, b      []float64
		p         float64
		tolerance float64
	}{
		{"welch, sleep", welch, drug1, drug2, 0.07939, 5e-6},
		{"paired, sleep", paired, drug1, drug2, 0.002833, 5e-7},
		// Variance 2 each, so t = 2/√(2/2+2/2) = √2 and df = (1+1)²/(1+1) = 2.
		{"welch, two and two", welch, []float64{1, 3}, []float64{3, 5}, df2(math.Sqrt2), 1e-12},
		// Differences 1, 2, 3: mean 2, variance 1, t = 2/√(1/3).
		{"paired, three", paired, []float64{1, 2, 3}, []float64{0, 0, 0}, df2(2 * math.Sqrt(3)), 1e-12},
		{"paired, the other way round", paired, []float64{0, 0, 0}, []float64{1, 2, 3}, df2(2 * math.Sqrt(3)), 1e-12},
		{"no difference at all in the mean", paired, []float64{1, 2}, []float64{2, 1}, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := c.test(c.a, c.b); !p.ok || math.Abs(p.v-c.p) > c.tolerance {
				t.Errorf("p = %v, want %v ± %v", p, c.p, c.tolerance)
			}
		})
	}
	for name, p := range map[string]optional{
		"welch, one value":        welch([]float64{1}, []float64{1, 2}),
		"welch, neither varies":   welch([]float64{1, 1}, []float64{2, 2}),
		"paired, one pair":        paired([]float64{1}, []float64{2}),
		"paired, constant":        paired([]float64{1, 2}, []float64{2, 3}),
		"paired, unequal lengths": paired([]float64{1, 2}, []float64{2, 3, 4}),
		"paired, no blocks":       paired(nil, nil),
		"paired, overflow":        paired([]float64{1e308, 1e308}, []float64{-1e308, -1e307}),
	} {
		if p.ok {
			t.Errorf("%s: p = %v, want none", name, p.v)
		}
	}
}

// The p of a t is the area under the tails of Student's density, here integrated by Simpson's rule. With x = √df·tan u
// the density becomes c·cos^(df−1) u, which is smooth on the whole range for df ≥ 2.
func TestTwoSidedAgainstTheIntegral(t *testing.T) {
	integral := func(x, df float64) float64 {
		const n = 20_000
		from := math.Atan(x / math.Sqrt(df))
		h := (math.Pi/2 - from) / n
		sum := math.Pow(math.Cos(from), df-1) // the other end is 0
		for i := 1; i < n; i++ {
			sum += float64(2+2*(i%2)) * math.Pow(math.Cos(from+float64(i)*h), df-1)
		}
		return 2 * math.Gamma((df+1)/2) / (math.Sqrt(math.Pi) * math.Gamma(df/2)) * sum * h / 3
	}
	for _, df := range []float64{2, 2.5, 3.7, 9, 17.776, 100} {
		for _, x := range []float64{0, 0.1, 1, 1.96, 4, 12} {
			// Simpson's error at df 2.5, the least smooth, is below 1e-7 with n steps.
			if p, want := twoSided(x, df), integral(x, df); !p.ok || math.Abs(p.v-want) > 1e-7 {
				t.Errorf("t %v, df %v: p = %v, integral %v", x, df, p, want)
			}
		}
	}
}

// blocky gives a record blocks; their mean is its MSE.
func blocky(blocks ...float64) func(*Record) {
	return func(r *Record) {
		r.Blocks, r.MSE = blocks, new(0.0)
		for _, b := range blocks {
			*r.MSE += b / float64(len(blocks))
		}
	}
}

// twoStores are two stores with all that can befall a pair of cells.
func twoStores() (a, b Side) {
	m := measured
	failed := func(r *Record) { r.Status, r.Reason = Failed, "loss not finite" }
	a = Side{"old.jsonl", []Record{
		m("CALF", "ETTh1", 96, 1, 0.40, 0.41, nil), m("CALF", "ETTh1", 96, 2, 0.42, 0.43, nil), // against three seeds: Welch
		m("OLS", "ETTh1", 96, 0, 0, 0.4, blocky(0.1, 0.2, 0.4)), // against one: paired
		m("Mean", "ETTh1", 96, 0, 0.8, 0.6, nil),                // no blocks: no test
		m("OLS", "Weather", 96, 0, 0.2, 0.3, func(r *Record) { r.Windows = 10444; blocky(0.1, 0.3)(r) }),
		m("Naive", "ETTh1", 96, 0, 0, 0, nil), // nothing to divide by
		m("Old", "ETTh1", 96, 0, 1, 1, nil),
		m("Broken", "ETTh1", 96, 0, 1, 1, nil),
		m("Lost", "ETTh1", 96, 0, 0, 0, failed),
	}}
	b = Side{"new.jsonl", []Record{
		m("New", "ETTh1", 96, 0, 1, 1, nil),
		m("Lost", "ETTh1", 96, 0, 0, 0, failed),
		m("Broken", "ETTh1", 96, 0, 0, 0, failed),
		m("Naive", "ETTh1", 96, 0, 0, 1, nil),
		m("OLS", "Weather", 96, 0, 0.2, 0.3, func(r *Record) { r.Windows = 10443; r.Env.DataSHA256 = "other"; blocky(0.2, 0.4)(r) }),
		m("Mean", "ETTh1", 96, 0, 0.6, 0.6, nil),
		m("OLS", "ETTh1", 96, 0, 0, 0.4, blocky(0.11, 0.22, 0.43)),
		m("CALF", "ETTh1", 96, 3, 0.30, 0.42, nil), m("CALF", "ETTh1", 96, 1, 0.31, 0.40, nil), m("CALF", "ETTh1", 96, 2, 0.32, 0.41, nil),
	}}
	return a, b
}

func TestCompare(t *testing.T) {
	c := Compare(twoStores())
	var got []string
	for _, r := range c.Rows {
		got = append(got, r.String()+": "+strings.Join(append(r.MSE.texts(), r.MAE.texts()...), "|"))
	}
	want := []string{
		// The deviation of .40 .42 is .02/√2, of .30 .31 .32 it is .01: t = .10/√(.0001+.0001/3) = 8.66 and
		// df = (4/3)²/(1+1/18) = 1.684; for the MAE t = .866. Integrating the density gives p = 0.0215 and 0.4921.
		"ETTh1/96 full CALF: 0.4100 ± 0.0141|0.3100 ± 0.0100|−24.39%|0.022|0.4200 ± 0.0141|0.4100 ± 0.0100|~|0.492",
		// Differences .01, .02, .03: as "paired, three" above, p = 1 − √12/√14 = 0.0742.
		"ETTh1/96 full OLS: 0.2333|0.2533|~|0.074*|0.4000|0.4000|+0.00%|",
		"ETTh1/96 full Mean: 0.8000|0.6000|−25.00%||0.6000|0.6000|+0.00%|",
		"ETTh1/96 full Naive: 0.0000|0.0000|||0.0000|1.0000||",
		"Weather/96 full OLS: 0.2000|0.3000|+50.00%||0.3000|0.3000|+0.00%|",
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("row %d:\n got %v\nwant %v", i, got[min(i, len(got)-1)], want[min(i, len(want)-1)])
		}
	}
	// Ratios of MSE: .31/.41, .2533…/.2333…, .6/.8, .3/.2; the row with a 0 does not count.
	if want := math.Pow(.31/.41*.76/.7*.75*1.5, 0.25); c.GeomeanMSE == nil || math.Abs(*c.GeomeanMSE-want) > 1e-12 {
		t.Errorf("geometric mean %v, want %v", *c.GeomeanMSE, want)
	}
	for _, l := range []struct {
		name string
		got  []string
		want []string
	}{
		{"only in A", c.OnlyA, []string{"ETTh1/96 full Old (B has no record)", "ETTh1/96 full Broken (B failed: loss not finite)"}},
		{"only in B", c.OnlyB, []string{"ETTh1/96 full New (A has no record)"}},
		{"notes", c.Notes[3:], []string{
			"no result on either side: ETTh1/96 full Lost (A failed: loss not finite; B failed: loss not finite)",
			"not the same data on both sides: Weather",
			"not the same number of test windows on both sides: Weather/96 full OLS (A 10444, B 10443)",
		}},
	} {
		if strings.Join(l.got, "\n") != strings.Join(l.want, "\n") {
			t.Errorf("%s: got %q, want %q", l.name, l.got, l.want)
		}
	}
}

func TestComparisonFormats(t *testing.T) {
	c := Compare(twoStores())
	for name, write := range map[string]func(io.Writer) error{"compare.txt": c.WriteConsole, "compare.md": c.WriteMarkdown, "compare.csv": c.WriteCSV, "compare.json": c.WriteJSON} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.Bytes())
		if err := write(fullDiskWriter{}); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: error %v, want that of the disk", name, err)
		}
		switch {
		case strings.HasSuffix(name, "csv"):
			if _, err := csv.NewReader(&b).ReadAll(); err != nil {
				t.Error(err)
			}
		case strings.HasSuffix(name, "json"):
			var back Comparison
			if err := json.Unmarshal(b.Bytes(), &back); err != nil || len(back.Rows) != len(c.Rows) || *back.Rows[0].MSE.P != *c.Rows[0].MSE.P {
				t.Errorf("parsed back: %v, %v", err, back)
			}
		}
	}
	// Of rows without a record five are named, of those that failed all.
	for i := range 20 {
		c.OnlyA = append(c.OnlyA, fmt.Sprintf("X/%d full M (B has no record)", i), fmt.Sprintf("X/%d full N (B failed: loss not finite)", i))
	}
	if text := strings.Join(c.remarks(), "\n"); strings.Count(text, "only in A: ") != 1+5+20+1 || !strings.Contains(text, "X/3 full M") ||
		strings.Contains(text, "X/4 full M") || !strings.Contains(text, "only in A: and 16 more rows") {
		t.Errorf("many rows on one side:\n%s", text)
	}
	var b bytes.Buffer
	if err := Compare(Side{Name: "x"}, Side{Name: "y"}).WriteConsole(&b); err != nil || !strings.Contains(b.String(), "no cell has a result on both sides") {
		t.Errorf("nothing against nothing: %q, %v", b.String(), err)
	}
}

func TestComparedCells(t *testing.T) {
	with := func(seed int64, mse float64, change func(*Cell)) Record {
		return measured("M", "X", 96, seed, mse, 1, func(r *Record) { change(&r.Cell) })
	}
	params := func(mse float64, p string) Record {
		return with(1, mse, func(c *Cell) { c.Params = json.RawMessage(p) })
	}
	suite := func(mse float64, s string) Record { return with(1, mse, func(c *Cell) { c.Suite = s }) }
	for _, c := range []struct {
		name string
		a, b []Record
		rows []string
	}{
		{"parameters changed between the stores", []Record{params(1, `{"a":1}`)}, []Record{params(2, `{"a":2}`)}, []string{"X/96 full M"}},
		{"variants within a store", []Record{params(1, `{"a":1}`), params(1, `{"a":2}`)}, []Record{params(2, `{"a":2}`)}, []string{"X/96 full M a=2"}},
		{"one suite each, of any name", []Record{suite(1, "long")}, []Record{suite(2, "mine")}, []string{"X/96 full M"}},
		{"several suites", []Record{suite(1, "long"), suite(1, "quick")}, []Record{suite(2, "quick"), suite(2, "long")}, []string{"long X/96 full M", "quick X/96 full M"}},
		{"settings", []Record{with(1, 1, func(c *Cell) { c.Setting = "10%" }), with(1, 1, func(*Cell) {})}, []Record{with(1, 1, func(*Cell) {}), with(1, 1, func(c *Cell) { c.Setting = "10%" })},
			[]string{"X/96 full M", "X/96 10% M"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var rows []string
			for _, r := range Compare(Side{"a", c.a}, Side{"b", c.b}).Rows {
				rows = append(rows, r.String())
			}
			if strings.Join(rows, "\n") != strings.Join(c.rows, "\n") {
				t.Errorf("rows %q, want %q", rows, c.rows)
			}
		})
	}
}

func TestCompareModels(t *testing.T) {
	m := measured
	feature := func(v string) func(*Record) {
		return func(r *Record) { r.Cell.Params = json.RawMessage(`{"feature":` + v + `}`) }
	}
	rs := []Record{
		m("OLS", "ETTh1", 96, 0, 0.4, 0.4, nil), m("OLS", "ETTh1", 192, 0, 0.5, 0.4, nil), m("Naive", "ETTh1", 96, 0, 0.8, 0.6, nil),
		m("CALF", "ETTh1", 96, 1, 0.3, 0.3, feature("1")), m("CALF", "ETTh1", 96, 1, 0.6, 0.3, feature("0.01")),
	}
	c, err := CompareModels(rs, "OLS", "Naive")
	if err != nil || len(c.Rows) != 1 || c.Rows[0].Model != "" || *c.Rows[0].MSE.Percent != 100 || len(c.OnlyA) != 1 {
		t.Errorf("OLS and Naive: %v, %v", c, err)
	}
	c, err = CompareModels(rs, "CALF feature=1", "CALF feature=0.01")
	if err != nil || len(c.Rows) != 1 || *c.Rows[0].MSE.Percent != 100 {
		t.Errorf("two variants: %v, %v", c, err)
	}
	label := func(backbone, variant string) func(*Record) {
		return func(r *Record) {
			r.Cell.Backbone, r.Cell.Variant = backbone, variant
			r.Fitted = map[string]float64{"val_mse": *r.MSE}
		}
	}
	tuned := []Record{
		m("CALF", "ETTh1", 96, 1, 0.6, 0.3, label("gpt2", "")), m("CALF", "ETTh1", 96, 1, 0.3, 0.3, label("gpt2", "tuned")), m("OLS", "ETTh1", 96, 0, 0.1, 0.1, nil),
	}
	c, err = CompareModels(tuned, "CALF", "CALF tuned")
	if err != nil || len(c.Rows) != 1 || *c.Rows[0].MSE.Percent != -50 {
		t.Errorf("a variant and the plain model, without the backbone that both have: %v, %v", c, err)
	}
	if _, err = CompareModels(tuned[1:], "CALF", "OLS"); err == nil {
		t.Error("CALF stands for its variant")
	}
	two := append(tuned, m("CALF", "ETTh1", 192, 1, 0.6, 0.3, label("none", "")))
	const either = `name one of them: "CALF (gpt2)", "CALF (none)"`
	if _, err = CompareModels(two, "CALF", "OLS"); err == nil || !strings.Contains(err.Error(), either) {
		t.Errorf("CALF on two backbones: error %v", err)
	}
	if _, err = CompareModels(two, "CALF chosen", "OLS"); err == nil || !strings.Contains(err.Error(), `"CALF (gpt2) chosen", "CALF (none) chosen"`) {
		t.Errorf("what is chosen of CALF on two backbones: error %v", err)
	}
	for _, bad := range [][2]string{{"OLS", "NAIVE"}, {"OLS", "CALF"}, {"", "OLS"}} {
		_, err := CompareModels(rs, bad[0], bad[1])
		if err == nil || !strings.Contains(err.Error(), `"OLS", "Naive", "CALF feature=1", "CALF feature=0.01"`) {
			t.Errorf("%q: error %v does not list the columns", bad, err)
		}
	}
}
