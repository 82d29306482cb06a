package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ecalf/bench/result"
)

const paperFolder = "../paper"

// What the paper inputs is what `ecalf paper` makes of the committed records, no more and no less.
// `make derived` writes it.
func TestPaperIsUpToDate(t *testing.T) {
	if *update {
		if code, _, stderr := ecalf("paper", "--results", "../results", "--output", paperFolder); code != exitOK {
			t.Fatal(stderr)
		}
		return
	}
	files, err := paperInputs("../results")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if got, _ := os.ReadFile(filepath.Join(paperFolder, name)); !bytes.Equal(got, files[name]) { // nothing if there is none
			t.Errorf("paper/%s is not what results/ says: make derived", name)
		}
	}
	tables, _ := filepath.Glob(filepath.Join(paperFolder, "tables", "*.tex"))
	for _, path := range tables {
		if _, ok := files["tables/"+filepath.Base(path)]; !ok {
			t.Errorf("%s is written by nothing: remove it", path)
		}
	}
}

// Every number and table that the text asks for exists, whatever has been run: without it the PDF does not build.
func TestPaperAsksForWhatThereIs(t *testing.T) {
	files, err := paperInputs(t.TempDir()) // no store at all
	if err != nil {
		t.Fatal(err)
	}
	texts, _ := filepath.Glob(filepath.Join(paperFolder, "*.tex"))
	asked := 0
	for _, path := range texts {
		if filepath.Base(path) == "numbers.tex" {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\\(?:result|whenrun)\{([^}#]+/[^}#]+)\}`).FindAllSubmatch(text, -1) {
			asked++
			if !bytes.Contains(files["numbers.tex"], []byte(`\ecalfnumber{`+string(m[1])+"}{")) {
				t.Errorf("%s asks for the number %s, which `ecalf paper` does not write", path, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\\input\{(tables/[^}]+)\}`).FindAllSubmatch(text, -1) {
			asked++
			if files[string(m[1])+".tex"] == nil {
				t.Errorf("%s asks for %s, which `ecalf paper` does not write", path, m[1])
			}
		}
	}
	if asked < 20 { // the text has more than that: the patterns above must find them
		t.Errorf("the text asks for %d numbers and tables", asked)
	}
}

// The numbers are those of the records: two rows on two seeds and one on one, made so that every mean is known.
func TestPaperNumbers(t *testing.T) {
	dir := t.TempDir()
	store, err := result.Open(storePath(dir, "fewshot"))
	if err != nil {
		t.Fatal(err)
	}
	add := func(model, backbone string, horizon int, seed int64, mse, mae, seconds, bytes float64) {
		c := result.Cell{Suite: "fewshot", Dataset: "ETTh1", Horizon: horizon, Lookback: 96, Setting: "10%", Percent: 10, Model: model, Backbone: backbone, Protocol: "standard", Seed: seed}
		c.Model, c.Variant, _ = strings.Cut(model, " ")
		r := result.Record{Cell: c, Status: result.OK, Windows: 100, MSE: &mse, MAE: &mae, Cost: result.Cost{CPUSeconds: &seconds, PeakRSSBytes: &bytes},
			Fitted: map[string]float64{"val_mse": mse}}
		if seed > 0 {
			r.Epochs = []result.Epoch{{Epoch: 1, Seconds: seconds}}
		}
		if err := store.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	for seed := range int64(2) {
		d := 0.01 * float64(seed)
		add("CALF", "random", 96, seed+1, 0.4+d, 0.4, 10, 1e9)
		add("CALF", "random", 192, seed+1, 0.5+d, 0.5, 10, 1e9)
		add("CALF tuned", "random", 192, seed+1, 0.2+d, 0.5, 10, 1e9)
		add("EnhancedCALF", "random", 96, seed+1, 0.3+d, 0.5, 11, 1e9)
		add("EnhancedCALF", "random", 192, seed+1, 0.4+d, 0.4, 11, 1e9)
	}
	// Another build's seconds are no match for those above.
	other := result.Cell{Suite: "fewshot", Dataset: "ETTh2", Horizon: 96, Lookback: 96, Setting: "10%", Percent: 10, Backbone: "random", Protocol: "standard", Seed: 1}
	for i, model := range []string{"CALF", "EnhancedCALF"} {
		other.Model = model
		v := float64(1 + i)
		r := result.Record{Cell: other, Status: result.OK, Windows: 100, MSE: &v, MAE: &v, Epochs: []result.Epoch{{Epoch: 1, Seconds: 9 * v}},
			Env: result.Environment{Commit: model}, Cost: result.Cost{CPUSeconds: &v, PeakRSSBytes: &v}}
		if err := store.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	add("OLS", "", 96, 0, 0.305, 0.3, 0, 1e6) // as high as ours to the digit: no row is lower
	files, err := paperInputs(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"10/CALF/rows": "3", "10/CALF/backbone": "random",
		"10/CALF/mse": "0.637", "10/CALF/ours/mse": "0.903", // (.405+.505+1)/3, (.305+.405+2)/3
		"10/CALF/lower/mse": "2", "10/CALF/lower/mae": "1",
		"10/CALF/change/mae": "+26.0\\%", // the third root of 5/4·4/5·2/1, less 1
		"10/OLS/rows":        "1", "10/OLS/lower/mse": "0",
		"10/CALF-tuned/rows": "1", "10/CALF-tuned/change/mse": "+97.6\\%", // .405/.205, less 1
		"10/CALF-chosen/rows": "2", "10/CALF-chosen/mse": "0.305", // .405 and .205
		"5/CALF/rows": notYetRun, "full/CALF/mse": notYetRun,
		"fewshot/records": "13", "long/records": "0",
		"cost/cells": "4", "cost/seconds": "1.10", "cost/memory": "1.00",
	} {
		line := `\ecalfnumber{` + name + "}{" + want + "}\n"
		if !strings.Contains(string(files["numbers.tex"]), line) {
			t.Errorf("no line %q in\n%s", line, files["numbers.tex"])
		}
	}
	if !strings.Contains(string(files["tables/long.tex"]), `\notyet{long}`) || strings.Contains(string(files["tables/fewshot.tex"]), `\notyet`) {
		t.Error("the table of a suite without records must say so, that of one with records must not")
	}
}
