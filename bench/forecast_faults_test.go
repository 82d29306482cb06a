package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ecalf/bench/data"
	"ecalf/bench/result"
)

// The forecasts of every window, those of the test part picked out, have the error that the training run recorded.
func TestForecastWindowsAreTheEvaluation(t *testing.T) {
	const rows, lookback, horizon = 400, 24, 12
	dir := t.TempDir()
	input := filepath.Join(dir, "my.csv")
	if err := os.WriteFile(input, []byte(waves(rows)), 0o644); err != nil {
		t.Fatal(err)
	}
	suite := filepath.Join(dir, "mine.yaml")
	text := fmt.Sprintf(`name: mine
lookback: %d
horizons: [%d]
files: [{name: Mine, path: my.csv}]
models: [{name: DLinear, params: {moving_average: 5}, train: {epochs: 1, batch: 32, lr: 0.01, schedule: constant, patience: 1, loss: mse}}]
`, lookback, horizon)
	if err := os.WriteFile(suite, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := ecalf("run", "--suite", suite, "--results", dir, "--keep", dir)
	if code != exitOK {
		t.Fatal(stderr)
	}
	records, err := result.Read(filepath.Join(dir, "mine.jsonl"))
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	models, err := filepath.Glob(filepath.Join(dir, "*.safetensors"))
	if err != nil || len(models) != 1 {
		t.Fatalf("models %v, %v", models, err)
	}
	array, table := filepath.Join(dir, "all.npy"), filepath.Join(dir, "all.csv")
	for _, output := range []string{array, table} {
		mustForecast(t, "--model", "DLinear", "--checkpoint", models[0], "--input", input, "--windows", "--output", output)
	}

	_, std := loadScale(t, models[0])
	const windows = rows - lookback - horizon + 1
	p, err := data.OpenPredictions(array, windows, horizon, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	lines := readTable(t, table)
	if len(lines) != 1+windows*horizon || strings.Join(lines[0], "|") != "window|step|date|load|flow, net" {
		t.Fatalf("%d lines under %v, want %d", len(lines)-1, lines[0], windows*horizon)
	}
	forecast := make([]float32, horizon*2)
	total, count := 0.0, 0
	for w := range windows {
		if err := p.Next(forecast); err != nil {
			t.Fatal(err)
		}
		for step := range horizon {
			row := w + lookback + step
			line := lines[1+w*horizon+step]
			if line[0] != strconv.Itoa(w) || line[1] != strconv.Itoa(step+1) || line[2] != hour(row) {
				t.Fatalf("window %d, step %d is labelled %v", w, step, line[:3])
			}
			for k, truth := range []float64{load(row), flow(row)} {
				v := forecast[step*2+k]
				if read, err := strconv.ParseFloat(line[3+k], 32); err != nil || float32(read) != v {
					t.Fatalf("window %d, step %d: %s in the CSV, %v in the array", w, step, line[3+k], v)
				}
				if w >= windows-records[0].Windows { // the test part is the file's last
					d := (float64(v) - truth) / std[k]
					total, count = total+d*d, count+1
				}
			}
		}
	}
	// Scaled and unscaled in float32: each value moves by 2⁻²⁴ of itself at most, here of 120/14 deviations.
	if got, want := total/float64(count), *records[0].MSE; math.Abs(got-want) > 1e-5*want+1e-9 {
		t.Errorf("MSE %v over the last %d windows, the record says %v", got, records[0].Windows, want)
	}
}

// Every mistake has its message and exit code, and none leaves an output or changes the input.
func TestForecastMistakes(t *testing.T) {
	text := waves(120)
	good := writeFile(t, "my.csv", text)
	dir := t.TempDir()
	output := filepath.Join(dir, "out.csv")
	broken := func(old, new string) string { return writeFile(t, "my.csv", strings.Replace(text, old, new, 1)) }
	model := filepath.Join(dir, "m.safetensors")
	mustForecast(t, "--model", "DLinear", "--input", good, "--output", filepath.Join(dir, "first.csv"), "--save", model,
		"--lookback", "24", "--horizon", "12", "--epochs", "1")
	foreign := writeFile(t, "foreign.safetensors", "\x02\x00\x00\x00\x00\x00\x00\x00{}")
	link := filepath.Join(dir, "link.csv")
	if err := os.Symlink(good, link); err != nil {
		t.Fatal(err)
	}
	small := []string{"--lookback", "24", "--horizon", "12"}
	for _, c := range []struct {
		name string
		args []string // besides --input good, --output and --model OLS, which later ones replace
		code int
		want string
	}{
		{"no such model", []string{"--model", "OSL"}, exitUsage, `unknown model "OSL"`},
		{"the bound", []string{"--model", "Oracle"}, exitUsage, "Oracle is no model"},
		{"no input", []string{"--input", filepath.Join(dir, "none.csv")}, exitFailed, "none.csv: no such file"},
		{"NaN", append(small, "--input", broken(hour(7)+",", hour(7)+",NaN,")), exitFailed, "my.csv: line 9, column 2 (load): \"NaN\" is not finite; fill the gap or drop the row"},
		{"text", append(small, "--input", broken(hour(7)+",", hour(7)+",x,")), exitFailed, "line 9, column 2 (load)"},
		{"too short", []string{"--input", good}, exitFailed, "my.csv: 120 rows are too few to fit a model on: look-back 96 and horizon 96 need 288"},
		{"one row", []string{"--lookback", "1", "--horizon", "1", "--input", writeFile(t, "my.csv", waves(1))}, exitFailed, "do not say how far apart rows are"},
		{"over the input", append(small, "--output", good), exitUsage, "would overwrite --input"},
		{"over the input by a link", append(small, "--output", link), exitUsage, "would overwrite --input"},
		{"plot over output", append(small, "--output", filepath.Join(dir, "a.png"), "--plot", filepath.Join(dir, "a.png")), exitUsage, "would overwrite --output"},
		{"over the checkpoint", []string{"--model", "DLinear", "--checkpoint", model, "--output", model}, exitUsage, "would overwrite --checkpoint"},
		{"no folder", append(small, "--output", filepath.Join(dir, "none", "a.csv")), exitUsage, "there is no folder"},
		{"a folder", append(small, "--output", dir), exitUsage, "not a file"},
		{"picture of no known kind", append(small, "--plot", "a.jpg"), exitUsage, "want a name that ends in .svg, .png, .pdf"},
		{"attention of no known kind", []string{"--model", "CALF", "--attention", "a.jpg"}, exitUsage, "want a name that ends in .svg, .png, .pdf, .npy"},
		{"attention of a model without", append(small, "--attention", "a.svg"), exitUsage, "OLS does not look at prototypes, CALF and EnhancedCALF do"},
		{"a window of one forecast", append(small, "--window", "3"), exitUsage, "--window 3: give it with --windows"},
		{"a window before the first", append(small, "--windows", "--window", "-1"), exitUsage, "--window -1: give it with --windows, 0 or more"},
		{"a window behind the last", append(small, "--windows", "--window", "85"), exitUsage, "has the windows 0 … 84"}, // 120 − 24 − 12 + 1 of them
		{".npy of one forecast", append(small, "--output", filepath.Join(dir, "a.npy")), exitUsage, "add --windows"},
		{"summary and forecast in one stream", append(small, "--output", "-", "--json"), exitUsage, "both want the standard output"},
		{"horizon 0", []string{"--horizon", "0"}, exitUsage, "--horizon 0: want 1 or more"},
		{"unknown scaler", append(small, "--scaler", "ETTh9"), exitUsage, "want checkpoint, none, input or a data set"},
		{"scaler of other channels", append(small, "--scaler", "Synthetic"), exitFailed, "it has 7 channels, " + good + " has 2"},
		{"scaler of no checkpoint", append(small, "--scaler", "checkpoint"), exitUsage, "there is no --checkpoint"},
		{"checkpoint of a solved model", append(small, "--checkpoint", model), exitUsage, "OLS is solved on the input"},
		{"recipe of a solved model", append(small, "--epochs", "3"), exitUsage, "--epochs is for models that are trained"},
		{"backbone of a model without", append(small, "--backbone", "gpt2"), exitUsage, "--backbone is for models that adapt a language model"},
		{"recipe beside a checkpoint", []string{"--model", "DLinear", "--checkpoint", model, "--epochs", "3"}, exitUsage, "--epochs is for a model that is fitted here"},
		{"other model in the checkpoint", []string{"--model", "NLinear", "--checkpoint", model}, exitFailed, "it holds the model DLinear, --model says NLinear"},
		{"other horizon in the checkpoint", []string{"--model", "DLinear", "--checkpoint", model, "--horizon", "13"}, exitFailed, "it forecasts 12 rows, --horizon says 13"},
		{"fewer rows than the checkpoint's look-back", []string{"--model", "DLinear", "--checkpoint", model, "--input", writeFile(t, "my.csv", waves(23))}, exitFailed, "my.csv: 23 rows are too few: the look-back of"},
		{"no window", []string{"--model", "DLinear", "--checkpoint", model, "--windows", "--input", writeFile(t, "my.csv", waves(35))}, exitFailed, "my.csv: 35 rows hold no window of look-back 24 and horizon 12, which needs 36"},
		{"no scaler for a foreign checkpoint", []string{"--model", "CALF", "--checkpoint", foreign}, exitUsage, "does not say how its data was scaled: give --scaler"},
		{"foreign checkpoint", []string{"--model", "DLinear", "--scaler", "none", "--checkpoint", foreign}, exitFailed, "no metadata of ours"},
		{"no checkpoint", []string{"--model", "DLinear", "--checkpoint", filepath.Join(dir, "none.safetensors")}, exitFailed, "none.safetensors: no such file"},
		{"params that are no JSON", append(small, "--params", "x"), exitUsage, "--params x: want a JSON object"},
		{"params that nothing knows", append(small, "--params", `{"x":1}`), exitFailed, `unknown field "x"`},
		{"recipe that nothing knows", append(small, "--model", "DLinear", "--train", `{"epoch":1}`), exitUsage, `unknown field "epoch"`},
		{"no such precision", append(small, "--model", "DLinear", "--precision", "fp8"), exitUsage, `unknown precision "fp8"`},
		{"no GPU", append(small, "--backend", "cuda"), exitUsage, "--backend cuda"},
	} {
		code, stdout, stderr := ecalf(append([]string{"forecast", "--model", "OLS", "--input", good, "--output", output}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) || stdout != "" {
			t.Errorf("%s: exit %d, %q, %s\nwant exit %d, %s", c.name, code, stdout, stderr, c.code, c.want)
		}
		if _, err := os.Stat(output); !os.IsNotExist(err) {
			t.Errorf("%s: left an output", c.name)
		}
	}
	if now, err := os.ReadFile(good); err != nil || string(now) != text {
		t.Errorf("the input changed: %v", err)
	}
	for _, flag := range []string{"model", "input", "output"} {
		args := []string{"forecast"}
		for _, other := range []string{"model", "input", "output"} {
			if other != flag {
				args = append(args, "--"+other, "x")
			}
		}
		if code, _, stderr := ecalf(args...); code != exitUsage || !strings.Contains(stderr, "--"+flag+" is missing") {
			t.Errorf("without --%s: exit %d, %s", flag, code, stderr)
		}
	}
}

// The forecast itself may go to the standard output, and nothing else does.
func TestForecastToStdout(t *testing.T) {
	stdout, stderr := mustForecast(t, "--model", "Naive", "--input", writeFile(t, "my.csv", waves(60)), "--output", "-", "--lookback", "24", "--horizon", "3")
	if lines := strings.Split(stdout, "\n"); len(lines) != 5 || lines[0] != `date,load,"flow, net"` || !strings.HasPrefix(lines[1], hour(60)+",") {
		t.Errorf("standard output %q", stdout)
	}
	if !strings.Contains(stderr, "Naive: 3 rows of 2 columns") {
		t.Errorf("standard error %q", stderr)
	}
}
