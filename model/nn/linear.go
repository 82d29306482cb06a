// Linear maps, and low-rank adapters of frozen ones.

package nn

import (
	"ecalf/model/tensor"
)

// Linear is y = x·weightᵀ + bias.
type Linear struct {
	Weight *Param // weight (N, K)
	Bias   *Param // bias (N), or nil
}

// NewLinear has PyTorch's initial weights and bias.
func NewLinear(b Build, in, out int) *Linear {
	l := NewLinearNoBias(b, in, out)
	l.Bias = b.Param("bias", KaimingUniform(in), out)
	return l
}

// NewLinearNoBias is a Linear without bias.
func NewLinearNoBias(b Build, in, out int) *Linear {
	return &Linear{Weight: b.Param("weight", KaimingUniform(in), out, in)}
}

// Forward maps x (…, K) to (…, N).
func (l *Linear) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return l.Fused(tp, x, tensor.Fused{})
}

// Fused is Forward with what follows it: activation, dropout, residual.
func (l *Linear) Fused(tp *tensor.Tape, x *tensor.Tensor, f tensor.Fused) *tensor.Tensor {
	f.Bias = tensorOf(l.Bias)
	return tp.Linear(x, l.Weight.Tensor, f)
}
