// Products of batches of matrices.

package tensor

import "ecalf/kernels"

// Factors says how MatMul reads its factors.
type Factors struct {
	TransA, TransB bool    // they are stored (…, K, M) and (…, N, K)
	Scale          float32 // of the product; 0 means 1
}

// MatMul is y = scale·op(a)·op(b) for each of a batch of matrices a (…, M, K) and
// b (…, K, N): (…, M, N). A factor of two axes is used for all of the batch. (Where that
// is a trainable left one, Linear on the permuted right one is faster: here its gradient
// is summed product by product.)
func (tp *Tape) MatMul(a, b *Tensor, f Factors) *Tensor {
	const op = "MatMul"
	if a.Rank() < 2 || b.Rank() < 2 {
		panicf(op, "factors %v and %v, want two axes or more", a.dims, b.dims)
	}
	m, k := a.Dim(-2), a.Dim(-1)
	if f.TransA {
		m, k = k, m
	}
	kb, n := b.Dim(-2), b.Dim(-1)
	if f.TransB {
		kb, n = n, kb
	}
	batchA, sizeA := a.dims.split(2)
	batchB, sizeB := b.dims.split(2)
	if k != kb || (a.Rank() > 2 && b.Rank() > 2 && batchA != batchB) {
		panicf(op, "factors %v and %v do not fit, transposed %v and %v", a.dims, b.dims, f.TransA, f.TransB)
	}
	shape := batchA
	if a.Rank() == 2 {
		shape = batchB
	}
	batch := shape.len()
	y := tp.result(shape.append(m, n), a, b)
	if b.Rank() == 2 && !f.TransA { // one tall product
		m, batch = m*batch, 1
	}
	left := factor{a.Buf, f.TransA, sizeA.len()}
	right := factor{b.Buf, f.TransB, sizeB.len()}
	if a.Rank() == 2 {
		left.stride = 0
	}
	if b.Rank() == 2 {
		right.stride = 0
	}
	tp.batched(kernels.Into(y.Buf), m*n, left, right, kernels.Product{M: m, N: n, K: k, Batch: batch, Scale: f.Scale})
	if y.needs {
		tp.record(y, func() {
			d := factor{y.grad, false, m * n}
			if f.TransA { // dA = op(B)·dᵀ
				tp.batched(tp.grad(a), left.stride, right, d.t(), kernels.Product{M: k, N: m, K: n, Batch: batch, Scale: f.Scale})
			} else { // dA = d·op(B)ᵀ
				tp.batched(tp.grad(a), left.stride, d, right.t(), kernels.Product{M: m, N: k, K: n, Batch: batch, Scale: f.Scale})
			}
			if f.TransB { // dB = dᵀ·op(A)
				tp.batched(tp.grad(b), right.stride, d.t(), left, kernels.Product{M: n, N: k, K: m, Batch: batch, Scale: f.Scale})
			} else { // dB = op(A)ᵀ·d
				tp.batched(tp.grad(b), right.stride, left.t(), d, kernels.Product{M: k, N: n, K: m, Batch: batch, Scale: f.Scale})
			}
		})
	}
	return y
}

// factor is one side of a batch of products; a stride of 0 is one matrix for all.
type factor struct {
	buf    kernels.Buf
	trans  bool
	stride int
}

func (f factor) t() factor {
	f.trans = !f.trans
	return f
}

// batched is dst = a·b for p's sizes. Where all of a batch go to the same place, it is
// their sum, taken in order.
func (tp *Tape) batched(dst kernels.Grad, stride int, a, b factor, p kernels.Product) {
	p.TransA, p.TransB = a.trans, b.trans
	if stride != 0 || p.Batch == 1 {
		p.StrideA, p.StrideB, p.StrideC = a.stride, b.stride, stride
		tp.multiply(dst, a.buf, b.buf, p)
		return
	}
	samples := p.Batch
	p.Batch = 1
	for s := range samples {
		tp.multiply(dst, a.buf.Slice(s*a.stride, a.buf.Len), b.buf.Slice(s*b.stride, b.buf.Len), p)
		dst.Add = true
	}
}
