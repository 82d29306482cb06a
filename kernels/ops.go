// Package kernels holds the numerical operations that every model is built from, in
// several implementations ("levels") of one contract: the CPU levels live here, a
// GPU fills the same Ops from a package of its own.
//
// ops.go lists the contract: Buf (memory), Backend (who owns it) and Ops (what can
// be done with it). The doc comment of an operation is the loop it computes.
//
// # Conventions
//
// All arrays are row-major float32 and indices are counted from 0. The argument
// that is written comes first. Arguments never overlap, except where an operation
// says that y may be x. A zero Buf stands for an optional argument left out.
//
// Shape letters: M, N, K the sizes of a product; R rows and C columns of a matrix
// worked on row by row; B samples, T tokens, A heads, D the width of a head;
// L time steps; n a plain length.
//
// A destination of type Grad is replaced or added to, as its Add says, and left
// alone when its Buf is empty. Operations whose name ends in Grad are the backward
// passes: they take the gradient dy of the forward result y and give those of its
// inputs.
//
// A wrong shape is a programmer's error and panics with the operation's name.
// NaN and Inf propagate by IEEE rules. A result has the same bits on any
// number of threads, because work is split over outputs and never over a reduced axis.
package kernels

// Buf is n float32 in the memory of one back end: in Host for a CPU, at address Dev
// of a device otherwise. The zero Buf is empty.
type Buf struct {
	Host []float32
	Dev  uintptr
	Len  int
}

// Wrap makes a Buf of the caller's memory for use by any CPU back end; nothing is
// copied.
func Wrap(x []float32) Buf { return Buf{Host: x, Len: len(x)} }

// Peek returns what b holds, to be read before it changes: without a copy where it lies in the host's memory.
func Peek(be Backend, b Buf) []float32 {
	if b.Dev == 0 {
		return b.Host[:b.Len]
	}
	values := make([]float32, b.Len)
	be.Download(values, b)
	return values
}

// Slice returns elements [lo, hi) of b, sharing its memory.
func (b Buf) Slice(lo, hi int) Buf {
	if lo < 0 || hi < lo || hi > b.Len {
		panicf("Buf.Slice", "[%d,%d) of a buffer of %d", lo, hi, b.Len)
	}
	s := Buf{Len: hi - lo}
	if b.Host != nil {
		s.Host = b.Host[lo:hi:hi]
	}
	if b.Dev != 0 {
		s.Dev = b.Dev + 4*uintptr(lo)
	}
	return s
}

// Grad is a destination: y = value, or y += value when Add is set. An empty Buf
// means that the value is not wanted, and costs nothing.
type Grad struct {
	Buf
	Add bool
}

// Into is the destination that b's contents are replaced by.
func Into(b Buf) Grad { return Grad{b, false} }

// Onto is the destination that values are added to.
func Onto(b Buf) Grad { return Grad{b, true} }

// Backend is one way to run the operations, with the memory they run on.
// It is safe for concurrent use as long as the Bufs of concurrent calls differ.
type Backend interface {
	// Name says where the work runs: "cpu/generic", "cpu/avx2", "cpu/avx512",
	// "cpu/avx512bf16", "cpu/amx", "cuda/sm90". It is stored in every record.
	Name() string
	// Alloc returns n zeros. It panics when the memory is exhausted.
	Alloc(n int) Buf
	// Free gives back what Alloc or Ops.Pack returned.
	Free(Buf)
	// Upload copies src to the start of dst, Download the start of src to dst.
	Upload(dst Buf, src []float32)
	Download(dst []float32, src Buf)
	// Sync waits for all operations and returns the first error since the last
	// Sync. CPU operations are done when they return: their Sync returns nil.
	Sync() error
	// Ops returns the operations; the same pointer every time.
	Ops() *Ops
}

