package forecast

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/train"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/weights"
)

// ramps is so many rows of the named channels: ramps of different slopes.
func ramps(rows int, channels ...string) *data.Table {
	t := &data.Table{Channels: channels, Rows: rows, C: len(channels)}
	for i := range rows {
		for ch := range channels {
			t.Values = append(t.Values, float32(i*(ch+1)))
		}
	}
	return t
}

func machine(t *testing.T, weightsDir string) Machine {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	return Machine{Backend: be, Precision: kernels.FP32, Weights: []string{weightsDir}}
}

// savedModel is the file of an untrained model and what it says of itself.
func savedModel(t *testing.T, on Machine, change func(*train.Meta)) string {
	t.Helper()
	meta := train.Meta{Model: "DLinear", Params: []byte(`{"moving_average":5}`), Loss: "mse", Lookback: 8, Horizon: 4, Channels: 2,
		Columns: []string{"a", "b"}, Mean: []float64{1, 2}, Std: []float64{3, 4}, Dataset: "test", Precision: "fp32"}
	m, err := baselines.NewDLinear(on.Backend, meta.Config(nil))
	if err != nil {
		t.Fatal(err)
	}
	change(&meta)
	path := filepath.Join(t.TempDir(), "m.safetensors")
	if err := train.SaveModel(path, m, meta); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a file does not agree with, it says.
func TestLoadSaysWhatDiffers(t *testing.T) {
	on := machine(t, t.TempDir())
	for _, c := range []struct {
		name   string
		change func(*train.Meta)
		table  *data.Table
		want   Loading
		err    string // "" for none
	}{
		{name: "agrees"},
		{name: "all named", want: Loading{Lookback: 8, Horizon: 4}},
		{name: "model", want: Loading{Model: "NLinear"}, err: "it holds the model DLinear, --model says NLinear"},
		{name: "horizon", want: Loading{Horizon: 5}, err: "it forecasts 4 rows, --horizon says 5"},
		{name: "look-back", want: Loading{Lookback: 9}, err: "it looks back on 8 rows, --lookback says 9"},
		{name: "backbone", want: Loading{Backbone: "gpt2"}, err: `its backbone is "", --backbone says "gpt2"`},
		{name: "channels", table: ramps(20, "a", "b", "c"), err: "it was trained on 2 channels (a, b), my.csv has 3 (a, b, c)"},
		{name: "rows", table: ramps(7, "a", "b"), err: "my.csv: 7 rows are too few: the look-back of"},
		{name: "width", change: func(m *train.Meta) { m.Lookback = 9 }, err: "is no DLinear of these sizes: tensor"},
		{name: "a claimed horizon", change: func(m *train.Meta) { m.Horizon = 1 << 40 }, err: "no tensor of that size: the file is damaged"},
		{name: "parameters", change: func(m *train.Meta) { m.Params = []byte(`{"depth":5}`) }, err: `unknown field "depth"`},
		{name: "unknown model", change: func(m *train.Meta) { m.Model = "X" }, err: "it holds the model X"},
	} {
		if c.change == nil {
			c.change = func(*train.Meta) {}
		}
		if c.table == nil {
			c.table = ramps(20, "a", "b")
		}
		if c.want.Model == "" {
			c.want.Model = "DLinear"
		}
		c.want.Input = "my.csv"
		path := savedModel(t, on, c.change)
		f, err := train.LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Load(f, path, c.table, c.want, on)
		f.Close()
		switch {
		case c.err == "" && err != nil, c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: %v, want %q", c.name, err, c.err)
		case err == nil && (m.Set.Mean[1] != 2 || len(m.Notes) != 0):
			t.Errorf("%s: mean %v, notes %v: want the file's and none", c.name, m.Set.Mean, m.Notes)
		}
	}
}

// Columns of other names, or in another order, are the user's to judge.
func TestLoadNotesOtherColumns(t *testing.T) {
	on := machine(t, t.TempDir())
	path := savedModel(t, on, func(*train.Meta) {})
	f, err := train.LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := Load(f, path, ramps(20, "b", "a"), Loading{Model: "DLinear"}, on)
	if err != nil || len(m.Notes) != 1 || !strings.Contains(m.Notes[0], "trained on the columns a, b, in this order; these are b, a") {
		t.Errorf("%v, notes %v", err, m.Notes)
	}
}

// writeGPT2 writes a GPT-2 of one head and one block to a weights directory.
func writeGPT2(t *testing.T, dir string) {
	t.Helper()
	const d, positions, words = 64, 9, 70
	var arrays []nn.Array
	for _, a := range []struct {
		name  string
		shape []int
	}{
		{"wte.weight", []int{words, d}}, {"wpe.weight", []int{positions, d}},
		{"h.0.ln_1.weight", []int{d}}, {"h.0.ln_1.bias", []int{d}}, {"h.0.ln_2.weight", []int{d}}, {"h.0.ln_2.bias", []int{d}},
		{"h.0.attn.c_attn.weight", []int{d, 3 * d}}, {"h.0.attn.c_attn.bias", []int{3 * d}},
		{"h.0.attn.c_proj.weight", []int{d, d}}, {"h.0.attn.c_proj.bias", []int{d}},
		{"h.0.mlp.c_fc.weight", []int{d, 4 * d}}, {"h.0.mlp.c_fc.bias", []int{4 * d}},
		{"h.0.mlp.c_proj.weight", []int{4 * d, d}}, {"h.0.mlp.c_proj.bias", []int{d}},
		{"ln_f.weight", []int{d}}, {"ln_f.bias", []int{d}},
	} {
		arrays = append(arrays, nn.Draw(1, a.name, nn.Normal(0.1), a.shape...))
	}
	if err := os.MkdirAll(filepath.Join(dir, "gpt2"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(filepath.Join(dir, "gpt2", "model.safetensors"), arrays, "F32", nil); err != nil {
		t.Fatal(err)
	}
}

// A checkpoint of CALF's public code says nothing of itself; its tensors give look-back, horizon and backbone, and its
// forecast is the model's that it was saved from.
func TestLoadPublicCALF(t *testing.T) {
	on := machine(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "public.safetensors")
	load := func(t *data.Table, want Loading) (*Model, error) {
		f, err := train.LoadModel(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return Load(f, path, t, want, on)
	}
	scaler := data.Unscaled(2)

	writeGPT2(t, on.Weights[0])
	backbone, err := weights.Open("gpt2", on.Weights, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := model.Config{Lookback: 8, Horizon: 4, Channels: 2, Seed: 3, Backbone: backbone}
	m, err := model.NewCALF(on.Backend, c)
	if err != nil {
		t.Fatal(err)
	}
	arrays := model.Export(m)
	if err := nn.Save(path, arrays, "F32", nil); err != nil {
		t.Fatal(err)
	}
	loaded, err := load(ramps(20, "a", "b"), Loading{Model: "CALF", Scaler: &scaler})
	if err != nil {
		t.Fatal(err)
	}
	got, err := loaded.Next()
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float32, 8)
	train.NewForecaster(on.Backend, m, c, kernels.FP32).Predict(want, loaded.Set.Values[12*2:], 1)
	if !slices.Equal(got, want) {
		t.Errorf("forecast %v, want %v", got, want)
	}

	without := func(part string) []nn.Array {
		return slices.DeleteFunc(slices.Clone(arrays), func(a nn.Array) bool { return strings.Contains(a.Name, part) })
	}
	for _, c := range []struct {
		name   string
		arrays []nn.Array
		model  string
		want   string
	}{
		{"another model", arrays, "DLinear", `no metadata of ours (key "ecalf")`},
		{"no output layer", without("out_layer"), "CALF", "is no checkpoint of CALF's public code"},
		{"no backbone", without("gpt2"), "CALF", `no tensor of the backbone that CALF's public code uses`},
		{"a part missing", without("time_proj.0"), "CALF", "is no CALF of these sizes"},
		{"sizes that do not go together", append(without("out_layer"), nn.Array{Name: "out_layer.weight", Shape: []int{4, 3}, Values: make([]float32, 12)}), "CALF",
			"out_layer.weight is [4 3], in_layer.linear.weight [64 8]"},
	} {
		if err := nn.Save(path, c.arrays, "F32", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := load(ramps(20, "a", "b"), Loading{Model: c.model, Scaler: &scaler}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}

	on.Weights = []string{t.TempDir()} // without GPT-2's file there are no prototypes
	if err := nn.Save(path, arrays, "F32", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := load(ramps(20, "a", "b"), Loading{Model: "CALF", Scaler: &scaler}); err == nil || !strings.Contains(err.Error(), "gpt2/model.safetensors") {
		t.Errorf("%v, want the name of GPT-2's file", err)
	}
}

// A model of ours that was trained on another copy of its backbone is refused: its prototypes are not in its file.
func TestLoadNamesTheBackbone(t *testing.T) {
	on := machine(t, t.TempDir())
	writeGPT2(t, on.Weights[0])
	backbone, err := weights.Open("gpt2", on.Weights, 0)
	if err != nil {
		t.Fatal(err)
	}
	meta := train.Meta{Model: "CALF", Loss: "l1", Lookback: 8, Horizon: 4, Channels: 1, Columns: []string{"a"}, Mean: []float64{0},
		Std: []float64{1}, Backbone: "gpt2", Weights: "model.safetensors sha256:0", Dataset: "test"}
	m, err := model.NewCALF(on.Backend, meta.Config(backbone))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ source, want string }{
		{backbone.Source, ""},
		{"model.safetensors sha256:0", fmt.Sprintf("was trained on backbone gpt2 (model.safetensors sha256:0), the one here is %s", backbone.Source)},
	} {
		meta.Weights = c.source
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := train.SaveModel(path, m, meta); err != nil {
			t.Fatal(err)
		}
		f, err := train.LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Load(f, path, ramps(20, "a"), Loading{Model: "CALF"}, on)
		f.Close()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("source %s: %v, want %q", c.source, err, c.want)
		}
	}
}
