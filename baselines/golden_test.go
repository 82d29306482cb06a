package baselines

import (
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// trained are the models that testdata/golden.py has PyTorch's answers for.
var trained = []string{"DLinear", "NLinear", "RLinear", "PatchTST", "iTransformer"}

// The golden values were computed in float64, so what is tolerated is our own float32 rounding, relative to the largest
// value of the tensor: a unit is 6e-8, the longest sums of these small models have 56 terms, whose sizes' sum is a few
// times the result, and up to ten operations follow one another; backwards it is twice as many, with differences of
// nearly equal numbers in the norms.
const (
	forwardTolerance  = 1e-5
	gradientTolerance = 1e-4
	adamTolerance     = 1e-4 // an update is up to the learning rate, 1e-3, whatever the gradient's size; ten follow another
)

// golden is a file that testdata/golden.py wrote; see there for what is in it.
type golden struct {
	*nn.File
	config model.Config
	lr     float64
}

func openGolden(t *testing.T, name string) golden {
	t.Helper()
	f, err := nn.Open(filepath.Join("testdata", strings.ToLower(name)+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	var c struct {
		Lookback, Horizon, Channels int
		LR                          float64
		Params                      json.RawMessage
	}
	if err := json.Unmarshal([]byte(f.Metadata["config"]), &c); err != nil {
		t.Fatal(err)
	}
	return golden{f, model.Config{Lookback: c.Lookback, Horizon: c.Horizon, Channels: c.Channels, Params: c.Params}, c.LR}
}

// read returns a tensor of the file.
func (g golden) read(t *testing.T, name string) nn.Array {
	t.Helper()
	a, err := g.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// build returns the model with the file's weights and a tape that rounds to float32 alone.
func (g golden) build(t *testing.T, name string, be kernels.Backend) (model.Model, *tensor.Tape) {
	t.Helper()
	m, err := Zoo[name].Train(be, g.config)
	if err != nil {
		t.Fatal(err)
	}
	if err := nn.SetState(m.Params(), func(name string) (nn.Array, error) { return g.Read("param." + name) }); err != nil {
		t.Fatal(err)
	}
	tp := tensor.NewTape(be, 0)
	tp.Precision = kernels.FP32
	return m, tp
}

// loss is the forecast of the file's batch and its MSE.
func (g golden) loss(t *testing.T, m model.Model, tp *tensor.Tape) (pred, loss *tensor.Tensor) {
	t.Helper()
	x, y := g.read(t, "x"), g.read(t, "y")
	pred = m.Forward(tp, tp.Input(x.Values, x.Shape...)).Pred
	return pred, tp.Loss(kernels.MSE, pred, tp.Input(y.Values, y.Shape...))
}

// Forecast, loss, gradients and statistics of one step.
func TestModelsMatchPyTorch(t *testing.T) {
	for _, name := range trained {
		g := openGolden(t, name)
		for _, be := range kernels.CPUs() {
			t.Run(name+"/"+be.Name(), func(t *testing.T) {
				m, tp := g.build(t, name, be)
				tp.Train(0)
				pred, loss := g.loss(t, m, tp)
				tp.Backward(loss)
				near(t, "forecast", pred.Values(), g.read(t, "pred").Values, forwardTolerance, 0)
				near(t, "loss", loss.Values(), g.read(t, "loss").Values, forwardTolerance, 0)

				// Some gradients are nothing but rounding, because the loss does not depend on the parameter: the keys'
				// bias moves all of a query's products alike, and PatchTST's BatchNorm takes off what the last LayerNorm
				// scales and shifts. They may be as far off as rounding makes the largest of all gradients.
				want, largest := map[string][]float32{}, 0.0
				for _, p := range m.Params() {
					if p.Tensor.Trains() {
						want[p.Name] = g.read(t, "grad."+p.Name).Values
						largest = max(largest, norm(want[p.Name]))
					}
				}
				for _, p := range m.Params() {
					if w, ok := want[p.Name]; ok {
						got := make([]float32, len(w))
						be.Download(got, p.Tensor.Grad())
						near(t, "gradient of "+p.Name, got, w, gradientTolerance, 1e-6*largest)
					} else {
						near(t, p.Name+" after the step", p.Tensor.Values(), g.read(t, "after."+p.Name).Values, forwardTolerance, 0)
					}
				}

				tp.Eval()
				pred, _ = g.loss(t, m, tp)
				near(t, "forecast in evaluation", pred.Values(), g.read(t, "eval").Values, forwardTolerance, 0)
			})
		}
	}
}

// The losses of ten steps of Adam.
func TestModelsTrainAsPyTorch(t *testing.T) {
	for _, name := range trained {
		g := openGolden(t, name)
		for _, be := range kernels.CPUs() {
			t.Run(name+"/"+be.Name(), func(t *testing.T) {
				m, tp := g.build(t, name, be)
				adam := nn.NewAdam(be, nn.AdamConfig{}, nn.Group{Params: m.Params(), LR: g.lr})
				want := g.read(t, "adam").Values
				got := make([]float32, 0, len(want))
				for step := range want {
					tp.Train(uint32(step))
					_, loss := g.loss(t, m, tp)
					got = append(got, loss.Values()...)
					tp.Backward(loss)
					adam.Step(1)
				}
				near(t, "losses", got, want, adamTolerance, 0)
			})
		}
	}
}

// Every tensor of a golden file has its place: a parameter that the Go model lacks would go unnoticed otherwise.
func TestGoldenFilesHoldTheModelsParameters(t *testing.T) {
	for _, name := range trained {
		g := openGolden(t, name)
		m, _ := g.build(t, name, kernels.CPUs()[0])
		known := map[string]bool{}
		for _, p := range m.Params() {
			known["param."+p.Name] = true
		}
		for _, tensor := range g.Names() {
			if strings.HasPrefix(tensor, "param.") && !known[tensor] {
				t.Errorf("%s: the model has no %s", name, tensor)
			}
		}
	}
}

// near fails if a value is further from the wanted one than relative times the largest wanted one plus absolute.
func near(t *testing.T, what string, got, want []float32, relative, absolute float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%s: %d values, want %d", what, len(got), len(want))
		return
	}
	tolerance := relative*norm(want) + absolute
	worst, at := 0.0, -1
	for i := range got {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= max(worst, tolerance)) {
			worst, at = d, i
		}
	}
	if at >= 0 {
		t.Errorf("%s: value %d is %v, want %v: off by %.2g, tolerated %.2g", what, at, got[at], want[at], worst, tolerance)
	}
}

// norm is the largest size of a value.
func norm(values []float32) (largest float64) {
	for _, v := range values {
		largest = max(largest, math.Abs(float64(v)))
	}
	return largest
}
