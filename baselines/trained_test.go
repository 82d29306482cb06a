package baselines

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// newTrained builds a model at look-back 96, horizon 192 and 7 channels on the fastest level.
func newTrained(t *testing.T, name, params string) (model.Model, *tensor.Tape) {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	m, err := Zoo[name].Train(be, model.Config{Lookback: 96, Horizon: 192, Channels: 7, Seed: 1, Params: []byte(params)})
	if err != nil {
		t.Fatal(err)
	}
	return m, tensor.NewTape(be, 1)
}

// windows are n random ones of 96 rows and 7 channels.
func windows(n int) []float32 {
	r, values := rand.New(rand.NewPCG(1, 2)), make([]float32, n*96*7)
	for i := range values {
		values[i] = float32(r.NormFloat64())
	}
	return values
}

func forecast(m model.Model, tp *tensor.Tape, rows []float32) []float32 {
	return m.Forward(tp, tp.Input(rows, len(rows)/(96*7), 96, 7)).Pred.Values()
}

// A small encoder, so that the tests are quick.
const small = `{"d_model":16,"n_heads":2,"d_ff":24,"e_layers":1}`

var smallParams = map[string]string{"DLinear": `{}`, "NLinear": `{}`, "RLinear": `{}`, "PatchTST": small, "iTransformer": small}

// The numbers of parameters at the default hyper-parameters are those of testdata/torch_models.py at look-back 96,
// horizon 192 and 7 channels.
func TestDefaultSizes(t *testing.T) {
	for name, want := range map[string]int{"DLinear": 37248, "NLinear": 18624, "RLinear": 18638, "PatchTST": 7493824, "iTransformer": 6453952} {
		m, _ := newTrained(t, name, "")
		if _, got := nn.Count(m.Params()); got != want {
			t.Errorf("%s has %d parameters, want %d", name, got, want)
		}
	}
}

func TestHyperParametersAreChecked(t *testing.T) {
	for _, c := range []struct{ model, params, want string }{
		{"DLinear", `{"moving_average":24}`, "DLinear: moving_average is 24: give an odd number above 0"},
		{"DLinear", `{"moving_averages":25}`, `unknown field "moving_averages"`},
		{"NLinear", `{"dropout":0.1}`, `unknown field "dropout"`},
		{"RLinear", `{"dropout":1}`, "RLinear: dropout is 1: give a rate of 0 or more, below 1"},
		{"PatchTST", `{"stride":0}`, "PatchTST: patch_len 16, stride 0: each must be 1 or more"},
		{"PatchTST", `{"n_heads":3}`, "PatchTST: n_heads is 3: give a divisor of d_model, 512"},
		{"iTransformer", `{"e_layers":0}`, "iTransformer: d_model 512, d_ff 2048, e_layers 0: each must be 1 or more"},
		{"iTransformer", `{"dropout":-0.5}`, "iTransformer: dropout is -0.5: give a rate of 0 or more, below 1"},
		{"iTransformer", `{"patch_len":16}`, `unknown field "patch_len"`},
	} {
		_, err := Zoo[c.model].Train(kernels.CPUs()[0], model.Config{Lookback: 96, Horizon: 96, Channels: 7, Params: []byte(c.params)})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s with %s: got %v, want %s", c.model, c.params, err, c.want)
		}
	}
}

func TestPatchBeyondLookbackIsNotApplicable(t *testing.T) {
	_, err := NewPatchTST(kernels.CPUs()[0], model.Config{Lookback: 12, Horizon: 6, Channels: 1})
	var reason model.NotApplicable
	if !errors.As(err, &reason) || reason != "PatchTST needs a look-back of one patch (16 rows), it is 12" {
		t.Errorf("got %v", err)
	}
}

// In evaluation a forecast depends on its own window alone and leaves the model as it was; with statistics of the batch
// or dropout it would not.
func TestEvaluationIsPerWindow(t *testing.T) {
	const n = 3
	rows := windows(n)
	for _, name := range trained {
		m, tp := newTrained(t, name, smallParams[name])
		before := nn.State(m.Params())
		tp.Eval()
		together := forecast(m, tp, rows)
		for i := range n {
			tp.Eval()
			alone := forecast(m, tp, rows[i*96*7:(i+1)*96*7])
			// Products of other sizes may add in another order, hence the forward tolerance of one precision; bfloat16
			// factors are rounded alike in both.
			near(t, name, together[i*192*7:(i+1)*192*7], alone, forwardTolerance, 0)
		}
		for i, p := range nn.State(m.Params()) {
			if !slices.Equal(p.Values, before[i].Values) {
				t.Errorf("%s: evaluation changed %s", name, p.Name)
			}
		}
	}
}

// Training draws from the seed and the step alone, and the models with dropout draw.
func TestTrainingDraws(t *testing.T) {
	rows := windows(2)
	for name, draws := range map[string]bool{"DLinear": false, "NLinear": false, "RLinear": true, "PatchTST": true, "iTransformer": true} {
		m, tp := newTrained(t, name, smallParams[name])
		at := func(step uint32) []float32 {
			tp.Train(step)
			return forecast(m, tp, rows)
		}
		first := at(1)
		if !slices.Equal(first, at(1)) {
			t.Errorf("%s: step 1 gives another forecast when it is repeated", name)
		}
		if slices.Equal(first, at(2)) == draws {
			t.Errorf("%s: dropout is %v, but the forecasts of steps 1 and 2 say otherwise", name, draws)
		}
	}
}

// The running statistics of PatchTST belong to the weights of the best epoch, though no gradient step changes them.
func TestBestEpochHoldsRunningStatistics(t *testing.T) {
	m, tp := newTrained(t, "PatchTST", small)
	stopping := nn.NewStopping(1, m.Params())
	tp.Train(0)
	forecast(m, tp, windows(2))
	stopping.Observe(1)
	best := nn.State(m.Params())
	tp.Train(1)
	forecast(m, tp, windows(4))
	if slices.EqualFunc(best, nn.State(m.Params()), sameValues) {
		t.Fatal("a batch in training left the running statistics as they were")
	}
	if err := stopping.Restore(); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(best, nn.State(m.Params()), sameValues) {
		t.Error("the running statistics are not those of the best epoch")
	}
}

func sameValues(a, b nn.Array) bool { return slices.Equal(a.Values, b.Values) }
