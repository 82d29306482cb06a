package baselines

import (
	"math/rand/v2"
	"testing"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// BenchmarkStep is one training step at ETTh1's shapes: forward, MSE loss, backward and Adam on 32 windows. The same is
// timed in PyTorch by bench/peers/step_time.py, at the same sizes: those of the published scripts for ETTh1.
func BenchmarkStep(b *testing.B) {
	const batch, lookback, horizon, channels = 32, 96, 96, 7
	be, err := kernels.Best()
	if err != nil {
		b.Fatal(err)
	}
	random := func(n int) []float32 {
		r, values := rand.New(rand.NewPCG(1, 2)), make([]float32, n)
		for i := range values {
			values[i] = float32(r.NormFloat64())
		}
		return values
	}
	x, y := random(batch*lookback*channels), random(batch*horizon*channels)
	for _, c := range []struct {
		name, params string
	}{
		{"DLinear", `{}`},
		{"PatchTST", `{"d_model":512,"n_heads":2,"d_ff":2048,"e_layers":1}`},
		{"iTransformer", `{"d_model":256,"n_heads":8,"d_ff":256,"e_layers":2}`},
	} {
		for _, precision := range []kernels.Precision{kernels.FP32, kernels.Auto} {
			b.Run(c.name+"/"+precision.String()+"/"+be.Name(), func(b *testing.B) {
				m, err := Zoo[c.name].Train(be, model.Config{
					Lookback: lookback, Horizon: horizon, Channels: channels, Seed: 2021, Params: []byte(c.params),
				})
				if err != nil {
					b.Fatal(err)
				}
				tp := tensor.NewTape(be, 2021)
				tp.Precision = precision
				adam := nn.NewAdam(be, nn.AdamConfig{}, nn.Group{Params: m.Params(), LR: 1e-4})
				var done uint32
				step := func() {
					tp.Train(done)
					pred := m.Forward(tp, tp.Input(x, batch, lookback, channels)).Pred
					tp.Backward(tp.Loss(kernels.MSE, pred, tp.Input(y, batch, horizon, channels)))
					adam.Step(1)
					done++
				}
				for range 3 { // the first steps take their memory
					step()
				}
				for b.Loop() {
					step()
				}
				b.ReportMetric(1e3*b.Elapsed().Seconds()/float64(b.N), "ms/step")
			})
		}
	}
}
