// Batch normalisation of tokens, PatchTST's last layer before its head.

package baselines

import (
	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

const (
	batchNormEps      = 1e-5 // PyTorch's
	batchNormMomentum = 0.1  // weight of the newest batch in the running statistics
)

// batchNorm is Ioffe & Szegedy 2015 over the features of tokens: in training each of the D features is normalised by
// its mean and biased variance over all tokens of the batch, in evaluation by running averages of both.
type batchNorm struct {
	weight, bias            *nn.Param // (D)
	runningMean, runningVar *nn.Param // (D)
}

func newBatchNorm(b nn.Build, width int) *batchNorm {
	return &batchNorm{
		weight:      b.Param("weight", nn.Ones, width),
		bias:        b.Param("bias", nn.Zeros, width),
		runningMean: b.State("running_mean", nn.Zeros, width),
		runningVar:  b.State("running_var", nn.Ones, width),
	}
}

// Forward maps x (B, P, D) to (B, D, P).
func (n *batchNorm) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	b, p, d := x.Dim(0), x.Dim(1), x.Dim(2)
	if !x.Trains() { // in evaluation nothing does
		std := tp.Unary(kernels.Sqrt, tp.Affine(n.runningVar.Tensor, 1, batchNormEps)) // (D)
		scale := tp.Div(n.weight.Tensor, std)                                          // (D)
		shift := tp.Sub(n.bias.Tensor, tp.Mul(scale, n.runningMean.Tensor))            // (D)
		return tp.Permute(tp.Add(tp.Mul(x, scale), shift), 0, 2, 1)                    // (B, D, P)
	}
	n.observe(tp, x)
	// With the features as rows, the normalisation over the batch is one of each row.
	x = tp.Reshape(tp.Permute(x, 2, 0, 1), d, b*p)     // (D, B·P)
	x = tp.LayerNorm(x, batchNormEps, tensor.Affine{}) // (D, B·P)
	x = tp.Mul(x, tp.Reshape(n.weight.Tensor, d, 1))   // (D, B·P)
	x = tp.Add(x, tp.Reshape(n.bias.Tensor, d, 1))     // (D, B·P)
	return tp.Permute(tp.Reshape(x, d, b, p), 1, 0, 2) // (B, D, P)
}

// observe takes the statistics of x (B, P, D) into the running ones. The variance is the unbiased one there, as in
// PyTorch.
func (n *batchNorm) observe(tp *tensor.Tape, x *tensor.Tensor) {
	d := x.Dim(2)
	tokens := x.Len() / d
	rows := tp.Reshape(tp.Detach(x), 1, tokens, d) // (1, B·P, D)
	_, m := tp.InstanceNorm(rows, batchNormEps)    // std² = biased variance + eps
	unbiased := batchNormMomentum * float32(tokens) / float32(max(tokens-1, 1))

	ops := tp.Backend().Ops()
	mean, variance := n.runningMean.Tensor.Buf, n.runningVar.Tensor.Buf
	ops.Affine(kernels.Into(mean), mean, d, 1-batchNormMomentum, 0)
	ops.Affine(kernels.Onto(mean), m.Mean.Buf, d, batchNormMomentum, 0)
	ops.Unary(kernels.Square, m.Std.Buf, m.Std.Buf, d)
	ops.Affine(kernels.Into(variance), variance, d, 1-batchNormMomentum, 0)
	ops.Affine(kernels.Onto(variance), m.Std.Buf, d, unbiased, -unbiased*batchNormEps)
}
