// Multi-head attention and the transformer's encoder layer.

package nn

import (
	"ecalf/kernels"
	"ecalf/model/tensor"
)

// MultiheadAttention is that of Vaswani et al. 2017, section 3.2.2, with PyTorch's
// parameters: the three input projections in one matrix, q first, then k, then v.
type MultiheadAttention struct {
	InWeight *Param // in_proj_weight (3D, D)
	InBias   *Param // in_proj_bias (3D)
	Out      *Linear
	Heads    tensor.Heads
}

// NewMultiheadAttention has PyTorch's initial values. dropout is the rate on the
// probabilities.
func NewMultiheadAttention(b Build, width, heads int, dropout float32) *MultiheadAttention {
	a := &MultiheadAttention{
		InWeight: b.Param("in_proj_weight", XavierUniform(width, 3*width), 3*width, width),
		InBias:   b.Param("in_proj_bias", Zeros, 3*width),
		Out:      NewLinearNoBias(b.In("out_proj"), width, width),
		Heads:    tensor.Heads{A: heads, Dropout: dropout},
	}
	a.Out.Bias = b.In("out_proj").Param("bias", Zeros, width)
	return a
}

// Self attends from each token of x (B, T, D) to all of its sample: (B, T, D). f is what
// follows the output projection.
func (a *MultiheadAttention) Self(tp *tensor.Tape, x *tensor.Tensor, f tensor.Fused) *tensor.Tensor {
	qkv := tp.Linear(x, a.InWeight.Tensor, tensor.Fused{Bias: a.InBias.Tensor}) // (B, T, 3D)
	o := tp.SelfAttention(qkv, a.Heads)                                         // (B, T, D)
	return a.Out.Fused(tp, o, f)                                                // (B, T, D)
}

// Cross attends from x (B, T, D) to other tokens, memory (B, S, D), or (S, D) where all
// samples share them: (B, T, D). Shared ones are projected once, not once per sample.
func (a *MultiheadAttention) Cross(tp *tensor.Tape, x, memory *tensor.Tensor) *tensor.Tensor {
	q := a.Project(tp, x, 0)      // (B, T, D)
	k := a.Project(tp, memory, 1) // (B, S, D) or (S, D)
	v := a.Project(tp, memory, 2)
	o := tp.Attention(q, k, v, a.Heads) // (B, T, D)
	return a.Out.Forward(tp, o)         // (B, T, D)
}

// Project is one of the three input projections of x (…, D): 0 for queries, 1 for keys, 2 for values.
func (a *MultiheadAttention) Project(tp *tensor.Tape, x *tensor.Tensor, part int) *tensor.Tensor {
	d := a.InWeight.Tensor.Dim(1)
	return tp.Linear(x, tp.Rows(a.InWeight.Tensor, part*d, (part+1)*d), tensor.Fused{
		Bias: tp.Rows(a.InBias.Tensor, part*d, (part+1)*d),
	})
}

// EncoderConfig are the settings of an EncoderLayer.
type EncoderConfig struct {
	Width, Heads, Hidden int // of a token, attention, and the feed-forward part
	Act                  kernels.UnaryOp
	Dropout              float32 // on attention probabilities, on both parts' results and after Act
	PreNorm              bool    // norms stand before the parts instead of behind the residuals
}

// EncoderLayer is PyTorch's TransformerEncoderLayer: self-attention and a feed-forward
// part, each with residual and norm (Vaswani et al. 2017, section 3.1; pre-norm: Xiong et
// al. 2020, figure 1b).
type EncoderLayer struct {
	Attention        *MultiheadAttention // self_attn
	Linear1, Linear2 *Linear
	Norm1, Norm2     *LayerNorm
	Config           EncoderConfig
}

// NewEncoderLayer has PyTorch's names and initial values.
func NewEncoderLayer(b Build, c EncoderConfig) *EncoderLayer {
	return &EncoderLayer{
		Attention: NewMultiheadAttention(b.In("self_attn"), c.Width, c.Heads, c.Dropout),
		Linear1:   NewLinear(b.In("linear1"), c.Width, c.Hidden),
		Linear2:   NewLinear(b.In("linear2"), c.Hidden, c.Width),
		Norm1:     NewLayerNorm(b.In("norm1"), c.Width),
		Norm2:     NewLayerNorm(b.In("norm2"), c.Width),
		Config:    c,
	}
}

// Forward maps x (B, T, D) to (B, T, D).
func (l *EncoderLayer) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return tp.Scope(func() *tensor.Tensor {
		if l.Config.PreNorm {
			h := l.attend(tp, l.Norm1.Forward(tp, x), x)
			return l.feed(tp, l.Norm2.Forward(tp, h), h)
		}
		h := l.Norm1.Forward(tp, l.attend(tp, x, x))
		return l.Norm2.Forward(tp, l.feed(tp, h, h))
	})
}

// attend is residual + dropout(attention(x)).
func (l *EncoderLayer) attend(tp *tensor.Tape, x, residual *tensor.Tensor) *tensor.Tensor {
	return l.Attention.Self(tp, x, tensor.Fused{Dropout: l.Config.Dropout, Residual: residual})
}

// feed is residual + dropout(linear2(dropout(act(linear1(x))))).
func (l *EncoderLayer) feed(tp *tensor.Tape, x, residual *tensor.Tensor) *tensor.Tensor {
	h := l.Linear1.Fused(tp, x, tensor.Fused{Act: l.Config.Act, Dropout: l.Config.Dropout}) // (B, T, Hidden)
	return l.Linear2.Fused(tp, h, tensor.Fused{Dropout: l.Config.Dropout, Residual: residual})
}
