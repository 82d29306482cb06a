// CALF's checkpoints: the public names, the way there and back, and what does not fit.

package model

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// smallCALF is a CALF of the small golden case with drawn weights.
func smallCALF(t *testing.T, seed int64, change func(*goldenConfig)) (*CALF, goldenConfig) {
	t.Helper()
	_, c := openGolden(t, filepath.Join("testdata", "calf-small.safetensors"))
	if change != nil {
		change(&c)
	}
	config := c.config("")
	config.Seed = seed
	m, err := NewCALF(backend(t), config)
	if err != nil {
		t.Fatal(err)
	}
	return m.(*CALF), c
}

// published lists the arrays of a checkpoint of the public code with so many blocks, wte left out.
func published(blocks int) (names []string) {
	add := func(prefix string, list ...string) {
		for _, n := range list {
			names = append(names, prefix+n)
		}
	}
	both := []string{"weight", "bias"}
	for _, b := range []struct{ prefix, base string }{{"gpt2.base_model.model.", "base_layer."}, {"gpt2_text.", ""}} {
		add(b.prefix, "wpe.weight", "ln_f.weight", "ln_f.bias")
		for k := range blocks {
			h := fmt.Sprintf("%sh.%d.", b.prefix, k)
			for _, part := range []string{"ln_1.", "attn.c_attn." + b.base, "attn.c_proj.", "ln_2.", "mlp.c_fc.", "mlp.c_proj."} {
				add(h+part, both...)
			}
			if b.base != "" {
				add(h+"attn.c_attn.", "lora_A.default.weight", "lora_B.default.weight")
			}
		}
	}
	for k := range blocks + 1 {
		add("", fmt.Sprintf("time_proj.%d.weight", k), fmt.Sprintf("text_proj.%d.weight", k))
	}
	add("in_layer.linear.", both...)
	layer := "in_layer.transformer_encoder.layers.0."
	for _, at := range []string{layer + "self_attn.", "in_layer.cross_attention."} {
		add(at, "in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")
	}
	for _, part := range []string{"linear1.", "linear2.", "norm1.", "norm2."} {
		add(layer+part, both...)
	}
	add("out_layer.", both...)
	return names
}

func TestCALFFileHasThePublishedNames(t *testing.T) {
	m, c := smallCALF(t, 1, nil)
	var got []string
	for _, a := range m.Export() {
		got = append(got, a.Name)
	}
	want := published(c.Blocks)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("a checkpoint has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A model that takes another's checkpoint forecasts what that one does, bit for bit.
func TestCALFThereAndBack(t *testing.T) {
	from, c := smallCALF(t, 1, nil)
	to, _ := smallCALF(t, 2, nil)
	path := filepath.Join(t.TempDir(), "calf.safetensors")
	if err := nn.Save(path, from.Export(), "F32", nil); err != nil {
		t.Fatal(err)
	}
	f, err := nn.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	forecast := func(m *CALF) []float32 {
		tp := tensor.NewTape(backend(t), 0)
		x, _ := c.data(tp)
		return m.Forward(tp, x).Pred.Values()
	}
	if slices.Equal(forecast(from), forecast(to)) {
		t.Fatal("two models of different seeds forecast the same")
	}
	if err := to.Import(f.Read); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(forecast(from), forecast(to)) {
		t.Error("the model forecasts otherwise than the one whose checkpoint it took")
	}
}

func TestCALFImportErrors(t *testing.T) {
	from, _ := smallCALF(t, 1, nil)
	arrays := from.Export()
	without := func(name string) []nn.Array {
		return slices.DeleteFunc(slices.Clone(arrays), func(a nn.Array) bool { return a.Name == name })
	}
	const shared = "gpt2_text.h.1.mlp.c_fc.weight"
	bent := slices.Clone(arrays)
	for i, a := range bent {
		if a.Name == shared {
			bent[i].Values = slices.Clone(a.Values)
			bent[i].Values[7]++
		}
	}
	for _, c := range []struct {
		name   string
		arrays []nn.Array
		change func(*goldenConfig)
		want   string
	}{
		{"missing", without("out_layer.bias"), nil, `"out_layer.bias"`},
		{"another horizon", arrays, func(c *goldenConfig) { c.Horizon++ }, `"out_layer.weight" has shape [6 24], the model wants [7 24]`},
		{"another look-back", arrays, func(c *goldenConfig) { c.Lookback++ }, `"in_layer.linear.weight" has shape [24 16], the model wants [24 17]`},
		{"another width", arrays, func(c *goldenConfig) { c.Width = 48 }, `the model wants`},
		{"branches that differ", bent, nil, `"gpt2.base_model.model.h.1.mlp.c_fc.weight" and "` + shared + `" differ`},
	} {
		m, _ := smallCALF(t, 2, c.change)
		if err := m.Import(nn.Find(c.arrays)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}
