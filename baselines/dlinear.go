// DLinear: a window is split into trend and remainder, and each is mapped to the horizon by one matrix for all
// channels.

package baselines

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// dlinear is Zeng et al., "Are Transformers Effective for Time Series Forecasting?", AAAI 2023, section 4.
type dlinear struct {
	movingAverage   int
	seasonal, trend *nn.Linear // L → H
	params          []*nn.Param
}

// NewDLinear builds a DLinear. Its hyper-parameter is moving_average (25), the odd number of steps that the trend at a
// step is the mean of; beyond the ends of the window its first and last values are repeated.
func NewDLinear(be kernels.Backend, c model.Config) (model.Model, error) {
	p := struct {
		MovingAverage int `json:"moving_average"`
	}{25}
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	if p.MovingAverage < 1 || p.MovingAverage%2 == 0 {
		return nil, fmt.Errorf("DLinear: moving_average is %d: give an odd number above 0", p.MovingAverage)
	}
	b := nn.NewBuild(be, c.Seed)
	m := &dlinear{
		movingAverage: p.MovingAverage,
		seasonal:      nn.NewLinear(b.In("Linear_Seasonal"), c.Lookback, c.Horizon),
		trend:         nn.NewLinear(b.In("Linear_Trend"), c.Lookback, c.Horizon),
	}
	m.params = b.Params()
	return m, nil
}

func (m *dlinear) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *dlinear) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	x = tp.Permute(x, 0, 2, 1)                                    // (B, C, L)
	trend := tp.MovingAverage(x, -1, m.movingAverage)             // (B, C, L)
	y := m.trend.Forward(tp, trend)                               // (B, C, H)
	seasonal := tp.Sub(x, trend)                                  // (B, C, L)
	y = m.seasonal.Fused(tp, seasonal, tensor.Fused{Residual: y}) // (B, C, H)
	return model.Output{Pred: tp.Permute(y, 0, 2, 1)}             // (B, H, C)
}
