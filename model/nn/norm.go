// Normalisation layers.

package nn

import "ecalf/model/tensor"

// LayerNorm normalises the last axis (Ba et al. 2016).
type LayerNorm struct {
	Weight, Bias *Param // weight, bias (D)
	Eps          float32
}

// NewLayerNorm has weight 1, bias 0 and PyTorch's eps 1e-5.
func NewLayerNorm(b Build, width int) *LayerNorm {
	return &LayerNorm{Weight: b.Param("weight", Ones, width), Bias: b.Param("bias", Zeros, width), Eps: 1e-5}
}

// Forward maps x (…, D) to (…, D).
func (l *LayerNorm) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return tp.LayerNorm(x, l.Eps, l.Affine())
}

// Affine is its affine map, for those who norm several parts of a tensor at once.
func (l *LayerNorm) Affine() tensor.Affine {
	return tensor.Affine{Gamma: l.Weight.Tensor, Beta: l.Bias.Tensor}
}

// RMSNorm divides the last axis by its root mean square (Zhang & Sennrich 2019).
type RMSNorm struct {
	Weight *Param // weight (D)
	Eps    float32
}

// NewRMSNorm has weight 1.
func NewRMSNorm(b Build, width int, eps float32) *RMSNorm {
	return &RMSNorm{Weight: b.Param("weight", Ones, width), Eps: eps}
}

// Forward maps x (…, D) to (…, D).
func (l *RMSNorm) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return tp.RMSNorm(x, l.Eps, tensor.Affine{Gamma: l.Weight.Tensor})
}

// RevIN is reversible instance normalisation (Kim et al. 2022): each window's channel
// loses its mean and deviation at the model's input and gets them back at its output.
type RevIN struct {
	Weight, Bias *Param // affine_weight, affine_bias (C); nil without the affine map
	Eps          float32
}

// NewRevIN has the affine map, which is the identity at first.
func NewRevIN(b Build, channels int) *RevIN {
	return &RevIN{
		Weight: b.Param("affine_weight", Ones, channels),
		Bias:   b.Param("affine_bias", Zeros, channels),
		Eps:    revINEps,
	}
}

// NewRevINPlain has no parameters.
func NewRevINPlain() *RevIN { return &RevIN{Eps: revINEps} }

const revINEps = 1e-5

// Norm maps x (B, L, C) to (B, L, C) and says what it took off.
func (r *RevIN) Norm(tp *tensor.Tape, x *tensor.Tensor) (*tensor.Tensor, tensor.Moments) {
	y, m := tp.InstanceNorm(x, r.Eps) // (B, L, C)
	if r.Weight != nil {
		y = tp.Add(tp.Mul(y, r.Weight.Tensor), r.Bias.Tensor)
	}
	return y, m
}

// Denorm maps y (B, H, C) to (B, H, C), undoing Norm. Like the published code it divides
// by weight + eps².
func (r *RevIN) Denorm(tp *tensor.Tape, y *tensor.Tensor, m tensor.Moments) *tensor.Tensor {
	if r.Weight != nil {
		y = tp.Div(tp.Sub(y, r.Bias.Tensor), tp.Affine(r.Weight.Tensor, 1, r.Eps*r.Eps))
	}
	return tp.Denorm(y, m)
}
