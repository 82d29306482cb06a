// CALF against PyTorch: forecasts, losses, every gradient, and twenty steps of Adam.

package model

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model/modeltest"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// goldenConfig is the case of a golden file, as testdata/calf_golden.py describes it.
type goldenConfig struct {
	modeltest.Shape
	Lookback, Horizon, Batch, Channels int
	Loss                               string
	OutputWeight                       float64 `json:"output_weight"`
	FeatureWeight                      float64 `json:"feature_weight"`
}

func openGolden(t *testing.T, path string) (*nn.File, goldenConfig) {
	t.Helper()
	f, err := nn.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	var c goldenConfig
	if err := json.Unmarshal([]byte(f.Metadata["config"]), &c); err != nil {
		t.Fatal(err)
	}
	return f, c
}

// config is the case as the model takes it. more are further hyper-parameters, in JSON, or nothing.
func (c goldenConfig) config(more string) Config {
	loss := kernels.L1
	if c.Loss == "smooth_l1" {
		loss = kernels.SmoothL1
	}
	return Config{Lookback: c.Lookback, Horizon: c.Horizon, Channels: c.Channels, Loss: loss, Backbone: c.Backbone(),
		Params: fmt.Appendf(nil, `{"dropout":0,"output_weight":%v,"feature_weight":%v%s}`, c.OutputWeight, c.FeatureWeight, more)}
}

// data are the input and the target.
func (c goldenConfig) data(tp *tensor.Tape) (x, y *tensor.Tensor) {
	return tp.Input(modeltest.Weight("x", c.Batch, c.Lookback, c.Channels), c.Batch, c.Lookback, c.Channels),
		tp.Input(modeltest.Weight("y", c.Batch, c.Horizon, c.Channels), c.Batch, c.Horizon, c.Channels)
}

// Tolerances relative to the largest value of a tensor: a forward pass of some 60 operations over sums of up to 3072
// terms, and its gradient.
const (
	forwardTolerance  = 1e-5
	gradientTolerance = 1e-4
	adamTolerance     = 1e-3
)

func TestCALFAgainstPyTorch(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "calf-*.safetensors"))
	if err != nil || len(files) < 8 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".safetensors"), func(t *testing.T) {
			f, c := openGolden(t, path)
			levels := kernels.CPUs()
			if c.Width > 100 { // the large case once: 180 M parameters
				levels = levels[len(levels)-1:]
			}
			for _, be := range levels {
				t.Run(be.Name(), func(t *testing.T) {
					made, err := NewCALF(be, c.config(""))
					if err != nil {
						t.Fatal(err)
					}
					m := made.(*CALF)
					modeltest.Fill(m.all)
					tp := tensor.NewTape(be, 0)
					tp.Precision = kernels.FP32
					checkForward(t, tp, m, f, c)
					checkGradients(t, tp, m, m.loss, f, c)
					checkAdam(t, tp, m, m.loss, f, c)
				})
			}
		})
	}
}

// goldenNear fails if got is further from a tensor of the file than tolerance, relative to its largest value, or to scale.
func goldenNear(t *testing.T, f *nn.File, name string, got []float32, tolerance, scale float64) {
	t.Helper()
	want, err := f.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != len(want.Values) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want.Values))
	}
	nearAll(t, name, want.Values, got, tolerance, scale)
}

// nearAll fails if got is further from want than tolerance, relative to want's largest value, or to scale.
func nearAll(t *testing.T, name string, want, got []float32, tolerance, scale float64) {
	t.Helper()
	far, at := 0.0, 0
	for i, w := range want {
		if d := abs(float64(got[i]) - float64(w)); !(d <= far) {
			far, at = d, i
		}
		scale = max(scale, abs(float64(w)))
	}
	if !(far <= tolerance*scale) {
		t.Errorf("%s[%d] is %v, want %v: %.2g of %.3g away", name, at, got[at], want[at], far/scale, scale)
	}
}

