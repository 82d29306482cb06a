// The direct reading: a linear map from a window to its forecast, beside the language model's.

package model

import (
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// direct adds m·W·x of every channel's normalised window x to the time branch's forecast. W starts at zero, so that the
// first forecasts are CALF's. The abstract does not name it: some tens of steps, all that a tenth of the rows give,
// do not teach the blocks a map that is nearly linear (paper/notes.md).
type direct struct {
	weight *nn.Param // (H, L)
	scale  float32   // m: Adam moves the reading m times as fast as a matrix at the same rate
}

func newDirect(b nn.Build, lookback, horizon int, scale float64) *direct {
	return &direct{weight: b.Param("weight", nn.Zeros, horizon, lookback), scale: float32(scale)}
}

// onto is y (B, C, H) with the reading of series (B, C, L) added.
func (d *direct) onto(tp *tensor.Tape, y, series *tensor.Tensor) *tensor.Tensor {
	return tp.LinearOnto(y, series, d.weight.Tensor, d.scale)
}
