// Whole trainings: they learn, and give the same bits on any number of threads and after a break.

package nn

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// best is the level that a user gets.
func best() kernels.Backend { all := kernels.CPUs(); return all[len(all)-1] }

// eachBackend runs a test on every level.
func eachBackend(t *testing.T, test func(t *testing.T, be kernels.Backend)) {
	for _, be := range kernels.CPUs() {
		t.Run(be.Name(), func(t *testing.T) { test(t, be) })
	}
}

func normal(stream uint64, n int) []float32 {
	r := rand.New(rand.NewPCG(stream, 7))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// near fails if an element of got is off by more than relative times the largest of want.
func near(t *testing.T, what string, want, got []float32, relative float64) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	var top, worst float64
	at := 0
	for i, v := range want {
		top = max(top, math.Abs(float64(v)))
		if e := math.Abs(float64(v) - float64(got[i])); !(e <= worst) {
			worst, at = e, i
		}
	}
	if !(worst <= relative*top) {
		t.Errorf("%s: element %d is %v, want %v: off by %.3g, tolerance %.3g", what, at, got[at], want[at], worst, relative*top)
	}
}

// A linear model learns a linear map: the whole way from parameters through the tape to
// the optimiser, on every level.
func TestTrainingFindsTheMap(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		const batch, in, out = 64, 8, 3
		x, truth := normal(1, batch*in), normal(2, out*in)
		y := make([]float32, batch*out)
		be.Ops().MatMul(kernels.Wrap(y), kernels.Wrap(x), kernels.Wrap(truth),
			kernels.Product{M: batch, N: out, K: in, TransB: true, Precision: kernels.FP32})

		b := NewBuild(be, 2021)
		model := NewLinear(b, in, out)
		adam := NewAdam(be, AdamConfig{}, Group{Params: b.Params(), LR: 0.05})
		tp := tensor.NewTape(be, 2021)
		tp.Precision = kernels.FP32
		for step := range uint32(600) {
			tp.Train(step)
			tp.Backward(tp.Loss(kernels.MSE, model.Forward(tp, tp.Input(x, batch, in)), tp.Input(y, batch, out)))
			adam.Step(1)
		}
		// Adam at a constant rate goes round the optimum in steps that shrink with the
		// gradient; 200 of them were enough for this error on every level.
		near(t, "weights", truth, model.Weight.Tensor.Values(), 1e-3)
	})
}

// A training gives the same bits at any number of threads, and when it is broken off,
// saved and resumed in another process's memory.
func TestTrainingIsReproducible(t *testing.T) {
	const batch, look, channels, width, horizon, steps = 16, 24, 5, 32, 8, 4
	x, y := normal(1, batch*look*channels), normal(2, batch*horizon*channels)
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		defer kernels.SetThreads(kernels.Threads())
		path := filepath.Join(t.TempDir(), "checkpoint.safetensors")
		// train runs steps [first, last) from the checkpoint, if first is not 0, and saves.
		train := func(first, last uint32) []Array {
			b := NewBuild(be, 7)
			rev := NewRevIN(b.In("rev"), channels)
			embed := NewLinear(b.In("embed"), look, width)
			layer := NewEncoderLayer(b.In("layer"), EncoderConfig{Width: width, Heads: 4, Hidden: 64, Act: kernels.GELU, Dropout: 0.1})
			head := NewLinear(b.In("head"), width, horizon)
			adam := NewAdam(be, AdamConfig{}, Group{Params: b.Params(), LR: 1e-3})
			if first > 0 {
				f, err := Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := SetState(b.Params(), f.Read); err != nil {
					t.Fatal(err)
				}
				if err := adam.SetState(f.Read); err != nil {
					t.Fatal(err)
				}
			}
			tp := tensor.NewTape(be, 7)
			for step := first; step < last; step++ {
				tp.Train(step)
				h, m := rev.Norm(tp, tp.Input(x, batch, look, channels))         // (B, L, C)
				h = layer.Forward(tp, embed.Forward(tp, tp.Permute(h, 0, 2, 1))) // (B, C, D)
				h = rev.Denorm(tp, tp.Permute(head.Forward(tp, h), 0, 2, 1), m)  // (B, H, C)
				tp.Backward(tp.Loss(kernels.L1, h, tp.Input(y, batch, horizon, channels)))
				adam.Step(Clip(adam.GradNorm(), 1))
			}
			state := append(State(b.Params()), adam.Peek()...)
			if err := Save(path, state, "F32", nil); err != nil {
				t.Fatal(err)
			}
			return state
		}
		want := train(0, steps)
		same := func(what string, got []Array) {
			for i, a := range want {
				if !slices.Equal(a.Values, got[i].Values) {
					t.Errorf("%s: %s differs", what, a.Name)
				}
			}
		}
		for _, threads := range []int{1, 2, 5} {
			kernels.SetThreads(threads)
			same("threads", train(0, steps))
		}
		train(0, steps/2)
		same("resumed", train(steps/2, steps))
	})
}
