// RLinear: one matrix for all channels, between a reversible instance normalisation and its inverse.

package baselines

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// rlinear is Li et al., "Revisiting Long-term Time Series Forecasting: An Investigation on Linear Mapping", 2023.
type rlinear struct {
	rev     *nn.RevIN
	dropout float32
	linear  *nn.Linear // L → H
	params  []*nn.Param
}

// NewRLinear builds an RLinear. Its hyper-parameter is dropout (0.1), of the normalised window.
func NewRLinear(be kernels.Backend, c model.Config) (model.Model, error) {
	p := struct {
		Dropout float32 `json:"dropout"`
	}{0.1}
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	if !(p.Dropout >= 0 && p.Dropout < 1) {
		return nil, fmt.Errorf("RLinear: dropout is %v: give a rate of 0 or more, below 1", p.Dropout)
	}
	b := nn.NewBuild(be, c.Seed)
	m := &rlinear{
		rev:     nn.NewRevIN(b.In("rev"), c.Channels),
		dropout: p.Dropout,
		linear:  nn.NewLinear(b.In("Linear"), c.Lookback, c.Horizon),
	}
	m.params = b.Params()
	return m, nil
}

func (m *rlinear) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *rlinear) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	x, moments := m.rev.Norm(tp, x)                                              // (B, L, C)
	x = tp.Permute(tp.Dropout(x, m.dropout), 0, 2, 1)                            // (B, C, L)
	y := m.linear.Forward(tp, x)                                                 // (B, C, H)
	return model.Output{Pred: m.rev.Denorm(tp, tp.Permute(y, 0, 2, 1), moments)} // (B, H, C)
}
