// One training step of the baselines that the engine is measured by: its time, its memory, its allocations.

package baselines

import (
	"math/rand/v2"
	"testing"

	"golang.org/x/sys/unix"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// stepped are the models with the sizes of their published scripts for ETTh1.
var stepped = []struct{ name, params string }{
	{"DLinear", `{}`},
	{"PatchTST", `{"d_model":512,"n_heads":2,"d_ff":2048,"e_layers":1}`},
	{"iTransformer", `{"d_model":256,"n_heads":8,"d_ff":256,"e_layers":2}`},
}

// trainingStep returns a function that does one step at ETTh1's shapes: forward, MSE loss, backward and Adam. It has run
// a few times: the first steps take their memory.
func trainingStep(tb testing.TB, be kernels.Backend, name, params string, precision kernels.Precision, batch int) func() {
	const lookback, horizon, channels = 96, 96, 7
	random := func(n int) []float32 {
		r, values := rand.New(rand.NewPCG(1, 2)), make([]float32, n)
		for i := range values {
			values[i] = float32(r.NormFloat64())
		}
		return values
	}
	x, y := random(batch*lookback*channels), random(batch*horizon*channels)
	m, err := Zoo[name].Train(be, model.Config{
		Lookback: lookback, Horizon: horizon, Channels: channels, Seed: 2021, Params: []byte(params),
	})
	if err != nil {
		tb.Fatal(err)
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
	for range 3 {
		step()
	}
	return step
}

// BenchmarkStep is one training step on 32 windows. The same is timed in PyTorch by bench/peers/step_time.py, at the same
// sizes. peak-MB is the largest memory of the process so far: choose one model with -bench to have its own.
func BenchmarkStep(b *testing.B) {
	be, err := kernels.Best()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range stepped {
		for _, precision := range []kernels.Precision{kernels.FP32, kernels.Auto} {
			b.Run(c.name+"/"+precision.String()+"/"+be.Name(), func(b *testing.B) {
				step := trainingStep(b, be, c.name, c.params, precision, 32)
				b.ReportAllocs()
				for b.Loop() {
					step()
				}
				b.ReportMetric(1e3*b.Elapsed().Seconds()/float64(b.N), "ms/step")
				var use unix.Rusage
				if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(use.Maxrss)/1024, "peak-MB") // Linux counts in KiB
			})
		}
	}
}

// A step in the steady state makes as many objects on the Go heap for one window as for eight. On one thread: an
// operation that is large enough to be split makes one more, whatever its size.
func TestStepAllocationsDoNotGrowWithTheBatch(t *testing.T) {
	defer kernels.SetThreads(kernels.SetThreads(1))
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	const thin = `"d_model":16,"n_heads":2,"d_ff":32` // the number of objects does not depend on the sizes, the time does
	for _, c := range []struct{ name, params string }{
		{"DLinear", `{}`}, {"PatchTST", `{` + thin + `,"e_layers":1}`}, {"iTransformer", `{` + thin + `,"e_layers":2}`},
	} {
		one := testing.AllocsPerRun(5, trainingStep(t, be, c.name, c.params, kernels.Auto, 1))
		eight := testing.AllocsPerRun(5, trainingStep(t, be, c.name, c.params, kernels.Auto, 8))
		if one != eight {
			t.Errorf("%s: %v objects a step for one window, %v for eight", c.name, one, eight)
		}
		t.Logf("%s: %v objects a step", c.name, one)
	}
}
