// The stack of Transformer encoder layers that PatchTST and iTransformer have in common.

package baselines

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// encoderParams are the hyper-parameters of the stack, under the names of the published scripts.
type encoderParams struct {
	DModel  int     `json:"d_model"`
	NHeads  int     `json:"n_heads"`
	DFF     int     `json:"d_ff"`
	ELayers int     `json:"e_layers"`
	Dropout float32 `json:"dropout"` // of the embedding, of the layers and of PatchTST's head
}

// publishedEncoder are the defaults of the Time-Series-Library and of the iTransformer repository.
var publishedEncoder = encoderParams{DModel: 512, NHeads: 8, DFF: 2048, ELayers: 2, Dropout: 0.1}

// check returns an error that names the hyper-parameter which makes no sense.
func (p encoderParams) check() error {
	switch {
	case p.DModel < 1 || p.DFF < 1 || p.ELayers < 1:
		return fmt.Errorf("d_model %d, d_ff %d, e_layers %d: each must be 1 or more", p.DModel, p.DFF, p.ELayers)
	case p.NHeads < 1 || p.DModel%p.NHeads != 0:
		return fmt.Errorf("n_heads is %d: give a divisor of d_model, %d", p.NHeads, p.DModel)
	case !(p.Dropout >= 0 && p.Dropout < 1):
		return fmt.Errorf("dropout is %v: give a rate of 0 or more, below 1", p.Dropout)
	}
	return nil
}

// encoder is a stack of post-norm layers (Vaswani et al. 2017, section 3.1, with GELU).
type encoder []*nn.EncoderLayer

// newEncoder has the parameter names of PyTorch's TransformerEncoder. Its initial values are those of the published
// code, where queries, keys and values are plain linear layers; PyTorch's own attention draws them otherwise.
func newEncoder(b nn.Build, p encoderParams) encoder {
	config := nn.EncoderConfig{Width: p.DModel, Heads: p.NHeads, Hidden: p.DFF, Act: kernels.GELU, Dropout: p.Dropout}
	linear := nn.KaimingUniform(p.DModel)
	e := make(encoder, p.ELayers)
	for i := range e {
		b, attention := b.At("layers", i), b.At("layers", i).In("self_attn")
		e[i] = &nn.EncoderLayer{
			Attention: &nn.MultiheadAttention{
				InWeight: attention.Param("in_proj_weight", linear, 3*p.DModel, p.DModel),
				InBias:   attention.Param("in_proj_bias", linear, 3*p.DModel),
				Out:      nn.NewLinear(attention.In("out_proj"), p.DModel, p.DModel),
				Heads:    tensor.Heads{A: p.NHeads, Dropout: p.Dropout},
			},
			Linear1: nn.NewLinear(b.In("linear1"), p.DModel, p.DFF),
			Linear2: nn.NewLinear(b.In("linear2"), p.DFF, p.DModel),
			Norm1:   nn.NewLayerNorm(b.In("norm1"), p.DModel),
			Norm2:   nn.NewLayerNorm(b.In("norm2"), p.DModel),
			Config:  config,
		}
	}
	return e
}

// Forward maps x (B, T, D) to (B, T, D), tokens of one sample seeing each other.
func (e encoder) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	for _, layer := range e {
		x = layer.Forward(tp, x)
	}
	return x
}
