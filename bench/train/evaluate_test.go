package train

import (
	"context"
	"errors"
	"math"
	"testing"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/kernels"
	"ecalf/model"
)

func synthetic(t testing.TB) *data.Set {
	t.Helper()
	spec, err := data.Find("Synthetic")
	if err != nil {
		t.Fatal(err)
	}
	set, err := data.Open(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func testWindows(t testing.TB, set *data.Set, h int) *data.Windows {
	t.Helper()
	w, err := set.Windows(data.Test, 96, h)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func fitted(t testing.TB, name string, set *data.Set, h int) model.ClosedForm {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	m, err := baselines.Zoo[name].Solve(be, model.Config{Lookback: 96, Horizon: h, Channels: set.C, Season: set.Spec.Season})
	if err != nil {
		t.Fatal(err)
	}
	train, err := set.Windows(data.Train, 96, h)
	if err != nil {
		t.Fatal(err)
	}
	val, err := set.Windows(data.Val, 96, h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Fit(context.Background(), train, val); err != nil {
		t.Fatal(err)
	}
	return m
}

// No window is dropped at any batch size, and a score has the same bits at all of them and at any number of threads.
func TestScoreDoesNotDependOnBatchOrThreads(t *testing.T) {
	defer kernels.SetThreads(kernels.Threads())
	set := synthetic(t)
	for _, name := range []string{"Naive", "SeasonalNaive", "Mean", "OLS", "OLS+IN"} {
		m := fitted(t, name, set, 96)
		w := testWindows(t, set, 96)
		var first Score
		for _, threads := range []int{1, 2, 5} {
			kernels.SetThreads(threads)
			for _, batch := range []int{1, 7, 32, 256} {
				s, err := Evaluate(context.Background(), m, w, batch, threads)
				if err != nil {
					t.Fatal(err)
				}
				if first.Windows == 0 {
					first = s
				}
				if s.Windows != w.Len() || s.MSE != first.MSE || s.MAE != first.MAE {
					t.Errorf("%s, batch %d, %d threads: %d windows, MSE %v, MAE %v; want %d, %v, %v",
						name, batch, threads, s.Windows, s.MSE, s.MAE, w.Len(), first.MSE, first.MAE)
				}
				for b := range s.Blocks {
					if s.Blocks[b] != first.Blocks[b] {
						t.Errorf("%s, batch %d: block %d is %v, want %v", name, batch, b, s.Blocks[b], first.Blocks[b])
					}
				}
			}
		}
	}
}

// The score is what the definition says: a mean over windows, steps and channels, here computed one value at a time.
func TestScoreIsTheMeanOverAllValues(t *testing.T) {
	set := synthetic(t)
	w := testWindows(t, set, 24)
	m := fitted(t, "SeasonalNaive", set, 24)
	got, err := Evaluate(context.Background(), m, w, 32, 2)
	if err != nil {
		t.Fatal(err)
	}
	var squared, absolute float64
	c := set.C
	for i := range w.Len() {
		for h := range 24 {
			for ch := range c {
				y := float64(w.Values()[(i+96+h)*c+ch])
				forecast := float64(w.Values()[(i+96-24+h)*c+ch])
				squared += (forecast - y) * (forecast - y)
				absolute += math.Abs(forecast - y)
			}
		}
	}
	n := float64(w.Len() * 24 * c)
	// n additions of positive float64 terms in another order: relative error at most 2n·2⁻⁵³.
	bound := 2 * n * 0x1p-53
	if math.Abs(got.MSE/(squared/n)-1) > bound || math.Abs(got.MAE/(absolute/n)-1) > bound {
		t.Errorf("MSE %v, MAE %v; want %v, %v", got.MSE, got.MAE, squared/n, absolute/n)
	}
	if len(got.Blocks) != blockCount {
		t.Fatalf("%d blocks, want %d", len(got.Blocks), blockCount)
	}
	// Blocks of nearly equal length average to the whole within their lengths' relative difference.
	mean := 0.0
	for _, b := range got.Blocks {
		mean += b / blockCount
	}
	if math.Abs(mean/got.MSE-1) > 2*blockCount/float64(w.Len()) {
		t.Errorf("the blocks' mean %v is far from the MSE %v", mean, got.MSE)
	}
}

// Fewer windows than blocks: a block per window.
func TestBlocksOfFewWindows(t *testing.T) {
	set := synthetic(t)
	w, err := set.Windows(data.Test, 96, 2880-5+1)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Evaluate(context.Background(), fitted(t, "Naive", set, 1), naiveWindows{w}, 32, 2)
	if err != nil || s.Windows != 5 || len(s.Blocks) != 5 {
		t.Errorf("%d windows in %d blocks, %v; want 5 in 5", s.Windows, len(s.Blocks), err)
	}
}

// naiveWindows are windows whose horizon is cut to one step, for a model fitted for one.
type naiveWindows struct{ *data.Windows }

func (naiveWindows) Horizon() int             { return 1 }
func (w naiveWindows) Target(i int) []float32 { return w.Windows.Target(i)[:w.Channels()] }

// Memory is one batch of forecasts per thread and two sums per window, never the windows'.
func TestEvaluateCopiesNoWindow(t *testing.T) {
	set := synthetic(t)
	w := testWindows(t, set, 720)
	m := fitted(t, "Naive", set, 720)
	allocated := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if _, err := Evaluate(context.Background(), m, w, 8, 2); err != nil {
				b.Fatal(err)
			}
		}
	}).AllocedBytesPerOp()
	limit := int64(2*8*720*7*4) + int64(w.Len())*16 + 64<<10 // batches, sums, goroutines
	if allocated > limit {
		t.Errorf("Evaluate allocates %d bytes, want at most %d", allocated, limit)
	}
}

func TestEvaluateEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	set := synthetic(t)
	if _, err := Evaluate(ctx, fitted(t, "Naive", set, 96), testWindows(t, set, 96), 32, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("Evaluate under a cancelled context: %v", err)
	}
}

// Predictions from elsewhere get the same bits as the model that made them.
func TestScorePredictionsEqualsEvaluate(t *testing.T) {
	set := synthetic(t)
	w := testWindows(t, set, 96)
	m := fitted(t, "OLS", set, 96)
	want, err := Evaluate(context.Background(), m, w, 32, 2)
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	got, err := ScorePredictions(context.Background(), w, func(dst []float32) error {
		m.Predict(dst, w.Rows(i, 1), 1)
		i++
		return nil
	})
	if err != nil || got.MSE != want.MSE || got.MAE != want.MAE || got.Windows != want.Windows {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	broken := errors.New("the file ends")
	if _, err := ScorePredictions(context.Background(), w, func([]float32) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a failing source gives %v", err)
	}
}
