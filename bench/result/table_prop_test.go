// Properties that any table has, whatever the records.

package result

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawRecords draws a grid of models × data sets × horizons × seeds with holes and failures.
func drawRecords(t *rapid.T) []Record {
	var rs []Record
	value := rapid.Float64Range(0, 2)
	models := rapid.IntRange(1, 5).Draw(t, "models")
	for _, dataset := range []string{"ETTh1", "X"}[:rapid.IntRange(1, 2).Draw(t, "data sets")] {
		for _, horizon := range []int{96, 192, 336, 720}[:rapid.IntRange(1, 4).Draw(t, "horizons")] {
			for m := range models {
				for seed := range rapid.Int64Range(1, 3).Draw(t, "seeds") {
					fate := rapid.IntRange(0, 9).Draw(t, "fate")
					if fate == 0 {
						continue // a hole
					}
					rs = append(rs, measured(fmt.Sprint("M", m), dataset, horizon, seed+1, value.Draw(t, "mse"), value.Draw(t, "mae"), func(r *Record) {
						if fate == 1 {
							r.Status, r.Reason = Failed, "drawn"
						}
					}))
				}
			}
		}
	}
	return rapid.Permutation(rs).Draw(t, "order")
}

// mean is the plain mean over the OK records that match; ok is whether there is any.
func mean(rs []Record, model, dataset string, horizon int, of func(Record) *float64) (m float64, ok bool) {
	n := 0
	for _, r := range rs {
		if r.Status == OK && r.Cell.Model == model && r.Cell.Dataset == dataset && r.Cell.Horizon == horizon {
			m += *of(r)
			n++
		}
	}
	return m / float64(n), n > 0
}

var metricsOf = [2]func(Record) *float64{func(r Record) *float64 { return r.MSE }, func(r Record) *float64 { return r.MAE }}

// near allows for another order of summation of at most a dozen values below 2.
func near(a, b float64) bool { return math.Abs(a-b) < 1e-13 }

func TestTableProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := drawRecords(t)
		for _, b := range BuildTable(rs, Options{}).blocks {
			horizons := map[string][]int{}
			for _, w := range b.rows {
				if w.horizon != 0 {
					horizons[w.dataset] = append(horizons[w.dataset], w.horizon)
				}
			}
			for _, w := range b.rows {
				for m := range metricNames {
					low, values := math.Inf(1), 0
					for i, c := range b.columns {
						want, ok := mean(rs, c.model, w.dataset, w.horizon, metricsOf[m])
						if w.horizon == 0 { // the average: of all horizons or of none
							want, ok = 0, true
							for _, h := range horizons[w.dataset] {
								v, there := mean(rs, c.model, w.dataset, h, metricsOf[m])
								want, ok = want+v/float64(len(horizons[w.dataset])), ok && there
							}
						}
						s := w.entries[i].scores[m]
						if s.mean.ok != ok || ok && !near(s.mean.v, want) {
							t.Fatalf("%s/%d %s %s: %v, want %v (present: %v)", w.dataset, w.horizon, c.model, metricNames[m], s.mean, want, ok)
						}
						if ok {
							low, values = min(low, printed(want)), values+1
						}
					}
					var first, second []float64
					for i := range b.columns {
						s := w.entries[i].scores[m]
						switch s.place {
						case 1:
							first = append(first, printed(s.mean.v))
						case 2:
							second = append(second, printed(s.mean.v))
						}
					}
					if (len(first) > 0) != (values > 1) {
						t.Fatalf("%s/%d: %d best of %d values", w.dataset, w.horizon, len(first), values)
					}
					for _, v := range first {
						if v != low {
							t.Fatalf("%s/%d: %v is best, the least is %v", w.dataset, w.horizon, v, low)
						}
					}
					for _, v := range second {
						if v <= low || v != second[0] {
							t.Fatalf("%s/%d: %v is second, the least is %v", w.dataset, w.horizon, second, low)
						}
					}
				}
			}
		}
	})
}

// What the CSV says is what the records say.
func TestCSVParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rs := drawRecords(t)
		var b bytes.Buffer
		if err := BuildTable(rs, Options{}).WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(rows[0], ","); got != "suite,dataset,horizon,setting,model,backbone,protocol,seeds,windows,mse,mse_sd,mae,mae_sd,published_mse,published_mae" {
			t.Fatalf("header %s", got)
		}
		cells := map[string]bool{}
		for _, r := range rs {
			cells[fmt.Sprint(r.Cell.Dataset, r.Cell.Horizon, r.Cell.Model)] = true
		}
		if len(rows)-1 != len(cells) {
			t.Fatalf("%d rows for %d cells", len(rows)-1, len(cells))
		}
		for _, row := range rows[1:] {
			horizon, err := strconv.Atoi(row[2])
			if err != nil {
				t.Fatal(err)
			}
			seeds := 0
			for _, r := range rs {
				if r.Status == OK && r.Cell.Dataset == row[1] && r.Cell.Horizon == horizon && r.Cell.Model == row[4] {
					seeds++
				}
			}
			if row[7] != count(seeds) {
				t.Fatalf("%v: %s seeds, want %d", row, row[7], seeds)
			}
			for m, at := range []int{9, 11} {
				want, ok := mean(rs, row[4], row[1], horizon, metricsOf[m])
				if !ok {
					if strings.Join(row[7:13], "") != "" {
						t.Fatalf("%v: a cell without a result has numbers", row)
					}
					continue
				}
				got, err := strconv.ParseFloat(row[at], 64)
				if err != nil || math.Abs(got-want) > 0.5000001e-6 || len(row[at])-strings.Index(row[at], ".") != 7 {
					t.Fatalf("%v: %s is %q, want %v to six digits", row, metricNames[m], row[at], want)
				}
				if (row[at+1] != "") != (seeds > 1) {
					t.Fatalf("%v: deviation %q of %d seeds", row, row[at+1], seeds)
				}
			}
		}
	})
}

// Bold in Markdown is the least number of its row.
func TestMarkdownBoldIsTheLeast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b bytes.Buffer
		if err := BuildTable(drawRecords(t), Options{}).WriteMarkdown(&b); err != nil {
			t.Fatal(err)
		}
		for l := range strings.Lines(b.String()) {
			cells := strings.Split(l, "|")
			if !strings.Contains(l, "**") {
				continue
			}
			for m := range metricNames {
				var all []float64
				var bold []float64
				for i := 4 + m; i < len(cells)-1; i += 2 {
					text, _, _ := strings.Cut(strings.TrimSpace(cells[i]), " ±")
					v, err := strconv.ParseFloat(strings.Trim(strings.NewReplacer("<u>", "", "</u>", "").Replace(text), "*"), 64)
					if err != nil {
						continue
					}
					all = append(all, v)
					if strings.HasPrefix(text, "**") {
						bold = append(bold, v)
					}
				}
				for _, v := range bold {
					if v != slices.Min(all) {
						t.Fatalf("bold %v, least %v in %s", v, slices.Min(all), l)
					}
				}
			}
		}
	})
}
