package train

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
)

// The file that a run keeps makes the model again: it scores the same bits on the test windows, and says what was trained.
func TestKeptModelForecastsAsTheRunDid(t *testing.T) {
	j := job(t, trainedCell(2, 0.001))
	j.Keep = filepath.Join(t.TempDir(), "sub", "m.safetensors")
	j.Commit = "abc"
	want := mustRun(t, j)
	f, err := LoadModel(j.Keep)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m := f.Meta
	if m.Model != "iTransformer" || m.Horizon != 24 || m.Lookback != 48 || m.Channels != j.Set.C || m.Dataset != "Synthetic" || m.Seed != 7 ||
		m.Loss != "mse" || m.Precision != kernels.FP32.String() || m.Commit != "abc" || m.Season != j.Set.Spec.Season ||
		!slices.Equal(m.Columns, j.Set.Channels) || !slices.Equal(m.Mean, j.Set.Mean) || !slices.Equal(m.Std, j.Set.Std) {
		t.Errorf("metadata %+v", m)
	}
	config := model.Config{Lookback: m.Lookback, Horizon: m.Horizon, Channels: m.Channels, Season: m.Season, Seed: 99, Params: m.Params}
	again, err := baselines.Zoo[m.Model].Train(j.Backend, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := model.Import(again, f.Read); err != nil {
		t.Fatal(err)
	}
	recipe, err := ParseRecipe(j.Cell.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	test, err := j.Set.Windows(data.Test, m.Lookback, m.Horizon)
	if err != nil {
		t.Fatal(err)
	}
	score, err := Evaluate(context.Background(), newTrainer(j.Backend, again, recipe, Protocol{}, config, j.Precision), test, evalBatch(test), 1)
	if err != nil || score.MSE != *want.MSE || score.MAE != *want.MAE {
		t.Errorf("MSE %v, MAE %v, %v; the run had %v and %v", score.MSE, score.MAE, err, *want.MSE, *want.MAE)
	}
}

// renamed is a model that has names of its own in files.
type renamed struct{ model.Model }

func (m renamed) Export() []nn.Array { return prefixed("theirs.", nn.State(m.Params())) }

func (m renamed) Import(find nn.Lookup) error {
	return nn.SetState(m.Params(), func(name string) (nn.Array, error) { return find("theirs." + name) })
}

func TestModelFileHasTheNamesOfAnExporter(t *testing.T) {
	j := job(t, trainedCell(1, 0.001))
	config := model.Config{Lookback: 4, Horizon: 2, Channels: 1, Seed: 1}
	build := func(seed int64) renamed {
		config.Seed = seed
		m, err := baselines.Zoo["NLinear"].Train(j.Backend, config)
		if err != nil {
			t.Fatal(err)
		}
		return renamed{m}
	}
	path := filepath.Join(t.TempDir(), "m.safetensors")
	saved := build(1)
	nn.Freeze(saved.Params()[0]) // frozen ones are kept too
	if err := SaveModel(path, saved, Meta{Model: "NLinear", Lookback: 4, Horizon: 2, Channels: 1, Columns: []string{"a"}, Mean: []float64{0}, Std: []float64{1}}); err != nil {
		t.Fatal(err)
	}
	f, err := LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range f.Names() {
		if !strings.HasPrefix(name, "theirs.") {
			t.Errorf("array %q", name)
		}
	}
	loaded := build(2)
	if err := model.Import(loaded, f.Read); err != nil {
		t.Fatal(err)
	}
	for i, p := range loaded.Params() {
		if !slices.Equal(p.Tensor.Values(), saved.Params()[i].Tensor.Values()) {
			t.Errorf("%s differs after a round trip", p.Name)
		}
	}
	if err := model.Import(build(3).Model, f.Read); err == nil {
		t.Error("names of another model were taken")
	}
}

func TestModelFileMistakes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	for _, c := range []struct{ name, meta, want string }{
		{"no JSON", `{`, "unexpected end"},
		{"nothing", `{}`, "names no model"},
		{"no sizes", `{"model":"CALF"}`, "look-back 0"},
		{"scales for other channels", `{"model":"CALF","lookback":1,"horizon":1,"channels":2,"columns":["a","b"],"mean":[0,0],"std":[1]}`, "1 deviations for 2 channels"},
		{"no deviation", `{"model":"CALF","lookback":1,"horizon":1,"channels":1,"columns":["a"],"mean":[0],"std":[0]}`, `deviation 0 of column "a"`},
	} {
		if err := nn.Save(path, nil, "F32", map[string]string{metaKey: c.meta}); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadModel(path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one with the path and %q", c.name, err, c.want)
		}
	}
	// Another program's file has no metadata of ours, and that is no mistake.
	if err := nn.Save(path, []nn.Array{{Name: "w", Shape: []int{1}, Values: []float32{2}}}, "F32", nil); err != nil {
		t.Fatal(err)
	}
	f, err := LoadModel(path)
	if err != nil || f.Meta != nil {
		t.Fatalf("another program's file: %+v, %v", f, err)
	}
	defer f.Close()
	if a, err := f.Read("w"); err != nil || a.Values[0] != 2 {
		t.Errorf("%v, %v", a, err)
	}
}

// A model file that cannot be written ends the run without a record, so that the next run keeps it.
func TestModelFileThatCannotBeWritten(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	j := job(t, trainedCell(1, 0.001))
	j.Keep = filepath.Join(blocked, "m.safetensors")
	if rec, err := Run(context.Background(), j); err == nil || rec.Status != "" || !strings.Contains(err.Error(), blocked) {
		t.Errorf("%+v, %v", rec, err)
	}
}
