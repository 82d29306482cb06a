// PatchTST: every channel is a sentence of patches, read by one Transformer encoder for all channels.

package baselines

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// patchTST is Nie et al., "A Time Series is Worth 64 Words", ICLR 2023, in the form that the field's look-back-96
// tables ran, which is the Time-Series-Library's: plain instance norm instead of RevIN, sinusoidal positions, LayerNorm
// in the layers and one BatchNorm behind them. P is the number of patches, D the width of their embedding.
type patchTST struct {
	patchLen, stride int
	dropout          float32
	rev              *nn.RevIN
	embed            *nn.Linear     // patch → D, no bias
	position         *tensor.Tensor // (P, D)
	encoder          encoder
	norm             *batchNorm
	head             *nn.Linear // D·P → H
	params           []*nn.Param
}

// NewPatchTST builds a PatchTST. Its hyper-parameters are patch_len (16) and stride (8), in steps, and those of the
// encoder: d_model (512), n_heads (8), d_ff (2048), e_layers (2), dropout (0.1). A patch longer than the look-back is
// NotApplicable.
func NewPatchTST(be kernels.Backend, c model.Config) (model.Model, error) {
	p := struct {
		PatchLen int `json:"patch_len"`
		Stride   int `json:"stride"`
		encoderParams
	}{16, 8, publishedEncoder}
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	if p.PatchLen < 1 || p.Stride < 1 {
		return nil, fmt.Errorf("PatchTST: patch_len %d, stride %d: each must be 1 or more", p.PatchLen, p.Stride)
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("PatchTST: %w", err)
	}
	if p.PatchLen > c.Lookback {
		return nil, model.NotApplicable(fmt.Sprintf("PatchTST needs a look-back of one patch (%d rows), it is %d", p.PatchLen, c.Lookback))
	}
	patches := (c.Lookback-p.PatchLen)/p.Stride + 2 // those of the window and one that reaches into the padding
	b := nn.NewBuild(be, c.Seed)
	m := &patchTST{
		patchLen: p.PatchLen, stride: p.Stride, dropout: p.Dropout,
		rev:      nn.NewRevINPlain(),
		embed:    nn.NewLinearNoBias(b.In("value_embedding"), p.PatchLen, p.DModel),
		position: nn.Sinusoid(be, patches, p.DModel),
		encoder:  newEncoder(b.In("encoder"), p.encoderParams),
		norm:     newBatchNorm(b.In("norm"), p.DModel),
		head:     nn.NewLinear(b.In("head"), p.DModel*patches, c.Horizon),
	}
	m.params = b.Params()
	return m, nil
}

func (m *patchTST) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *patchTST) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	b, c := x.Dim(0), x.Dim(2)
	x, moments := m.rev.Norm(tp, x)                                              // (B, L, C)
	x = tp.PadEdge(tp.Permute(x, 0, 2, 1), -1, 0, m.stride)                      // (B, C, L + stride)
	x = tp.Unfold(x, m.patchLen, m.stride)                                       // (B, C, P, patch)
	x = tp.Reshape(x, b*c, -1, m.patchLen)                                       // (B·C, P, patch)
	h := tp.Add(m.embed.Forward(tp, x), m.position)                              // (B·C, P, D)
	h = m.encoder.Forward(tp, tp.Dropout(h, m.dropout))                          // (B·C, P, D)
	h = m.norm.Forward(tp, h)                                                    // (B·C, D, P)
	h = tp.Reshape(h, b, c, -1)                                                  // (B, C, D·P)
	y := m.head.Fused(tp, h, tensor.Fused{Dropout: m.dropout})                   // (B, C, H)
	return model.Output{Pred: m.rev.Denorm(tp, tp.Permute(y, 0, 2, 1), moments)} // (B, H, C)
}
