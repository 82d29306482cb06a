// Enhanced CALF against PyTorch, and against CALF where it must be the same.

package model

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model/modeltest"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// parts are the switches of Enhanced CALF.
var parts = []string{"temperature", "bias", "gate", "relation", "global", "levels", "contrast", "tempered", "adaptive", "one_way", "direct"}

// enhancedConfig is the case of a golden file, as testdata/calf_enhanced_golden.py describes it.
type enhancedConfig struct {
	goldenConfig
	Parts                 []string
	Season                int
	RelationWeight        float64 `json:"relation_weight"`
	GlobalWeight          float64 `json:"global_weight"`
	EntropyWeight         float64 `json:"entropy_weight"`
	Sharpness, Adaptivity float64
	ContrastWeight        float64 `json:"contrast_weight"`
	MatchWeight           float64 `json:"match_weight"`
	DirectScale           float64 `json:"direct_scale"`
}

// enhanced builds the case's model with the values of its parameters' names; neutral ones start as they do in training.
func (c enhancedConfig) enhanced(t *testing.T, be kernels.Backend) *EnhancedCALF {
	t.Helper()
	var more strings.Builder
	for _, part := range parts {
		fmt.Fprintf(&more, `,%q:%v`, part, slices.Contains(c.Parts, part))
	}
	for name, w := range map[string]float64{"relation_weight": c.RelationWeight, "global_weight": c.GlobalWeight, "entropy_weight": c.EntropyWeight,
		"sharpness": c.Sharpness, "adaptivity": c.Adaptivity, "contrast_weight": c.ContrastWeight, "match_weight": c.MatchWeight, "direct_scale": c.DirectScale} {
		fmt.Fprintf(&more, `,%q:%v`, name, w)
	}
	config := c.config(more.String())
	config.Season = c.Season
	made, err := NewEnhancedCALF(be, config)
	if err != nil {
		t.Fatal(err)
	}
	m := made.(*EnhancedCALF)
	start := map[string][]float32{}
	for _, p := range m.Params() {
		start[p.Name] = p.Tensor.Values()
	}
	modeltest.Fill(m.Params())
	for _, p := range m.Params() {
		switch values := p.Tensor.Values(); {
		case p.Name == "levels.logits": // the formula's values are added to the start
			for i := range values {
				values[i] += start[p.Name][i]
			}
			p.Tensor.Upload(values)
		case strings.HasPrefix(p.Name, "alignment."):
			p.Tensor.Upload(start[p.Name])
		}
	}
	return m
}

func TestEnhancedCALFAgainstPyTorch(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "enhanced-*.safetensors"))
	if err != nil || len(files) < 11 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, path := range files {
		name := strings.TrimSuffix(filepath.Base(path), ".safetensors")
		if name == "enhanced-pieces" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			f, c := openEnhanced(t, path)
			levels := kernels.CPUs()
			if c.Width > 100 { // the large case once: 180 M parameters
				levels = levels[len(levels)-1:]
			}
			for _, be := range levels {
				t.Run(be.Name(), func(t *testing.T) {
					m := c.enhanced(t, be)
					tp := tensor.NewTape(be, 0)
					tp.Precision = kernels.FP32
					tp.Train(0)
					x, y := c.data(tp)
					out := m.Forward(tp, x)
					goldenNear(t, f, "y_time", out.Pred.Values(), forwardTolerance, 0)
					total := tp.Add(tp.Loss(m.loss, out.Pred, y), out.Aux).Values()[0]
					want, err := f.Read("losses")
					if err != nil {
						t.Fatal(err)
					}
					if far := abs(float64(total - want.Values[0])); far > forwardTolerance*abs(float64(want.Values[0])) {
						t.Errorf("the loss is %v, want %v", total, want.Values[0])
					}
					checkSeen(t, m, f)
					m = c.enhanced(t, be) // without scores
					checkGradients(t, tp, m, m.loss, f, c.goldenConfig)
					m = c.enhanced(t, be)
					checkAdam(t, tp, m, m.loss, f, c.goldenConfig)
				})
			}
		})
	}
}

func openEnhanced(t *testing.T, path string) (*nn.File, enhancedConfig) {
	t.Helper()
	f, base := openGolden(t, path)
	c := enhancedConfig{goldenConfig: base}
	if err := json.Unmarshal([]byte(f.Metadata["config"]), &c); err != nil {
		t.Fatal(err)
	}
	return f, c
}

