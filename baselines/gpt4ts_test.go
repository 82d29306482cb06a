package baselines

import (
	"encoding/json"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/modeltest"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// GPT4TS gives PyTorch's forecast, loss, gradients and twenty steps of Adam: testdata/gpt4ts_golden.py.
func TestGPT4TSMatchesPyTorch(t *testing.T) {
	for _, file := range []string{"gpt4ts", "gpt4ts-gpt2"} {
		g := openGolden(t, file)
		var c struct {
			Batch    int
			Backbone modeltest.Shape
		}
		if err := json.Unmarshal([]byte(g.Metadata["config"]), &c); err != nil {
			t.Fatal(err)
		}
		c.Backbone.Arch, c.Backbone.Prototypes = weights.GPT2, 1
		g.config.Backbone = c.Backbone.Backbone()
		levels := kernels.CPUs()
		if c.Backbone.Width > 100 {
			levels = levels[len(levels)-1:] // the large one once
		}
		for _, be := range levels {
			t.Run(file+"/"+be.Name(), func(t *testing.T) {
				m, err := NewGPT4TS(be, g.config)
				if err != nil {
					t.Fatal(err)
				}
				modeltest.Fill(m.Params())
				tp := tensor.NewTape(be, 0)
				tp.Precision = kernels.FP32
				batch := func(name string, rows int) *tensor.Tensor {
					return tp.Input(modeltest.Weight(name, c.Batch, rows, g.config.Channels), c.Batch, rows, g.config.Channels)
				}
				adam := nn.NewAdam(be, nn.AdamConfig{}, nn.Group{Params: nn.Trained(m.Params()), LR: g.lr})
				want := g.read(t, "adam").Values
				if c.Backbone.Width > 100 && be.Name() == "cpu/generic" {
					want = want[:2] // the references would take minutes
				}
				var losses []float32
				for step := range want {
					tp.Train(uint32(step))
					pred := m.Forward(tp, batch("x", g.config.Lookback)).Pred
					loss := tp.Loss(kernels.MSE, pred, batch("y", g.config.Horizon))
					losses = append(losses, loss.Values()[0])
					tp.Backward(loss)
					if step == 0 {
						near(t, "forecast", pred.Values(), g.read(t, "pred").Values, forwardTolerance, 0)
						near(t, "loss", losses, g.read(t, "loss").Values, forwardTolerance, 0)
						gpt4tsGradients(t, g, m)
					}
					adam.Step(1)
				}
				near(t, "losses of Adam's steps", losses, want, adamTolerance, 0)
			})
		}
	}
}

func gpt4tsGradients(t *testing.T, g golden, m model.Model) {
	t.Helper()
	compared := 0
	for _, p := range nn.Trained(m.Params()) {
		got := p.Tensor.Grad().Host
		if a, err := g.Read("grad." + p.Name); err == nil {
			near(t, "gradient of "+p.Name, got, a.Values, gradientTolerance, 0)
		} else {
			near(t, "digest of "+p.Name, modeltest.Digest(p.Name, got), g.read(t, "digest."+p.Name).Values, gradientTolerance, 0)
		}
		compared++
	}
	for _, name := range g.Names() {
		if strings.HasPrefix(name, "grad.") || strings.HasPrefix(name, "digest.") {
			compared--
		}
	}
	if compared != 0 {
		t.Errorf("%d more gradients compared than the file has", compared)
	}
}

func TestGPT4TSParamErrors(t *testing.T) {
	for params, want := range map[string]string{
		`{"patch_len":0}`:  "patch_len 0",
		`{"dropout":-1}`:   "dropout is -1",
		`{"patch_len":97}`: "look-back of one patch (97 rows)",
		`{"d_model":8}`:    `unknown field "d_model"`,
	} {
		_, err := NewGPT4TS(nil, model.Config{Lookback: 96, Horizon: 96, Channels: 7, Backbone: weights.Random(1), Params: json.RawMessage(params)})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", params, err, want)
		}
	}
	if _, err := NewGPT4TS(nil, model.Config{Lookback: 96, Horizon: 96, Channels: 7}); err == nil || !strings.Contains(err.Error(), "backbone") {
		t.Errorf("without a backbone: %v", err)
	}
}
