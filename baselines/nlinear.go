// NLinear: one matrix for all channels, on windows whose last value is taken off and given back.

package baselines

import (
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// nlinear is Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, section 4.
type nlinear struct {
	linear *nn.Linear // L → H
	params []*nn.Param
}

// NewNLinear builds an NLinear. It has no hyper-parameters.
func NewNLinear(be kernels.Backend, c model.Config) (model.Model, error) {
	if err := noParams(c); err != nil {
		return nil, err
	}
	b := nn.NewBuild(be, c.Seed)
	linear := nn.NewLinear(b.In("Linear"), c.Lookback, c.Horizon)
	return &nlinear{linear, b.Params()}, nil
}

func (m *nlinear) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *nlinear) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	x = tp.Permute(x, 0, 2, 1)                        // (B, C, L)
	last := tp.Slice(x, -1, x.Dim(-1)-1, x.Dim(-1))   // (B, C, 1)
	y := m.linear.Forward(tp, tp.Sub(x, last))        // (B, C, H)
	y = tp.Add(y, last)                               // (B, C, H)
	return model.Output{Pred: tp.Permute(y, 0, 2, 1)} // (B, H, C)
}
