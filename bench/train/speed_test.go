package train

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/kernels"
	"ecalf/model"
)

// rows is a model.Windows over an array made here, of the shape of a set that may not be at hand.
type rows struct {
	values  []float32
	l, h, c int
}

func (r rows) Len() int                { return len(r.values)/r.c - r.l - r.h + 1 }
func (r rows) Lookback() int           { return r.l }
func (r rows) Horizon() int            { return r.h }
func (r rows) Channels() int           { return r.c }
func (r rows) Values() []float32       { return r.values }
func (r rows) Rows(i, n int) []float32 { return r.values[i*r.c : (i+r.l+n-1)*r.c] }
func (r rows) Target(i int) []float32  { return r.values[(i+r.l)*r.c : (i+r.l+r.h)*r.c] }

var _ model.Windows = rows{}

// shaped makes a daily pattern with noise in the shape of a public set and cuts its three parts.
func shaped(b *testing.B, name string, h int) (train, val, test rows) {
	b.Helper()
	spec, err := data.Find(name)
	if err != nil {
		b.Fatal(err)
	}
	const l = 96
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, spec.Rows*spec.Channels)
	for i := range values {
		t, c := i/spec.Channels, i%spec.Channels
		values[i] = float32(math.Sin(2*math.Pi*float64(t+c)/float64(spec.Season)) + 0.3*random.NormFloat64())
	}
	trainRows, valRows, _ := spec.Split.Rows(spec.Rows)
	cut := func(from, to int) rows {
		return rows{values[from*spec.Channels : to*spec.Channels], l, h, spec.Channels}
	}
	return cut(0, trainRows), cut(trainRows-l, trainRows+valRows), cut(trainRows+valRows-l, spec.Rows)
}

// BenchmarkOLSTraffic fits and scores OLS at the four horizons on data of Traffic's shape, 17,544 × 862. An operation is
// all four.
func BenchmarkOLSTraffic(b *testing.B) {
	be, err := kernels.Best()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		for _, h := range []int{96, 192, 336, 720} {
			train, val, test := shaped(b, "Traffic", h)
			m, err := baselines.NewOLS(be, model.Config{Lookback: 96, Horizon: h, Channels: test.c})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := m.Fit(context.Background(), train, val); err != nil {
				b.Fatal(err)
			}
			if _, err := Evaluate(context.Background(), m, test, solvedBatch(test), kernels.Threads()); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkNaiveWeather scores Naive on every window of Weather at horizon 720 and reports how fast it goes through the
// targets, beside one core adding up the errors of a forecast that is there already, and copying the targets.
func BenchmarkNaiveWeather(b *testing.B) {
	_, _, test := shaped(b, "Weather", 720)
	m, err := baselines.NewNaive(nil, model.Config{Lookback: 96, Horizon: 720, Channels: test.c})
	if err != nil {
		b.Fatal(err)
	}
	bytes := int64(test.Len()) * 720 * int64(test.c) * 4
	b.Run("evaluate", func(b *testing.B) {
		b.SetBytes(bytes)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Evaluate(context.Background(), m, test, solvedBatch(test), kernels.Threads()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("sum", func(b *testing.B) {
		b.SetBytes(bytes)
		zeros := make([]float32, 720*test.c)
		for b.Loop() {
			for i := range test.Len() {
				kernels.SquaredAbsErrors(zeros, test.Target(i))
			}
		}
	})
	b.Run("copy", func(b *testing.B) {
		b.SetBytes(bytes)
		dst := make([]float32, 720*test.c)
		for b.Loop() {
			for i := range test.Len() {
				copy(dst, test.Target(i))
			}
		}
	})
}
