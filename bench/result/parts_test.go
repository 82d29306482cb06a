// Tests of the listing of parts: which columns stand in it, and hand-computed changes.

package result

import (
	"strings"
	"testing"
)

func TestPartsListing(t *testing.T) {
	form := func(label, backbone string, horizon int, mse, mae float64) Record {
		return measured("EnhancedCALF", "ETTh1", horizon, 1, mse, mae, func(r *Record) {
			r.Cell.Suite, r.Cell.Variant, r.Cell.Backbone = "ablation", label, backbone
		})
	}
	beside := func(model, label, backbone string, mse float64) Record {
		return measured(model, "ETTh1", 96, 1, mse, 0.4, func(r *Record) { r.Cell.Suite, r.Cell.Variant, r.Cell.Backbone = "fewshot", label, backbone })
	}
	failed := form("no bias", "smollm2", 96, 0, 0)
	failed.Status, failed.Reason, failed.MSE, failed.MAE, failed.Windows = Failed, "loss not finite", nil, nil, 0
	own := []Record{
		form("", "smollm2", 96, 0.5, 0.4), form("", "smollm2", 192, 0.4, 0.4), form("", "random", 96, 0.6, 0.6),
		form("no gate", "smollm2", 96, 0.6, 0.3), form("no gate", "smollm2", 192, 0.3, 0.5),
		failed.settled(),
	}
	l := PartsListing(own, Options{Beside: []Record{
		beside("OLS", "", "", 0.25), beside("CALF", "", "smollm2", 0.75), beside("CALF", "tuned", "smollm2", 0.7), beside("CALF", "", "random", 0.7),
	}})
	var csv, text strings.Builder
	if err := l.WriteCSV(&csv); err != nil {
		t.Fatal(err)
	}
	// .6 is 20 % above .5, .3 25 % below .4; the rest likewise. The failed form, another model's form and another backbone have no line.
	const head = "suite,setting,against,model,backbone,dataset,horizon,metric,change_percent,p\n"
	want := head
	for _, line := range []string{
		"EnhancedCALF no gate,smollm2,ETTh1,96,MSE,20.000000,", "EnhancedCALF no gate,smollm2,ETTh1,96,MAE,-25.000000,",
		"EnhancedCALF no gate,smollm2,ETTh1,192,MSE,-25.000000,", "EnhancedCALF no gate,smollm2,ETTh1,192,MAE,25.000000,",
		"OLS,smollm2,ETTh1,96,MSE,-50.000000,", "OLS,smollm2,ETTh1,96,MAE,0.000000,",
		"CALF,smollm2,ETTh1,96,MSE,50.000000,", "CALF,smollm2,ETTh1,96,MAE,0.000000,",
	} {
		want += "ablation,full,EnhancedCALF," + line + "\n"
	}
	if csv.String() != want {
		t.Errorf("got\n%s\nwant\n%s", csv.String(), want)
	}
	if err := l.WriteConsole(&text); err != nil {
		t.Fatal(err)
	}
	golden(t, "parts.txt", []byte(text.String()))
	text.Reset()
	one := PartsListing([]Record{form("", "smollm2", 96, 0.5, 0.4), form("no gate", "smollm2", 96, 0.4, 0.5)}, Options{})
	if err := one.WriteLaTeX(&text); err != nil { // the data set stands above its only horizon
		t.Fatal(err)
	}
	golden(t, "parts.tex", []byte(text.String()))
	if l := PartsListing([]Record{form("", "smollm2", 96, 1, 1)}, Options{}); !l.Empty() {
		t.Error("a model in one form has no parts, yet the listing is not empty")
	}
}
