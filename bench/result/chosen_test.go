// Tests of the form that validation chooses.

package result

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestChosenForms(t *testing.T) {
	run := func(label string, horizon int, seed int64, val, mse float64) Record {
		return measured("CALF", "ETTh1", horizon, seed, mse, mse, func(r *Record) {
			r.Cell.Variant, r.Cell.Backbone = label, "gpt2"
			if val > 0 {
				r.Fitted = map[string]float64{"val_mse": val}
			}
		})
	}
	failed := run("tuned", 336, 1, 0.1, 0.1)
	failed.Status, failed.Reason, failed.MSE, failed.MAE = Failed, "not finite", nil, nil
	rs := []Record{
		// Each seed's errors on test speak for the form that the mean over validation speaks against.
		run("", 96, 1, 0.5, 0.9), run("", 96, 2, 0.7, 0.9), run("tuned", 96, 1, 0.8, 0.1), run("tuned", 96, 2, 0.5, 0.1),
		// A form with fewer seeds does not compete, nor one without validation or result, nor the later of equals.
		run("", 192, 1, 0.5, 0.8), run("", 192, 2, 0.5, 0.8), run("tuned", 192, 1, 0.1, 0.1),
		run("tuned", 336, 2, 0, 0.1), failed, run("", 336, 1, 0.5, 0.7),
		run("tuned", 720, 1, 0.5, 0.6), run("", 720, 1, 0.5, 0.1),
		measured("OLS", "ETTh1", 96, 0, 0.3, 0.3, nil), measured("OLS", "ETTh1", 192, 0, 0.4, 0.4, nil),
		measured("OLS", "ETTh1", 336, 0, 0.5, 0.5, nil), measured("OLS", "ETTh1", 720, 0, 0.6, 0.6, nil),
	}
	compared := func(records []Record) (*Comparison, map[int]float64) {
		c, err := CompareModels(records, "OLS", "CALF chosen")
		if err != nil {
			t.Fatal(err)
		}
		errors := map[int]float64{}
		for _, r := range c.Rows {
			errors[r.Horizon] = r.MSE.B.Mean
		}
		return c, errors
	}
	c, got := compared(rs)
	if want := map[int]float64{96: 0.9, 192: 0.8, 336: 0.7, 720: 0.6}; !maps.Equal(got, want) {
		t.Errorf("errors of the chosen forms %v, want %v", got, want)
	}
	for _, note := range []string{
		"chosen of 2 forms by validation MSE, CALF: ETTh1/96", "chosen of 2 forms by validation MSE, CALF tuned: ETTh1/720",
		"without another form to choose from, CALF: ETTh1/192, ETTh1/336",
	} {
		if !slices.Contains(c.Notes, note) {
			t.Errorf("no note %q in %q", note, c.Notes)
		}
	}
	slices.Reverse(rs)
	if _, got := compared(rs); !maps.Equal(got, map[int]float64{96: 0.9, 192: 0.8, 336: 0.7, 720: 0.1}) {
		t.Errorf("records from the last: errors of the chosen forms %v", got)
	}
	if _, err := CompareModels(rs, "OLS chosen", "OLS"); err == nil {
		t.Error("OLS, which has no validation MSE here, can be chosen")
	}
	if _, err := CompareModels(rs, "NAIVE", "OLS"); err == nil || strings.Contains(err.Error(), ChosenLabel) {
		t.Errorf("error %v lists what a table has no column for", err)
	}
	alone := []Record{run("", 96, 1, 0.5, 0.9), measured("OLS", "ETTh1", 96, 0, 0.3, 0.3, nil)}
	if c, err := CompareModels(alone, "OLS", "CALF chosen"); err != nil || len(c.Rows) != 1 || c.Rows[0].MSE.B.Mean != 0.9 {
		t.Errorf("a model of one form: %v, %v", c, err)
	}
}
