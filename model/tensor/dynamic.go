// Dynamic attention: tokens that look at prototypes with a temperature, a bias and a gate of their own.

package tensor

import (
	"math"

	"ecalf/kernels"
)

// Dynamic says how each token attends. Of three parts each may be left out: Temperature; Code with Codebook; the gate,
// which is the last four.
type Dynamic struct {
	A int // heads

	Temperature *Tensor // (…, A): logarithm, clipped to ±ln 8

	Code     *Tensor // (…, A·R)
	Codebook *Tensor // (A, P, R)

	Gate      *Tensor // (…, A): the logit of the alignment degree, less q's part
	GateQuery *Tensor // (A, D): q's part
	Own       *Tensor // (…, A·D): what a token reads where it keeps to itself
	Carry     *Tensor // (A): how much of the readout it reads even then
}

// DynamicAttention is attention of tokens q (…, A·D) over prototypes k and v (P, A·D) with d's temperature, bias and gate:
// y (…, A·D), and the alignment degrees (…, A), nil without a gate. See kernels.Ops for what is computed, in the tape's
// precision. All of the tensors are different ones.
func (tp *Tape) DynamicAttention(q, k, v *Tensor, d Dynamic) (y, align *Tensor) {
	p := d.kernel(q, k, v)
	p.Precision = tp.Precision
	y = tp.result(q.dims, q, k, v, d.Temperature, d.Code, d.Codebook, d.Gate, d.GateQuery, d.Own, d.Carry)
	lse, o := tp.arena.alloc(p.T*p.A), y.Buf
	var degrees kernels.Buf
	if d.Gate != nil {
		align = tp.result(d.Gate.dims, q, d.Gate, d.GateQuery)
		degrees, o = align.Buf, tp.arena.alloc(y.Len())
	}
	tp.ops.DynamicAttention(y.Buf, degrees, o, lse, p)
	if !y.needs {
		return y, align
	}
	var dalign kernels.Buf
	tp.record(y, func() {
		tp.ops.DynamicAttentionGrad(kernels.DynamicGrads{
			Q: tp.grad(q), K: tp.grad(k), V: tp.grad(v), Temperature: tp.grad(d.Temperature), Code: tp.grad(d.Code), Codebook: tp.grad(d.Codebook),
			Gate: tp.grad(d.Gate), GateQuery: tp.grad(d.GateQuery), Own: tp.grad(d.Own), Carry: tp.grad(d.Carry),
		}, y.grad, dalign, degrees, o, lse, p)
		tp.arena.free(dalign)
	})
	if align != nil && align.needs {
		tp.record(align, func() { // before y's: the gradients of both are passed on there
			dalign, align.grad = align.grad, kernels.Buf{}
			tp.gradSum(y) // zero where only the degrees are used
		})
	}
	return y, align
}

// DynamicWeights are the weights (A, T, P), each the softmax of a token's scores in a head, with which DynamicAttention
// reads the prototypes k (P, A·D) for tokens q (…, A·D): what it never holds, for those who want to look at it. The gate has
// no part in them.
func (tp *Tape) DynamicWeights(q, k *Tensor, d Dynamic) *Tensor {
	p := d.kernel(q, k, k)
	return tp.weights(tp.heads(q, p.T, p.A), tp.heads(k, p.P, p.A), d)
}

// weights are DynamicWeights of the heads q (A, T, D) and k (A, P, D).
func (tp *Tape) weights(q, k *Tensor, d Dynamic) *Tensor {
	scale := float32(1 / math.Sqrt(float64(q.Dim(2))))
	scores := tp.MatMul(q, k, Factors{TransB: true, Scale: scale}) // (A, T, P)
	if d.Temperature != nil {
		scores = tp.Mul(scores, tp.heads(tp.Temperatures(d), q.Dim(1), d.A)) // by (A, T, 1)
	}
	if d.Code != nil {
		bias := tp.MatMul(tp.heads(d.Code, q.Dim(1), d.A), d.Codebook, Factors{TransB: true}) // (A, T, R)·(A, P, R)ᵀ
		scores = tp.Add(scores, bias)
	}
	return tp.Softmax(scores)
}

// Temperatures are what DynamicAttention multiplies the scores by (…, A); d has that part.
func (tp *Tape) Temperatures(d Dynamic) *Tensor {
	return tp.Unary(kernels.Exp, tp.Clip(d.Temperature, -kernels.MaxLogTemperature, kernels.MaxLogTemperature))
}

// heads puts the heads of x (…, A·D), n tokens, in front: (A, n, D).
func (tp *Tape) heads(x *Tensor, n, a int) *Tensor {
	return tp.Permute(tp.Reshape(x, n, a, -1), 1, 0, 2)
}

// kernel is the kernel's description of the attention, after its shapes have been checked.
func (d Dynamic) kernel(q, k, v *Tensor) kernels.DynamicAttention {
	const op = "DynamicAttention"
	if d.A < 1 || q.Rank() == 0 || k.Rank() != 2 || q.Dim(-1) != k.Dim(-1) || k.Dim(-1)%d.A != 0 {
		panicf(op, "tokens %v and prototypes %v for %d heads", q.dims, k.dims, d.A)
	}
	sameShape(op, k, v)
	p := kernels.DynamicAttention{A: d.A, P: k.Dim(0), D: k.Dim(1) / d.A, Q: q.Buf, K: k.Buf, V: v.Buf}
	p.T = q.Len() / max(k.Dim(1), 1)
	if d.Codebook != nil {
		p.R = d.Codebook.Dim(-1)
	}
	if (d.Code == nil) != (d.Codebook == nil) {
		panicf(op, "a bias takes both Code and Codebook")
	}
	if gate := d.Gate != nil; gate != (d.GateQuery != nil) || gate != (d.Own != nil) || gate != (d.Carry != nil) {
		panicf(op, "a gate takes all of Gate, GateQuery, Own and Carry")
	}
	for _, part := range []struct {
		name string
		x    *Tensor
		n    int
		buf  *kernels.Buf
	}{
		{"Temperature", d.Temperature, p.T * p.A, &p.Temperature},
		{"Code", d.Code, p.T * p.A * p.R, &p.Code},
		{"Codebook", d.Codebook, p.A * p.P * p.R, &p.Codebook},
		{"Gate", d.Gate, p.T * p.A, &p.Gate},
		{"GateQuery", d.GateQuery, p.A * p.D, &p.GateQuery},
		{"Own", d.Own, q.Len(), &p.Own},
		{"Carry", d.Carry, p.A, &p.Carry},
	} {
		if part.x == nil {
			continue
		}
		if part.x.Len() != part.n {
			panicf(op, "%s %v, want %d elements for %d tokens, %d heads of %d, %d prototypes and rank %d",
				part.name, part.x.dims, part.n, p.T, p.A, p.D, p.P, p.R)
		}
		*part.buf = part.x.Buf
	}
	return p
}