// Ops is the whole list of operations. Every entry of a Backend's Ops is set.
type Ops struct {
	// MatMul is for every i < M, j < N of every sample of the batch:
	//
	//	s = p.Scale · Σ_k op(a)[i,k]·op(b)[k,j]  (+ c[i,j] when p.Add)  (+ bias[j])
	//	pre[i,j] = s                             (when p.Pre is given)
	//	c[i,j] = drop(act(s))  (+ residual[i,j])
	//
	// See Product for sizes, orientation, strides and precision.
	MatMul func(c, a, b Buf, p Product)
	// Pack prepares a constant right-hand side b for products with p's K, N,
	// TransB, LDB and precision; it is given to them as Product.Packed and released
	// with Free(Packed.Buf). The values are copied: later changes of b are not seen.
	Pack func(b Buf, p Product) Packed

	// Unary is y[i] = op(x[i]); y may be x.
	Unary func(op UnaryOp, y, x Buf, n int)
	// UnaryGrad is dx[i] = dy[i]·op'(x[i]); dx may be dy.
	UnaryGrad func(op UnaryOp, dx Grad, dy, x Buf, n int)
	// UnaryDropGrad is dx[i] = drop(dy[i])·op'(x[i]), drop being Dropout under key: the way
	// back through both in one pass. dx may be dy.
	UnaryDropGrad func(op UnaryOp, dx Grad, dy, x Buf, n int, rate float32, key Key)
	// Affine is y[i] = alpha·x[i] + beta; with y.Add it is the axpy. y may be x.
	Affine func(y Grad, x Buf, n int, alpha, beta float32)
	// Binary is z = x op y, the second operand being spread over the first by v:
	// z[o,m,i] = op(x[o,m,i], y[at v's strides]); see Spread. z may be x.
	Binary func(op BinaryOp, z, x, y Buf, v Spread)
	// BinaryGrad is dx[o,m,i] = dz[o,m,i]·∂op/∂x, and dy[s] = Σ dz·∂op/∂y over all
	// (o,m,i) that v maps to s. dx may be dz if dy is empty.
	BinaryGrad func(op BinaryOp, dx, dy Grad, dz, x, y Buf, v Spread)
	// Sum is y[o,i] = scale·Σ_m x[o,m,i], x being (outer, mid, inner).
	Sum func(y Grad, x Buf, outer, mid, inner int, scale float32)
	// SumSquares is y[0] = Σ_i x[i]²: the squared norm, NaN or Inf if any x is.
	SumSquares func(y Grad, x Buf, n int)
	// Fill is y[i] = value.
	Fill func(y Buf, n int, value float32)
	// Move is dst[Σ_d i_d·v.Dst[d]] = src[Σ_d i_d·v.Src[d]] for every i_d < v.Dim[d]:
	// transpose, permute, slice, concatenate, pad, repeat, unfold; see Layout.
	Move func(dst Grad, src Buf, v Layout)
	// Gather is y[i,:] = x[index[i],:], y being (n, C) and x (R, C). The indices are
	// whole numbers below R (and so below 2²⁴) stored as float32.
	Gather func(y, x, index Buf, n, r, c int)
	// GatherGrad is dx[index[i],:] += dy[i,:] in the order of i.
	GatherGrad func(dx, dy, index Buf, n, r, c int)

	// LayerNorm is, for every row of x (R, C):
	//
	//	mean = Σx/C, rstd = 1/√(Σ(x−mean)²/C + eps), y = (x−mean)·rstd·gamma + beta
	//
	// mean and rstd (R) are kept for the backward pass. gamma and beta (C) may be
	// empty: 1 and 0.
	LayerNorm func(y, mean, rstd, x, gamma, beta Buf, r, c int, eps float32)
	// LayerNormGrad is with x̂ = (x−mean)·rstd and g = dy·gamma:
	//
	//	dx = rstd·(g − Σg/C − x̂·Σ(g·x̂)/C), dgamma = Σ_rows dy·x̂, dbeta = Σ_rows dy
	LayerNormGrad func(dx, dgamma, dbeta Grad, dy, x, mean, rstd, gamma Buf, r, c int)
	// RMSNorm is rstd = 1/√(Σx²/C + eps), y = x·rstd·gamma for every row of x (R, C).
	RMSNorm func(y, rstd, x, gamma Buf, r, c int, eps float32)
	// RMSNormGrad is, with x̂ = x·rstd and g = dy·gamma:
	//
	//	dx = rstd·(g − x̂·Σ(g·x̂)/C), dgamma = Σ_rows dy·x̂
	RMSNormGrad func(dx, dgamma Grad, dy, x, rstd, gamma Buf, r, c int)
	// InstanceNorm is, over the L steps of each channel of x (B, L, C):
	//
	//	mean = Σx/L, std = √(Σ(x−mean)²/L + eps), y = (x−mean)/std
	//
	// mean and std (B, C) are kept. y may be x.
	InstanceNorm func(y, mean, std, x Buf, b, l, c int, eps float32)
	// InstanceNormGrad is dx = dy/std, mean and std being constants as in RevIN's
	// detached statistics; dx may be dy.
	InstanceNormGrad func(dx Grad, dy, std Buf, b, l, c int)
	// Denorm is y = x·std + mean for x (B, L, C), the way back; y may be x.
	Denorm func(y, x, mean, std Buf, b, l, c int)
	// DenormGrad is dx = dy·std; dx may be dy.
	DenormGrad func(dx Grad, dy, std Buf, b, l, c int)

	// Softmax is y = exp(x − max x)/Σ exp(x − max x) for every row of x (R, C);
	// y may be x.
	Softmax func(y, x Buf, r, c int)
	// SoftmaxGrad is dx = y·(dy − Σ dy·y) for every row; dx may be dy.
	SoftmaxGrad func(dx Grad, dy, y Buf, r, c int)
	// Attention is for every sample b, head h and query i, j running over the keys
	// (j ≤ i + Tk − Tq where causal) and drop being Dropout with element number
	// ((b·A + h)·Tq + i)·Tk + j:
	//
	//	s[j] = Scale·Σ_d q[b,i,h,d]·k[b,j,h',d]        h' = h / (A/KV)
	//	lse[b,h,i] = log Σ_j exp(s[j])
	//	o[b,i,h,d] = Σ_j drop(exp(s[j] − lse))·v[b,j,h',d]
	//
	// lse (B, A, Tq) is kept for the backward pass; the probabilities never are.
	Attention func(o, lse, q, k, v Buf, p Attention)
	// AttentionGrad gives dq, dk, dv (laid out as q, k, v) from do, recomputing the
	// probabilities P: with G = drop'(do·vᵀ) and δ = Σ_d do·o,
	//
	//	dS = P∘(G − δ), dq = Scale·dS·k, dk = Scale·dSᵀ·q, dv = drop(P)ᵀ·do
	AttentionGrad func(dq, dk, dv Grad, do, q, k, v, o, lse Buf, p Attention)
	// DynamicAttention is for every token t and head a of p, j running over the prototypes:
	//
	//	s[j] = τ/√D·Σ_d q[t,a,d]·k[j,a,d] + Σ_r u[t,a,r]·codebook[a,j,r]      τ = exp(clip(λ[t,a], −ln 8, ln 8))
	//	lse[t,a] = log Σ_j exp(s[j])
	//	o[t,a,d] = Σ_j exp(s[j] − lse)·v[j,a,d]
	//	align[t,a] = σ(Σ_d q[t,a,d]·wq[a,d] + γ[t,a])
	//	y[t,a,d] = o·(1 − (1 − align)·(1 − c[a])) + (1 − align)·n[t,a,d]
	//
	// Without a gate y is o, and align and o are left out. A clip passes NaN. align, o and lse are kept for the
	// backward pass; the probabilities never are. In precision BF16 levels with such a body (HasBF16) round the factors of
	// products, the probabilities among them, to bfloat16.
	DynamicAttention func(y, align, o, lse Buf, p DynamicAttention)
	// DynamicAttentionGrad gives the gradients of p's inputs from dy and that of align, dalign, which may be empty; o
	// is y where there is no gate. With read = 1 − (1 − align)·(1 − c), P the probabilities and δ = Σ_d do·o, in bfloat16
	// Σ_j P·(do·vᵀ), which is the same but for rounding:
	//
	//	do = read·dy, dn = (1 − align)·dy, dc = Σ_t (1 − align)·Σ_d dy·o
	//	dγ = align·(1 − align)·(dalign + (1 − c)·Σ_d dy·o − Σ_d dy·n), dwq = Σ_t dγ·q
	//	dS = P∘(do·vᵀ − δ), dv = Σ_t Pᵀ·do, dk = Σ_t dSᵀ·(τ/√D)·q, dcodebook = Σ_t dSᵀ·u, du = dS·codebook
	//	dq = (τ/√D)·dS·k + dγ·wq, dλ = Σ_j dS·(τ/√D)·q·k where |λ| ≤ ln 8, else 0
	DynamicAttentionGrad func(d DynamicGrads, dy, dalign, align, o, lse Buf, p DynamicAttention)
	// RoPE turns every pair (x[d], x[d+D/2]) of x (B, T, A, D) by the angle
	// t·base^(−2d/D) (LLaMA's layout); inverse turns back, which is the gradient.
	// y may be x.
	RoPE func(y Grad, x Buf, b, t, a, d int, base float64, inverse bool)

	// MovingAverage is y[o,l,i] = Σ_w x[o, clamp(l + w − (width−1)/2), i]/width over
	// w < width, x being (outer, L, inner), the ends repeated; width is odd.
	MovingAverage func(y, x Buf, outer, l, inner, width int)
	// MovingAverageGrad is the transposed sum: dx[o, clamp(l+w−…), i] += dy[o,l,i]/width.
	MovingAverageGrad func(dx Grad, dy Buf, outer, l, inner, width int)
	// Conv is the two-dimensional cross-correlation (one-dimensional with H = 1):
	//
	//	y[b,o,i,j] = bias[o] + Σ_{c,u,v} w[o,c,u,v]·x[b,c, i·StrideH+u·Dilation−Top, j·StrideW+v·Dilation−Left]
	//
	// See Conv for the sizes and for what is read outside x. bias may be empty.
	Conv func(y, x, w, bias Buf, p Conv)
	// ConvGrad gives the gradients of x, w and bias.
	ConvGrad func(dx, dw, dbias Grad, dy, x, w Buf, p Conv)

	// Describe gives every channel's window of x (B, L, C) its row of phi (B, C, NumDescriptors). With
	// μ and v the window's mean and biased variance, z = (x − μ)/√(v + 1e-5), e = mean z², all sums over the L ≥ 1
	// steps, r(k) = clip(Σ_{t≥k} z[t]·z[t−k]/((L−k)·(e + 1e-5)), −1, 1), 0 if L ≤ k, and p the shares of the
	// frequencies: P[f] = (Σ z·cos 2πft/L)² + (Σ z·sin 2πft/L)², p[f] = P[f]/(Σ P + 1e-5·L²), f = 1 … F = ⌊L/2⌋:
	//
	//	 0 log std         clip(½·ln(v + 1e-5), −6, 6)
	//	 1 shift           clip(mean of z[⌊L/2⌋ …] − mean of z[… ⌊L/2⌋−1], −4, 4); 0 if L < 2
	//	 2 slope           mean of z[t]·(t − (L−1)/2)/√((L²−1)/12); 0 if L < 2
	//	 3 skewness        clip(mean z³, −3, 3)
	//	 4 kurtosis        clip(mean z⁴ − 3, −3, 6)
	//	 5 autocorrelation r(1)
	//	 6 seasonal one    r(season); 0 if season < 2
	//	 7 entropy         −Σ p·ln(max(p, 1e-12))/ln F; 0 if F < 2
	//	 8 top frequency   max p
	//	 9 sign changes    the share of t ≥ 1 with z[t]·z[t−1] < −1e-6; 0 if L < 2
	//	10 last value      clip(z[L−1], −5, 5)
	Describe func(phi, x Buf, b, l, c, season int)
	// Distill compares the tokens of two branches, x and z (B, C, D), with unit(v) = v/√(Σv² + 1e-12) and U = unit of
	// each token of a sample of x, RX = U·Uᵀ (C, C), RZ that of z:
	//
	//	meanX = Σ_c x/C, meanZ = Σ_c z/C                         (B, D)
	//	loss[0] = mean of ℓ(x − z); see Distillation.Kind        the local loss
	//	loss[1] = Σ (RX − RZ)²/(B·C²)                            the relations'
	//	loss[2] = 1 − mean over B of unit(meanX)·unit(meanZ)     the global one
	//
	// relation (B, C, C) = RX − RZ and token (B, C, 4) = 1/√(Σx²+1e-12), the same of z, Σ_j relation·RX and
	// Σ_j relation·RZ are kept for the backward pass. Both may be empty: the relations are left out and loss[1] is 0.
	Distill func(loss, meanX, meanZ, relation, token, x, z Buf, p Distillation)
	// DistillGrad gives dx and dz from dloss (3) and, where they are not empty, from the gradients dmeanX and dmeanZ
	// of the mean tokens. For x, with gU = 4·dloss[1]/(B·C²)·relation·U (for z its negative, with z's U), r = 1/√(Σx²+1e-12),
	// ū = unit(meanX), r̄ likewise and v̄ = unit(meanZ):
	//
	//	dx = dloss[0]·ℓ'(x − z)/(B·C·D) + r·(gU − U·(U·gU)) + dm/C
	//	dm = dmeanX − dloss[2]/B·r̄·(v̄ − ū·(ū·v̄))
	DistillGrad func(dx, dz Grad, dloss, dmeanX, dmeanZ, meanX, meanZ, relation, token, x, z Buf, p Distillation)
	// Contrast is the symmetric InfoNCE of the matching rows of x and z (B, D) among all pairs. With a = unit(x), c = unit(z)
	// by rows and S = a·cᵀ/tau[0]:
	//
	//	rows[i] = log Σ_j exp S[i,j], cols[j] = log Σ_i exp S[i,j]
	//	loss[0] = Σ_i (rows[i] + cols[i] − 2·S[i,i])/(2·B)
	//
	// rows and cols (B) are kept for the backward pass. Products are float32's: S is multiplied by up to 1/tau before
	// its exponential is taken.
	Contrast func(loss, rows, cols, x, z, tau Buf, b, d int)
	// ContrastGrad recomputes S; with dS = dloss[0]/(2·B)·(exp(S − rows) + exp(S − cols) − 2·I):
	//
	//	da = dS·c/tau, dc = dSᵀ·a/tau, dtau = −Σ dS∘S/tau
	//	dx = r·(da − a·(a·da)), r = 1/√(Σx² + 1e-12), and dz likewise
	ContrastGrad func(dx, dz, dtau Grad, dloss, rows, cols, x, z, tau Buf, b, d int)
	// CKA is the linear centred kernel alignment of n = min(T, MaxCKARows) rows of x and z (T, D): with row i of X
	// being row i·q mod T of x, q ≥ T/n the smallest that shares no divisor with T, less the mean of all n, and Z likewise,
	//
	//	score[0] = Σ (XXᵀ)∘(ZZᵀ)/(√Σ(XXᵀ)²·√Σ(ZZᵀ)²)
	//
	// moved into [0, 1], and 0 where the denominator is at most 1e-12. It has no gradient.
	CKA func(score, x, z Buf, t, d int)

	// Dropout is y[i] = x[i]/(1−rate) where the i-th number drawn under key is at
	// least rate, else 0; see Key. Applied to dy with the same key it is its own
	// gradient. y may be x.
	Dropout func(y Grad, x Buf, n int, rate float32, key Key)
	// Loss is loss[0] = Σ_i ℓ(x[i] − y[i])/n; see LossKind.
	Loss func(kind LossKind, loss Grad, x, y Buf, n int)
	// LossGrad is dx[i] = dloss[0]·ℓ'(x[i] − y[i])/n, dy[i] = −dx[i].
	LossGrad func(kind LossKind, dx, dy Grad, dloss, x, y Buf, n int)
	// Adam updates p and the moments m and v from the gradient g; see Adam.
	Adam func(p, m, v, g Buf, n int, a Adam)
}