// checkSeen compares what the model shows of its parts.
func checkSeen(t *testing.T, m *EnhancedCALF, f *nn.File) {
	t.Helper()
	seen := m.Observe()
	goldenNear(t, f, "weights", []float32{float32(seen["weight.feature"]), float32(seen["weight.output"]), float32(seen["weight.contrast"])}, forwardTolerance, 0)
	for name, key := range map[string]string{"level_weights": "share", "score": "score", "temperatures": "temperature"} {
		if _, ok := f.Shape(name); !ok {
			continue
		}
		var got []float32
		for i := range m.levelCount() {
			got = append(got, float32(seen[fmt.Sprintf("%s.%d", key, i)]))
		}
		goldenNear(t, f, name, got, forwardTolerance, 0)
	}
}

// off is the configuration of a small case with no part on.
func off(t *testing.T) enhancedConfig {
	t.Helper()
	_, c := openEnhanced(t, filepath.Join("testdata", "enhanced-small.safetensors"))
	c.Parts = nil
	return c
}

// Without any part it is CALF, bit for bit: forecasts, loss, gradients.
func TestEnhancedCALFWithoutPartsIsCALF(t *testing.T) {
	c := off(t)
	for _, be := range kernels.CPUs() {
		plain, err := NewCALF(be, c.config(""))
		if err != nil {
			t.Fatal(err)
		}
		modeltest.Fill(plain.Params())
		run := func(m Model) map[string][]float32 {
			tp := tensor.NewTape(be, 3)
			tp.Train(0)
			x, y := c.data(tp)
			loss := lossOf(tp, m, x, y, kernels.L1)
			out := map[string][]float32{"loss": loss.Values()}
			tp.Backward(loss)
			for _, p := range nn.Trained(m.Params()) {
				out[p.Name] = p.Tensor.Grad().Host
			}
			tp.Eval()
			x, _ = c.data(tp)
			out["forecast"] = m.Forward(tp, x).Pred.Values()
			return out
		}
		want, got := run(plain), run(c.enhanced(t, be))
		if len(want) != len(got) {
			t.Errorf("%s: Enhanced CALF without parts has %d results, CALF %d", be.Name(), len(got), len(want))
		}
		for name, w := range want {
			if !slices.Equal(w, got[name]) {
				t.Errorf("%s: %s of Enhanced CALF without parts is not CALF's", be.Name(), name)
			}
		}
	}
}

// At the start, with every part on, it forecasts what CALF does, in both branches, bit for bit.
func TestEnhancedCALFStartsAsCALF(t *testing.T) {
	c := off(t)
	for _, be := range kernels.CPUs() {
		config := c.config("")
		config.Seed, config.Season = 7, 24
		plain, err := NewCALF(be, config)
		if err != nil {
			t.Fatal(err)
		}
		enhanced, err := NewEnhancedCALF(be, config)
		if err != nil {
			t.Fatal(err)
		}
		forecast := func(m Model) []float32 {
			tp := tensor.NewTape(be, 0)
			tp.Train(0)
			x, _ := c.data(tp)
			return m.Forward(tp, x).Pred.Values()
		}
		if !slices.Equal(forecast(plain), forecast(enhanced)) {
			t.Errorf("%s: the first forecasts of Enhanced CALF are not CALF's", be.Name())
		}
	}
}

