// Tests of listings: golden files, and hand-computed numbers.

package result

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// trainings are two models that were trained in epochs, one of which shows what it does, and a closed-form one. The
// costs are made so that means are whole: seeds 1, 2, 3 take 10·seed seconds of fitting in as many epochs.
func trainings() []Record {
	watched := func(epoch, level float64) map[string]float64 {
		m := map[string]float64{"degree": 0.5 + epoch/100, "weight.feature": 0.01 / epoch, "weight.output": 1}
		for _, l := range []int{0, 2, 10} { // 10 sorts behind 2
			m[fmt.Sprint("score.", l)] = level + float64(l)/100 + epoch/10000
		}
		return m
	}
	train := func(show bool, seed int64) func(*Record) {
		return func(r *Record) {
			r.Fitted = map[string]float64{"best_epoch": float64(min(2, seed))}
			for e := range int(seed) {
				epoch := Epoch{Epoch: e + 1, Seconds: 10}
				if show {
					epoch.Watched = watched(float64(e+1), 0.5)
				}
				r.Epochs = append(r.Epochs, epoch)
			}
			fit, peak := 10*float64(seed), 1.5e9
			r.Cost = Cost{FitSeconds: &fit, PeakRSSBytes: &peak}
			r.Env.CPU, r.Env.Threads, r.Env.Backend, r.Env.Precision = "a CPU", 2, "cpu/generic", "fp32"
		}
	}
	var rs []Record
	for seed := range int64(3) {
		rs = append(rs,
			measured("EnhancedCALF", "ETTh1", 96, seed+1, 0.3, 0.3, func(r *Record) { r.Cell.Backbone = "random"; train(true, seed+1)(r) }),
			measured("DLinear", "ETTh1", 192, seed+1, 0.3, 0.3, train(false, seed+1)))
	}
	joules := 2500.0
	return append(rs,
		measured("OLS", "ETTh1", 96, 0, 0.3, 0.3, func(r *Record) { r.Cost.FitSeconds = &joules }),
		measured("DLinear", "ETTh2", 96, 1, 0.3, 0.3, func(r *Record) { train(false, 1)(r); r.Cost.Joules = &joules }),
		// It stopped in its second epoch: what it showed until then is shown.
		measured("EnhancedCALF", "ETTh2", 96, 1, 0, 0, func(r *Record) {
			train(true, 1)(r)
			r.Cell.Backbone, r.Fitted, r.Status, r.Reason = "random", nil, Failed, "loss not finite in epoch 2"
		}))
}

func TestGoldenListings(t *testing.T) {
	for name, build := range map[string]func([]Record, Options) *Listing{"cost": CostListing, "alignment": AlignmentListing} {
		l := build(trainings(), Options{Width: 120})
		for ext, write := range map[string]func(io.Writer) error{"txt": l.WriteConsole, "md": l.WriteMarkdown, "tex": l.WriteLaTeX, "csv": l.WriteCSV} {
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

func TestListingNumbers(t *testing.T) {
	for _, c := range []struct {
		name    string
		listing *Listing
		line    string
	}{
		{"mean over seeds of 10, 20 and 30 s", CostListing(trainings(), Options{}), "long,ETTh1,192,full,DLinear,,3,fit_seconds,20.000000"},
		{"mean over seeds of 1, 2 and 3 epochs", CostListing(trainings(), Options{}), "long,ETTh1,192,full,DLinear,,3,epochs,2.000000"},
		{"2500 J", CostListing(trainings(), Options{}), "long,ETTh2,96,full,DLinear,,1,kilojoules,2.500000"},
		{"the best epoch of seed 3 is its second: .5 + 10/100 + 2/10000", AlignmentListing(trainings(), Options{}),
			"long,ETTh1,96,full,EnhancedCALF,random,3,best,2,score.10,0.600200"},
		{"seed 2 ends with its best epoch: .01/2", AlignmentListing(trainings(), Options{}),
			`long,ETTh1,96,full,EnhancedCALF,random,2,"best, last",2,weight.feature,0.005000`},
		{"a failed training has no best epoch", AlignmentListing(trainings(), Options{}),
			`long,ETTh2,96,full,EnhancedCALF,random,1,"first, last",1,degree,0.510000`},
	} {
		var got bytes.Buffer
		if err := c.listing.WriteCSV(&got); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got.String(), c.line+"\n") {
			t.Errorf("%s: no line %s in\n%s", c.name, c.line, got.String())
		}
	}
	if l := CostListing([]Record{measured("OLS", "ETTh1", 96, 0, 1, 1, nil)}, Options{}); !l.Empty() {
		t.Error("a closed-form model has no cost of training, yet the listing is not empty")
	}
	if l := AlignmentListing([]Record{measured("OLS", "ETTh1", 96, 0, 1, 1, nil)}, Options{}); !l.Empty() {
		t.Error("a closed-form model shows nothing, yet the listing is not empty")
	}
}

// A table that is split keeps the sides of its columns, also where texts are in the second part.
func TestWideListingKeepsItsSides(t *testing.T) {
	heads, row := []string{"key", "text"}, []string{"a", "b"}
	for i := range 30 {
		heads, row = append(heads, fmt.Sprintf("number %d", i)), append(row, "1")
	}
	for left, want := range map[int][2]string{1: {"{lr", "{lr"}, 2: {"{llr", "{lr"}, len(heads): {"{lll", "{lll"}} {
		var b strings.Builder
		if err := PlainListing("wide", "wide", left, heads, [][]string{row}).WriteLaTeX(&b); err != nil {
			t.Fatal(err)
		}
		parts := strings.Split(b.String(), `\begin{tabular}`)
		if len(parts) < 3 || !strings.HasPrefix(parts[1], want[0]) || !strings.HasPrefix(parts[2], want[1]) {
			t.Errorf("%d columns to the left: %d parts, %.20q", left, len(parts)-1, parts[1:])
		}
	}
}
