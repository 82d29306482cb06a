package baselines

import (
	"math/rand/v2"

	"ecalf/model"
)

// series is a model.Windows over rows made by the test.
type series struct {
	values  []float32 // (rows, C)
	l, h, c int
}

func (s series) Len() int                { return len(s.values)/s.c - s.l - s.h + 1 }
func (s series) Lookback() int           { return s.l }
func (s series) Horizon() int            { return s.h }
func (s series) Channels() int           { return s.c }
func (s series) Values() []float32       { return s.values }
func (s series) Rows(i, n int) []float32 { return s.values[i*s.c : (i+s.l+n-1)*s.c] }
func (s series) Target(i int) []float32  { return s.values[(i+s.l)*s.c : (i+s.l+s.h)*s.c] }

var _ model.Windows = series{}

// randomSeries is a stationary AR(1) around a level of its own per channel.
func randomSeries(seed uint64, rows, l, h, c int) series {
	r := rand.New(rand.NewPCG(seed, 1))
	s := series{make([]float32, rows*c), l, h, c}
	for ch := range c {
		z := 0.0
		for t := range rows {
			z = 0.8*z + r.NormFloat64()
			s.values[t*c+ch] = float32(z + float64(ch))
		}
	}
	return s
}
