// Tests of cell identity and of what a record may carry.

package result

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// aCell is a cell that tests vary.
func aCell(seed int64) Cell {
	return Cell{Suite: "long", Dataset: "ETTh1", Horizon: 96, Lookback: 96, Setting: "full", Percent: 100,
		Model: "OLS", Protocol: "standard", Seed: seed}
}

// aRecord is an OK record of aCell(seed) whose metrics follow from the seed.
func aRecord(seed int64) Record {
	return Record{Cell: aCell(seed), Status: OK, Windows: 2785, // ETTh1/96, as issue and papers count it
		MSE: new(0.5 + float64(seed)), MAE: new(0.25 + float64(seed)), Blocks: []float64{0.5, 0.75}}
}

func TestCellID(t *testing.T) {
	// The identity is defined by these bytes; the test hashes them on its own.
	want := func(s string) string {
		h := sha256.Sum256([]byte(s))
		return hex.EncodeToString(h[:])[:32]
	}
	const head, tail = `{"dataset":"ETTh1","horizon":96,"lookback":96,"model":"OLS",`, `"percent":100,"protocol":"standard",`
	with := func(change func(*Cell)) Cell {
		c := aCell(0)
		change(&c)
		return c
	}
	params := func(p string) Cell { return with(func(c *Cell) { c.Params = json.RawMessage(p) }) }
	for _, c := range []struct {
		name string
		cell Cell
		json string
	}{
		{"no seed, no params", aCell(0), head + tail + `"setting":"full","suite":"long"}`},
		{"seed", aCell(2021), head + tail + `"seed":2021,"setting":"full","suite":"long"}`},
		{"params null", params(`null`), head + tail + `"setting":"full","suite":"long"}`},
		{"params empty", params(` { } `), head + tail + `"setting":"full","suite":"long"}`},
		{"params sorted, spaces gone", params(`{"ridge": 0.1, "norm": true}`),
			head + `"params":{"norm":true,"ridge":0.1},` + tail + `"setting":"full","suite":"long"}`},
		{"one spelling per number", params(`{"a":[1.0,1e0,10e-1],"b":-0.0,"c":-0,"d":1E-3}`),
			head + `"params":{"a":[1,1,1],"b":0,"c":0,"d":0.001},` + tail + `"setting":"full","suite":"long"}`},
		{"large integers keep their digits", params(`{"a":9007199254740993}`), // 2⁵³+1, which float64 cannot hold
			head + `"params":{"a":9007199254740993},` + tail + `"setting":"full","suite":"long"}`},
		{"a number beyond float64 keeps its text", params(`{"a":1e999}`),
			head + `"params":{"a":1e999},` + tail + `"setting":"full","suite":"long"}`},
		{"text stays readable", with(func(c *Cell) { c.Dataset = "ETTh1->ETTm2" }),
			strings.Replace(head, "ETTh1", "ETTh1->ETTm2", 1) + tail + `"setting":"full","suite":"long"}`},
		{"recipe", with(func(c *Cell) { c.Recipe = json.RawMessage(`{"lr":1e-3,"epochs":10.0}`) }),
			head + tail[:len(tail)-1] + `,"recipe":{"epochs":10,"lr":0.001},"setting":"full","suite":"long"}`},
		{"recipe empty", with(func(c *Cell) { c.Recipe = json.RawMessage(`{}`) }), head + tail + `"setting":"full","suite":"long"}`},
		{"backbone, external, own data", with(func(c *Cell) { c.Backbone, c.External, c.DataSHA256 = "gpt2", true, "ab" }),
			`{"backbone":"gpt2","data_sha256":"ab","dataset":"ETTh1","external":true,` + strings.TrimPrefix(head, `{"dataset":"ETTh1",`) + tail + `"setting":"full","suite":"long"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.cell.ID(); got != want(c.json) {
				t.Errorf("id %s, want that of %s", got, c.json)
			}
		})
	}
}

func TestCellIDPanicsOnBrokenJSON(t *testing.T) {
	for field, c := range map[string]Cell{
		"Cell.Params is not JSON": {Params: json.RawMessage(`{"a":`)},
		"Cell.Recipe is not JSON": {Recipe: json.RawMessage(`{"a":`)},
	} {
		func() {
			defer func() {
				if msg, _ := recover().(string); !strings.Contains(msg, field) {
					t.Errorf("panic %q, want %q", msg, field)
				}
			}()
			c.ID()
		}()
	}
}

func TestSettledKeepsNumbersJSONCannotCarryOut(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, c := range []struct {
		name   string
		spoil  func(*Record)
		reason string
		status string
	}{
		{"mse", func(r *Record) { r.MSE = &nan }, "not finite: mse", Failed},
		{"mae", func(r *Record) { r.MAE = &inf }, "not finite: mae", Failed},
		{"block", func(r *Record) { r.Blocks = []float64{1, nan} }, "not finite: blocks", Failed},
		{"fitted", func(r *Record) { r.Fitted = map[string]float64{"ridge": 1, "val_mse": nan} }, "not finite: fitted val_mse", Failed},
		{"epoch", func(r *Record) {
			r.Epochs = []Epoch{{Epoch: 1, Train: 1, Val: 1, Seconds: 1}, {Epoch: 2, Train: nan, Val: 1, Seconds: 1}, {Epoch: 3, Train: 1, Val: 1, Seconds: 1}}
		}, "not finite: losses of epoch 2", Failed},
		{"watched", func(r *Record) {
			r.Epochs = []Epoch{{Epoch: 1, Train: 1, Val: 1, Seconds: 1, Watched: map[string]float64{"cka": nan}}}
		}, "not finite: losses of epoch 1", Failed},
		{"two at once", func(r *Record) { r.MSE, r.MAE = &nan, &inf }, "not finite: mse, mae", Failed},
		{"a failed record keeps its own reason",
			func(r *Record) {
				*r = Record{Cell: r.Cell, Status: Failed, Reason: "gradient not finite", Epochs: []Epoch{{Epoch: 1, Train: nan, Val: 1, Seconds: 1}}}
			},
			"gradient not finite; not finite: losses of epoch 1", Failed},
		{"a cost does not fail the cell", func(r *Record) { r.Cost.Joules = &nan }, "", OK},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := aRecord(1)
			c.spoil(&r)
			got := r.settled()
			if got.Status != c.status || got.Reason != c.reason {
				t.Errorf("got %s %q, want %s %q", got.Status, got.Reason, c.status, c.reason)
			}
			line, err := encodeLine(got)
			if err != nil {
				t.Fatal(err)
			}
			back, _, err := decodeLine(line[:len(line)-1])
			if err != nil {
				t.Fatal(err)
			}
			if (back.MSE != nil) != (c.status == OK) {
				t.Errorf("%s record with mse %v", c.status, back.MSE)
			}
		})
	}

	t.Run("what is dropped is named", func(t *testing.T) {
		fitted := map[string]float64{"ridge": 1, "val_mse": nan}
		r := aRecord(1)
		r.Fitted, r.Cost.Joules, r.Cost.WallSeconds = fitted, &nan, new(3.0)
		r.Epochs = []Epoch{{Epoch: 1, Train: 1, Val: 1, Seconds: 1}, {Epoch: 2, Train: nan, Val: 1, Seconds: 1}}
		got := r.settled()
		if len(got.Fitted) != 1 || len(got.Epochs) != 1 || got.Cost.Joules != nil || got.Cost.Missing["joules"] == "" || *got.Cost.WallSeconds != 3 {
			t.Errorf("settled to %s", encode(got))
		}
		if len(fitted) != 2 || len(r.Epochs) != 2 || r.Cost.Missing != nil {
			t.Error("settled changed its argument")
		}
	})
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*Record)
		want  string
	}{
		{"another cell's id", func(r *Record) { r.ID = aCell(7).ID() }, "is not the id of the record's cell"},
		{"unknown status", func(r *Record) { r.Status = "done" }, `status "done" is none of`},
		{"failed without a reason", func(r *Record) { r.Status, r.MSE, r.MAE, r.Blocks = Failed, nil, nil, nil }, "needs a reason"},
		{"failed with metrics", func(r *Record) { r.Status, r.Reason = Failed, "x" }, "has no metrics"},
		{"ok without mse", func(r *Record) { r.MSE = nil }, "needs an mse"},
		{"negative error", func(r *Record) { r.MAE = new(-1.0) }, "never negative"},
		{"negative windows", func(r *Record) { r.Windows = -1 }, "never negative"},
		{"too long for a line", func(r *Record) { r.Reason = strings.Repeat("x", maxLine) }, "more than the 1048576 of a line"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := aRecord(1).settled()
			c.spoil(&r)
			if _, err := encodeLine(r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
