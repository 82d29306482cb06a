// The direct reading: a linear map from a window to its forecast, beside the language model's.

package model

import (
	"math"

	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// direct adds m·W·F·x of every channel's normalised window x to the time branch's forecast, F being the cosine
// transform. W starts at zero, so that the first forecasts are CALF's. The abstract does not name it: some tens of
// steps, all that a tenth of the rows give, do not teach the blocks a map that is nearly linear (paper/notes.md).
type direct struct {
	waves  *tensor.Tensor // F (L, L): rows are the basis, lowest frequency first
	weight *nn.Param      // W (H, L)
	scale  float32        // m: Adam moves the reading m times as fast as a matrix at the same rate
}

func newDirect(b nn.Build, lookback, horizon int, scale float64) *direct {
	return &direct{
		waves:  tensor.From(b.Backend(), cosines(lookback), lookback, lookback),
		weight: b.Param("weight", nn.Zeros, horizon, lookback), scale: float32(scale),
	}
}

// cosines is the orthonormal basis (n, n) of the discrete cosine transform II (Ahmed et al. 1974). What a window holds is in few of
// its waves: Adam, whose first steps are as long for every weight, goes far less astray in them than in the samples.
func cosines(n int) []float32 {
	basis := make([]float32, 0, n*n)
	for k := range n {
		norm := math.Sqrt(2 / float64(n))
		if k == 0 {
			norm = math.Sqrt(1 / float64(n))
		}
		for t := range n {
			basis = append(basis, float32(norm*math.Cos(math.Pi*float64(k)*(float64(t)+0.5)/float64(n))))
		}
	}
	return basis
}

// onto is y (B, C, H) with the reading of series (B, C, L) added.
func (d *direct) onto(tp *tensor.Tape, y, series *tensor.Tensor) *tensor.Tensor {
	return tp.LinearOnto(y, tp.Linear(series, d.waves, tensor.Fused{}), d.weight.Tensor, d.scale)
}
