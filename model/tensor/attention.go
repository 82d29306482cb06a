// Attention over the tokens of a sample, softmax and rotary positions.

package tensor

import "ecalf/kernels"

// Heads says how attention divides a token.
type Heads struct {
	A       int     // query heads
	KV      int     // key and value heads, a divisor of A (Ainslie et al. 2023); 0 means A
	Scale   float32 // of q·k; 0 means 1/√D
	Causal  bool    // query i sees keys up to i + Tk − Tq
	Dropout float32 // rate on the probabilities, in training
}

func (h Heads) kv() int {
	if h.KV == 0 {
		return h.A
	}
	return h.KV
}

// SelfAttention is multi-head attention (Vaswani et al. 2017, equation 1) over tokens
// that hold queries, keys and values side by side: qkv (B, T, (A + 2·KV)·D) gives
// (B, T, A·D).
func (tp *Tape) SelfAttention(qkv *Tensor, h Heads) *Tensor {
	b, t, width := series("SelfAttention", qkv)
	d := width / max(h.A+2*h.kv(), 1)
	if h.A < 1 || width != d*(h.A+2*h.kv()) {
		panicf("SelfAttention", "tokens of %d for %d query and %d key heads", width, h.A, h.kv())
	}
	q, k, v := 0, h.A*d, (h.A+h.kv())*d
	p := h.attention(tp)
	p.B, p.Tq, p.Tk, p.D, p.LDQ, p.LDK = b, t, t, d, width, width
	y := tp.result(qkv.dims.with(2, h.A*d), qkv)
	lse := tp.arena.alloc(b * h.A * t)
	from := func(x kernels.Buf, at int) kernels.Buf { return x.Slice(min(at, x.Len), x.Len) }
	tp.ops.Attention(y.Buf, lse, qkv.Buf, from(qkv.Buf, k), from(qkv.Buf, v), p)
	if y.needs {
		tp.record(y, func() {
			dx := tp.grad(qkv)
			part := func(at int) kernels.Grad { return kernels.Grad{Buf: from(dx.Buf, at), Add: dx.Add} }
			tp.ops.AttentionGrad(part(q), part(k), part(v), y.grad, qkv.Buf, from(qkv.Buf, k), from(qkv.Buf, v), y.Buf, lse, p)
		})
	}
	return y
}

// Attention is multi-head attention of queries q (B, Tq, A·D) over keys and values k and
// v (B, Tk, KV·D), or (Tk, KV·D) where they are the same for all samples: (B, Tq, A·D).
// q, k and v are three different tensors.
func (tp *Tape) Attention(q, k, v *Tensor, h Heads) *Tensor {
	const op = "Attention"
	b, tq, width := series(op, q)
	d := width / max(h.A, 1)
	p := h.attention(tp)
	p.B, p.Tq, p.D, p.SharedKV = b, tq, d, k.Rank() == 2
	sameShape(op, k, v)
	if p.SharedKV {
		p.Tk = k.Dim(0)
	} else if samples, tk, _ := series(op, k); samples == b {
		p.Tk = tk
	} else {
		panicf(op, "queries %v over keys %v", q.dims, k.dims)
	}
	if h.A < 1 || width != h.A*d || k.Dim(-1) != h.kv()*d {
		panicf(op, "queries %v, keys %v for %d and %d heads", q.dims, k.dims, h.A, h.kv())
	}
	if q == k || k == v || q == v {
		panicf(op, "q, k and v are not three different tensors: their gradients would overlap")
	}
	y := tp.result(q.dims, q, k, v)
	lse := tp.arena.alloc(b * h.A * tq)
	tp.ops.Attention(y.Buf, lse, q.Buf, k.Buf, v.Buf, p)
	if y.needs {
		tp.record(y, func() {
			tp.ops.AttentionGrad(tp.grad(q), tp.grad(k), tp.grad(v), y.grad, q.Buf, k.Buf, v.Buf, y.Buf, lse, p)
		})
	}
	return y
}

// attention is the kernel's description of h, less the sizes.
func (h Heads) attention(tp *Tape) kernels.Attention {
	p := kernels.Attention{A: h.A, KV: h.kv(), Scale: h.Scale, Causal: h.Causal, Dropout: tp.rate(h.Dropout)}
	if p.Dropout > 0 {
		p.Key = tp.key()
	}
	return p
}

// Softmax is exp(x)/Σ exp(x) over the last axis.
func (tp *Tape) Softmax(x *Tensor) *Tensor {
	c := x.Dim(-1)
	r := x.Len() / max(c, 1)
	y := tp.result(x.dims, x)
	tp.ops.Softmax(y.Buf, x.Buf, r, c)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.SoftmaxGrad(tp.gradOver(x, y), dy, y.Buf, r, c)
		})
	}
	return y
}

// RoPE turns each pair (d, d+D/2) of each of the heads of x (B, T, heads·D) by the angle
// t·base^(−2d/D) (Su et al. 2021, in LLaMA's layout).
func (tp *Tape) RoPE(x *Tensor, heads int, base float64) *Tensor {
	b, t, width := series("RoPE", x)
	if heads < 1 || width%(2*heads) != 0 {
		panicf("RoPE", "tokens of %d for %d heads of even width", width, heads)
	}
	y := tp.result(x.dims, x)
	tp.ops.RoPE(kernels.Into(y.Buf), x.Buf, b, t, heads, width/heads, base, false)
	if y.needs {
		tp.record(y, func() {
			dy := y.grad
			tp.ops.RoPE(tp.gradOver(x, y), dy, b, t, heads, width/heads, base, true)
		})
	}
	return y
}
