// CALF: what its parts do to each other, apart from the golden values.

package model

import (
	"encoding/json"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// backend is the one that runs by default.
func backend(t *testing.T) kernels.Backend {
	t.Helper()
	be, err := kernels.Select("")
	if err != nil {
		t.Fatal(err)
	}
	return be
}

// built is a CALF at horizon 96 with those hyper-parameters.
func built(t *testing.T, channels int, backbone *weights.Backbone, params string) *CALF {
	t.Helper()
	m, err := NewCALF(backend(t), Config{Lookback: 96, Horizon: 96, Channels: channels, Seed: 1, Loss: kernels.L1, Backbone: backbone, Params: json.RawMessage(params)})
	if err != nil {
		t.Fatal(err)
	}
	return m.(*CALF)
}

// The published model has 18.0 M trainable parameters at horizon 96.
func TestCALFHasThePublishedSize(t *testing.T) {
	m := built(t, 7, weights.Random(1), "")
	if _, trained := nn.Count(m.Params()); trained/100_000 != 180 {
		t.Errorf("%d parameters are trained, want 18.0 M", trained)
	}
}

// Parameters go to the optimiser's groups as in the public code, by "_proj" in their names.
func TestCALFGroups(t *testing.T) {
	var proj []string
	for _, p := range built(t, 7, weights.Random(1), "").Params() {
		if p.Group == ProjectionGroup && !p.Frozen {
			proj = append(proj, p.Name)
		}
	}
	if len(proj) != 14+4+4 {
		t.Errorf("group %q has %s", ProjectionGroup, strings.Join(proj, ", "))
	}
}

// Without a loss that needs it the text branch is not computed, and the prediction is the same with and without it.
func TestTextBranchOnlyWhereNeeded(t *testing.T) {
	x := make([]float32, 2*96*3)
	for i := range x {
		x[i] = float32(i*i%17) - 8
	}
	for _, c := range []struct {
		params string
		aux    bool
	}{
		{`{"dropout":0}`, true},
		{`{"dropout":0,"output_weight":0}`, true},
		{`{"dropout":0,"feature_weight":0}`, true},
		{`{"dropout":0,"output_weight":0,"feature_weight":0}`, false},
		{`{"dropout":0,"text":false}`, false},
	} {
		m := built(t, 3, weights.Without(1), c.params)
		tp := tensor.NewTape(backend(t), 1)
		tp.Train(0)
		out := m.Forward(tp, tp.Input(x, 2, 96, 3))
		trained := out.Pred.Values()
		if (out.Aux != nil) != c.aux {
			t.Errorf("%s: an auxiliary loss: %v, want %v", c.params, out.Aux != nil, c.aux)
		}
		tp.Eval()
		out = m.Forward(tp, tp.Input(x, 2, 96, 3))
		if out.Aux != nil {
			t.Errorf("%s: an auxiliary loss in evaluation", c.params)
		}
		for i, v := range out.Pred.Values() {
			if diff := v - trained[i]; diff > 1e-4 || diff < -1e-4 {
				t.Fatalf("%s: value %d is %v in evaluation, %v in training without dropout", c.params, i, v, trained[i])
			}
		}
	}
}

// More channels than positions is said before any work.
func TestCALFNeedsPositions(t *testing.T) {
	b := weights.Random(1)
	_, err := NewCALF(nil, Config{Lookback: 96, Horizon: 96, Channels: b.Positions + 1, Backbone: b})
	if _, ok := err.(NotApplicable); !ok || !strings.Contains(err.Error(), "1025 channels") {
		t.Errorf("error %v, want one that is NotApplicable and names 1025 channels", err)
	}
}

func TestCALFParamErrors(t *testing.T) {
	for params, want := range map[string]string{
		`{"loss_weights":"mine"}`: "code, paper or features",
		`{"n_heads":7}`:           "divisor of the backbone's width, 768",
		`{"dropout":1}`:           "dropout is 1",
		`{"lora_rank":0}`:         "lora_rank 0",
		`{"feature_decay":2}`:     "feature_decay 2",
		`{"depth":2}`:             `unknown field "depth"`,
	} {
		_, err := NewCALF(nil, Config{Lookback: 96, Horizon: 96, Channels: 7, Backbone: weights.Random(1), Params: json.RawMessage(params)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", params, err, want)
		}
	}
	if _, err := NewCALF(nil, Config{Lookback: 96, Horizon: 96, Channels: 7}); err == nil || !strings.Contains(err.Error(), "backbone") {
		t.Errorf("without a backbone: %v", err)
	}
}
