package modeltest

import (
	"math"
	"slices"
	"testing"
)

// The values that testdata/formula.py of package model gives.
func TestWeightIsThatOfTheGoldens(t *testing.T) {
	for _, c := range []struct {
		name  string
		shape []int
		want  []float32
	}{
		{"x", []int{3}, []float32{-1.0350450277328491, 1.06876802444458, 0.4964875280857086}},
		{"gpt2.base_model.model.h.0.attn.c_attn.base_layer.weight", []int{3},
			[]float32{-0.01764763705432415, 0.03325014188885689, -0.009738977998495102}},
		{"out_layer.weight", []int{2, 3}, []float32{0.12867438793182373, -0.7915847301483154, -0.43234550952911377,
			0.5538971424102783, -0.3546748161315918, -0.6858886480331421}},
		{"naïve.bias", []int{3}, []float32{-0.009779355488717556, 0.001662669237703085, 0.006222388707101345}},
		{"llm.norm.weight", []int{3}, []float32{1.0422885417938232, 0.9056242108345032, 0.9860225319862366}},
	} {
		if got := Weight(c.name, c.shape...); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTextBranchStartsAsTheTimeBranch(t *testing.T) {
	for text, time := range map[string]string{
		"gpt2_text.h.3.attn.c_attn.weight":                  "gpt2.base_model.model.h.3.attn.c_attn.base_layer.weight",
		"gpt2_text.h.3.attn.c_proj.weight":                  "gpt2.base_model.model.h.3.attn.c_proj.weight",
		"gpt2_text.ln_f.bias":                               "gpt2.base_model.model.ln_f.bias",
		"llm_text.layers.1.self_attn.q_proj.weight":         "llm.layers.1.self_attn.q_proj.base_layer.weight",
		"llm_text.layers.1.self_attn.o_proj.weight":         "llm.layers.1.self_attn.o_proj.weight",
		"llm_text.layers.1.post_attention_layernorm.weight": "llm.layers.1.post_attention_layernorm.weight",
	} {
		if got, want := Weight(text, 2, 4), Weight(time, 2, 4); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want those of %s, %v", text, got, time, want)
		}
	}
}

// The digest of the five values of x, as testdata/formula.py gives it. The products are sums of five terms.
func TestDigestIsThatOfTheGoldens(t *testing.T) {
	want := []float32{1.9572463907912798,
		-1.0350450277328491, 1.1366041898727417, -1.0350450277328491, -0.2808223366737366, 1.1366041898727417, 1.06876802444458,
		0.4964875280857086, 1.06876802444458, -0.2808223366737366, -1.0350450277328491, -1.0350450277328491, -0.2808223366737366,
		-1.0350450277328491, 1.1366041898727417, 0.4964875280857086, -1.0350450277328491,
		-2.6373209866892293, -3.790045999115394, -1.8640382882302617, -2.1653161045410982}
	got := Digest("x", Weight("x", 5))
	if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Abs(float64(a-b)) <= 1e-6 }) {
		t.Errorf("got %v, want %v", got, want)
	}
}