func checkForward(t *testing.T, tp *tensor.Tape, m *CALF, f *nn.File, c goldenConfig) {
	t.Helper()
	tp.Train(0)
	x, y := c.data(tp)
	p := m.pass(tp, x, m.match(tp))
	end := p.hidden[len(p.hidden)-1]
	goldenNear(t, f, "hidden_time", tp.Rows(end, 0, c.Batch).Values(), forwardTolerance, 0)
	goldenNear(t, f, "hidden_text", tp.Rows(end, c.Batch, 2*c.Batch).Values(), forwardTolerance, 0)
	goldenNear(t, f, "y_time", p.y.Values(), forwardTolerance, 0)
	yText := m.forecast(tp, tp.Rows(end, c.Batch, 2*c.Batch), p.moments)
	goldenNear(t, f, "y_text", yText.Values(), forwardTolerance, 0)
	var levels []float32
	feature, weight := 0.0, 1.0
	for level := m.levelCount() - 1; level >= 0; level, weight = level-1, weight*0.8 {
		z, zText := m.features(tp, p, level)
		v := tp.Loss(m.loss, z, zText).Values()[0]
		levels = append(levels, v)
		feature += weight * float64(v)
	}
	slices.Reverse(levels)
	goldenNear(t, f, "levels", levels, forwardTolerance, 0)
	task, output := tp.Loss(m.loss, p.y, y).Values()[0], m.outputLoss(tp, p).Values()[0]
	total := float64(task) + c.OutputWeight*float64(output) + c.FeatureWeight*feature
	goldenNear(t, f, "losses", []float32{float32(total), task, output, float32(feature)}, forwardTolerance, 0)

	tp.Eval()
	x, _ = c.data(tp)
	goldenNear(t, f, "y_time", m.Forward(tp, x).Pred.Values(), forwardTolerance, 0)
}

// lossOf is the whole training loss of a batch.
func lossOf(tp *tensor.Tape, m Model, x, y *tensor.Tensor, kind kernels.LossKind) *tensor.Tensor {
	out := m.Forward(tp, x)
	loss := tp.Loss(kind, out.Pred, y)
	if out.Aux != nil {
		loss = tp.Add(loss, out.Aux)
	}
	return loss
}

func checkGradients(t *testing.T, tp *tensor.Tape, m Model, kind kernels.LossKind, f *nn.File, c goldenConfig) {
	t.Helper()
	tp.Train(1)
	x, y := c.data(tp)
	tp.Backward(lossOf(tp, m, x, y, kind))
	seen := 0
	for _, p := range m.Params() {
		if !p.Tensor.Trains() {
			continue
		}
		_, small := f.Shape("grad." + p.Name)
		_, large := f.Shape("digest." + p.Name)
		if !small && !large {
			if g := p.Tensor.Grad(); slices.ContainsFunc(g.Host, func(v float32) bool { return v != 0 }) {
				t.Errorf("%s has a gradient, PyTorch's is zero", p.Name)
			}
			continue
		}
		seen++
		g := make([]float32, p.Tensor.Len())
		tp.Backend().Download(g, p.Tensor.Grad())
		if small {
			goldenNear(t, f, "grad."+p.Name, g, gradientTolerance, 0)
		} else {
			goldenNear(t, f, "digest."+p.Name, modeltest.Digest(p.Name, g), gradientTolerance, 0)
		}
	}
	for _, name := range f.Names() {
		if strings.HasPrefix(name, "grad.") || strings.HasPrefix(name, "digest.") {
			seen--
		}
	}
	if seen != 0 {
		t.Errorf("%d gradients of the golden file belong to no trained parameter", -seen)
	}
}

// checkAdam takes the twenty steps, the first two where a model of GPT-2's size runs on the references; it leaves m
// trained.
func checkAdam(t *testing.T, tp *tensor.Tape, m Model, kind kernels.LossKind, f *nn.File, c goldenConfig) {
	t.Helper()
	var proj, rest []*nn.Param
	for _, p := range nn.Trained(m.Params()) {
		if strings.Contains(p.Name, "_proj") { // the golden run's rule
			proj = append(proj, p)
		} else {
			rest = append(rest, p)
		}
	}
	adam := nn.NewAdam(tp.Backend(), nn.AdamConfig{}, nn.Group{Params: rest, LR: 5e-4}, nn.Group{Params: proj, LR: 1e-4})
	want, err := f.Read("adam")
	if err != nil {
		t.Fatal(err)
	}
	if c.Width > 100 && tp.Backend().Name() == "cpu/generic" {
		want.Values = want.Values[:2]
	}
	var losses []float32
	for step := range want.Values {
		tp.Train(uint32(step))
		x, y := c.data(tp)
		loss := lossOf(tp, m, x, y, kind)
		losses = append(losses, loss.Values()[0])
		tp.Backward(loss)
		adam.Step(1)
	}
	nearAll(t, "adam", want.Values, losses, adamTolerance, 0)
}