// Whatever the data, losses and gradients stay finite: a constant channel, windows that are all the same, one sample,
// one channel.
func TestEnhancedCALFOnCollapsedData(t *testing.T) {
	_, c := openEnhanced(t, filepath.Join("testdata", "enhanced-small.safetensors"))
	for name, f := range map[string]func(b, l, ch int) float32{
		"zeros":              func(b, l, ch int) float32 { return 0 },
		"one value":          func(b, l, ch int) float32 { return 3 },
		"a constant channel": func(b, l, ch int) float32 { return float32(math.Sin(float64(b+l*ch))) * float32(min(ch, 1)) },
		"equal samples":      func(b, l, ch int) float32 { return float32(math.Sin(float64(l * (ch + 1)))) },
		"equal channels":     func(b, l, ch int) float32 { return float32(math.Sin(float64(l * (b + 1)))) },
		"huge":               func(b, l, ch int) float32 { return 1e6 * float32(math.Sin(float64(b+l*ch))) },
	} {
		for _, size := range [][2]int{{4, 5}, {1, 5}, {4, 1}, {1, 1}} {
			c.Batch, c.Channels = size[0], size[1]
			m := c.enhanced(t, backend(t))
			tp := tensor.NewTape(backend(t), 0)
			values := make([]float32, 0, c.Batch*c.Lookback*c.Channels)
			for b := range c.Batch {
				for l := range c.Lookback {
					for ch := range c.Channels {
						values = append(values, f(b, l, ch))
					}
				}
			}
			for step := range 2 {
				tp.Train(uint32(step))
				_, y := c.data(tp)
				loss := lossOf(tp, m, tp.Input(values, c.Batch, c.Lookback, c.Channels), y, m.loss)
				tp.Backward(loss)
				bad := func(v float32) bool { return math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) }
				if bad(loss.Values()[0]) {
					t.Errorf("%s, %d windows of %d channels: the loss is %v", name, size[0], size[1], loss.Values()[0])
				}
				for _, p := range m.Params() {
					if p.Tensor.Trains() && slices.ContainsFunc(p.Tensor.Grad().Host, bad) {
						t.Errorf("%s, %d windows of %d channels: the gradient of %s is not finite", name, size[0], size[1], p.Name)
					}
				}
			}
		}
	}
}

func TestEnhancedParamErrors(t *testing.T) {
	for params, want := range map[string]string{
		`{"adaptivity":-1}`: "adaptivity is -1",
		`{"text":false}`:    "use CALF",
		`{"gates":true}`:    `unknown field "gates"`,
		`{"lora_rank":0}`:   "lora_rank 0",
	} {
		c := off(t).config("")
		c.Params = json.RawMessage(params)
		if _, err := NewEnhancedCALF(backend(t), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", params, err, want)
		}
	}
}

// The losses' weights where none are given are those called features; named ones are CALF's: 1 of the output and .01 of
// the features, the other way round in the paper. Those of contrast, .01, and the score weigh in, and their sum stays.
func TestEnhancedCALFWeighsLossesAsNamed(t *testing.T) {
	x := make([]float32, 2*96*3)
	for i := range x {
		x[i] = float32(i*i%17) - 8
	}
	for _, c := range []struct {
		params, same string
		sum          float64
	}{
		{`{"dropout":0}`, `{"dropout":0,"output_weight":0,"feature_weight":1}`, 1.01},
		{`{"dropout":0,"loss_weights":"code"}`, `{"dropout":0,"output_weight":1,"feature_weight":0.01}`, 1.02},
		{`{"dropout":0,"loss_weights":"paper"}`, `{"dropout":0,"output_weight":0.01,"feature_weight":1}`, 1.02},
		{`{"dropout":0,"feature_weight":0.5}`, `{"dropout":0,"output_weight":0,"feature_weight":0.5}`, 0.51},
	} {
		var aux [2]float32
		for i, params := range []string{c.params, c.same} {
			be := backend(t)
			m, err := NewEnhancedCALF(be, Config{Lookback: 96, Horizon: 96, Channels: 3, Season: 24, Seed: 1, Loss: kernels.L1,
				Backbone: weights.Without(1), Params: json.RawMessage(params)})
			if err != nil {
				t.Fatal(err)
			}
			tp := tensor.NewTape(be, 1)
			tp.Train(0)
			aux[i] = m.Forward(tp, tp.Input(x, 2, 96, 3)).Aux.Values()[0]
			seen := m.(Observer).Observe()
			sum := 0.0
			for _, name := range []string{"weight.output", "weight.feature", "weight.contrast"} {
				if !(seen[name] > 0) && !(name == "weight.output" && strings.Contains(c.same, `"output_weight":0,`)) {
					t.Errorf("%s: %s is %v, want more than 0", params, name, seen[name])
				}
				sum += seen[name]
			}
			if !(abs(sum-c.sum) < 1e-12) {
				t.Errorf("%s: the losses' weights sum to %v, want %v", params, sum, c.sum)
			}
		}
		if aux[0] != aux[1] {
			t.Errorf("%s: the losses are %v, with the weights written out %v", c.params, aux[0], aux[1])
		}
	}
}
