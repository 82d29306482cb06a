// Linear maps, and low-rank adapters of frozen ones.

package nn

import "ecalf/model/tensor"

// Linear is y = x·weightᵀ + bias.
type Linear struct {
	Weight *Param // weight (N, K), or (K, N) if InOut
	Bias   *Param // bias (N), or nil
	InOut  bool   // Weight is stored as GPT-2's Conv1D stores it
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

// NewConv1D is the linear map of GPT-2: weight (K, N) drawn from the normal distribution
// of the given deviation, bias zero.
func NewConv1D(b Build, in, out int, std float64) *Linear {
	return &Linear{Weight: b.Param("weight", Normal(std), in, out), Bias: b.Param("bias", Zeros, out), InOut: true}
}

// Forward maps x (…, K) to (…, N).
func (l *Linear) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return l.Fused(tp, x, tensor.Fused{})
}

// Fused is Forward with what follows it: activation, dropout, residual.
func (l *Linear) Fused(tp *tensor.Tape, x *tensor.Tensor, f tensor.Fused) *tensor.Tensor {
	f.Bias, f.InOut = tensorOf(l.Bias), l.InOut
	return tp.Linear(x, l.Weight.Tensor, f)
}

// Freeze makes weight and bias constant.
func (l *Linear) Freeze() {
	l.Weight.Freeze()
	if l.Bias != nil {
		l.Bias.Freeze()
	}
}

// LoRA adapts a frozen linear map by a product of two thin matrices (Hu et al. 2022,
// equation 3):
//
//	y = base(x) + α/r·dropout(x)·Aᵀ·Bᵀ
type LoRA struct {
	Base    *Linear
	A       *Param // lora_A.default.weight (r, K)
	B       *Param // lora_B.default.weight (N, r), zero at first
	Scale   float32
	Dropout float32
}

// NewLoRA freezes base and adapts it with rank r; the names are those of the peft library.
func NewLoRA(b Build, base *Linear, in, out, r int, alpha, dropout float32) *LoRA {
	base.Freeze()
	return &LoRA{
		Base:    base,
		A:       b.Param("lora_A.default.weight", KaimingUniform(in), r, in),
		B:       b.Param("lora_B.default.weight", Zeros, out, r),
		Scale:   alpha / float32(r),
		Dropout: dropout,
	}
}

// Forward maps x (S, …, K) to (S, …, N), with the first samples of it adapted and the rest as base maps them. spend is
// tensor.Fused's: without dropout the gradient of A still reads x.
func (l *LoRA) Forward(tp *tensor.Tape, x *tensor.Tensor, samples int, spend bool) *tensor.Tensor {
	h := tp.Linear(tp.Dropout(tp.Rows(x, 0, samples), l.Dropout), l.A.Tensor, tensor.Fused{}) // (samples, …, r)
	y := l.Base.Fused(tp, x, tensor.Fused{Spend: spend && (l.Dropout > 0 || !tp.Training())}) // (S, …, N)
	return tp.LinearOnto(y, h, l.B.Tensor, l.Scale)
}
