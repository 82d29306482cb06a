// iTransformer: a channel's whole look-back is one token, and attention runs over the channels.

package baselines

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// iTransformer is Liu et al., "iTransformer: Inverted Transformers Are Effective for Time Series Forecasting",
// ICLR 2024, figure 2. The published runs had time stamps as additional tokens; here a model sees the values alone.
type iTransformer struct {
	dropout   float32
	rev       *nn.RevIN
	embed     *nn.Linear // L → D
	encoder   encoder
	norm      *nn.LayerNorm
	projector *nn.Linear // D → H
	params    []*nn.Param
}

// NewITransformer builds an iTransformer. Its hyper-parameters are those of the encoder: d_model (512), n_heads (8),
// d_ff (2048), e_layers (2), dropout (0.1).
func NewITransformer(be kernels.Backend, c model.Config) (model.Model, error) {
	p := publishedEncoder
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("iTransformer: %w", err)
	}
	b := nn.NewBuild(be, c.Seed)
	m := &iTransformer{
		dropout:   p.Dropout,
		rev:       nn.NewRevINPlain(),
		embed:     nn.NewLinear(b.In("value_embedding"), c.Lookback, p.DModel),
		encoder:   newEncoder(b.In("encoder"), p),
		norm:      nn.NewLayerNorm(b.In("norm"), p.DModel),
		projector: nn.NewLinear(b.In("projector"), p.DModel, c.Horizon),
	}
	m.params = b.Params()
	return m, nil
}

func (m *iTransformer) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *iTransformer) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	x, moments := m.rev.Norm(tp, x)                                              // (B, L, C)
	x = tp.Permute(x, 0, 2, 1)                                                   // (B, C, L)
	h := m.embed.Fused(tp, x, tensor.Fused{Dropout: m.dropout})                  // (B, C, D)
	h = m.norm.Forward(tp, m.encoder.Forward(tp, h))                             // (B, C, D)
	y := m.projector.Forward(tp, h)                                              // (B, C, H)
	return model.Output{Pred: m.rev.Denorm(tp, tp.Permute(y, 0, 2, 1), moments)} // (B, H, C)
}
