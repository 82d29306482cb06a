// float32 matrix products: packing, the register tile, and the epilogue.
// Included once per level. Layouts: a panel of P columns of b (or rows of a) is stored
// as K groups of P floats, so that the tile reads both factors in order.

#define NR (2 * W) // columns of a register tile

enum { KC = 384 };        // depth of a block: MR·KC floats of a stay in L1
enum { NC = 384 };        // columns of a block: KC·NC floats of b stay in L2

// vbf16 rounds to bfloat16, to nearest even.
INLINE vf vbf16(vf x) {
	vi u = vbits(x), odd = viand(vishr(u, 16), viset(1));
	vi r = viand(viadd(viadd(u, viset(0x7fff)), odd), viset((int)0xffff0000));
	return vselect(vnan(x), x, vfloat(r));
}

// pack writes one panel: dst[k·P + r] = src[k·ld + r], or src[r·ld + k] when turn is
// set, for k < depth and r < count; the places up to P are 0. It may write up to W
// floats more, which the next panel overwrites.
INLINE void pack(float *dst, int P, const float *src, int64_t ld, int64_t depth, int count, int turn, int round) {
	for (int r0 = 0; r0 < P; r0 += W) {
		int n = count - r0 < 0 ? 0 : count - r0 < W ? count - r0 : W;
		if (n > P - r0)
			n = P - r0;
		if (!turn) {
			for (int64_t k = 0; k < depth; k++) {
				vf x = vloadn(src + k * ld + r0, n);
				vstore(dst + k * P + r0, round ? vbf16(x) : x);
			}
			continue;
		}
		for (int64_t k = 0; k < depth; k += W) {
			int64_t left = depth - k < W ? depth - k : W;
			vf x[W];
			for (int r = 0; r < W; r++)
				x[r] = r < n ? vloadn(src + (r0 + r) * ld + k, left) : vzero();
			vtranspose(x);
			for (int i = 0; i < W; i++) {
				if (i < left)
					vstore(dst + (k + i) * P + r0, round ? vbf16(x[i]) : x[i]);
			}
		}
	}
}

// Panels [lo, hi) of b (K, N), or of its transpose stored (N, K).
void FN(f32_pack)(float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int round, int64_t lo, int64_t hi) {
	for (int64_t p = lo; p < hi; p++) {
		int n = N - p * NR < NR ? (int)(N - p * NR) : NR;
		pack(dst + p * K * NR, NR, b + (turn ? p * NR * ld : p * NR), ld, K, n, turn, round);
	}
}

// tile is t[MR][NR] = Σ_k a[k·MR + i]·b[k·NR + j].
INLINE void tile(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth) {
	vf s[MR][2];
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++)
		s[i][0] = s[i][1] = vzero();
	for (int64_t k = 0; k < depth; k++, a += MR, b += NR) {
		vf b0 = vload(b), b1 = vload(b + W);
#pragma GCC unroll 16
		for (int i = 0; i < MR; i++) {
			vf x = vset(a[i]);
			s[i][0] = vfma(x, b0, s[i][0]);
			s[i][1] = vfma(x, b1, s[i][1]);
		}
	}
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++) {
		vstore(t + i * NR, s[i][0]);
		vstore(t + i * NR + W, s[i][1]);
	}
}

// finish adds a tile of sums (rows of stride ldt) to rows×cols of c at element at, and runs
// the epilogue once the last block of K is in.
INLINE void finish_act(const ecalf_product *p, const float *t, int ldt, int64_t at, int64_t col, int rows, int cols,
                       int first, int last, int act) {
	vf scale = vset(p->scale);
	for (int i = 0; i < rows; i++, at += p->ldc, t += ldt)
		for (int j = 0; j < cols; j += W) {
			int n = cols - j;
			int64_t e = at + j;
			vf x = vmul(scale, vload(t + j));
			if (!first || p->add)
				x = vadd(x, vloadn(p->c + e, n));
			if (last) {
				if (p->bias)
					x = vadd(x, vloadn(p->bias + col + j, n));
				if (p->pre)
					vstoren(p->pre + e, x, n);
				x = vunary(act, x);
				if (p->residual)
					x = vadd(x, vloadn(p->residual + e, n));
			}
			vstoren(p->c + e, x, n);
		}
}

static void finish(const ecalf_product *p, const float *t, int ldt, int64_t at, int64_t col, int rows, int cols,
                   int first, int last) {
	switch (p->act) {
	case IDENTITY: finish_act(p, t, ldt, at, col, rows, cols, first, last, IDENTITY); return;
	case GELU: finish_act(p, t, ldt, at, col, rows, cols, first, last, GELU); return;
	case GELU_TANH: finish_act(p, t, ldt, at, col, rows, cols, first, last, GELU_TANH); return;
	case RELU: finish_act(p, t, ldt, at, col, rows, cols, first, last, RELU); return;
	default: finish_act(p, t, ldt, at, col, rows, cols, first, last, p->act);
	}
}

// Rows [row0, row1) and columns [col0, col1) of one product, whose right-hand side is
// packed; row0 is a multiple of MR and col0 of NR, so that the bits of an element do not depend
// on the split. scratch holds the rows' panels of a: (row1−row0 rounded up to MR)·KC + W floats.
void FN(f32_matmul)(ecalf_product p) {
	for (int64_t k0 = 0; k0 == 0 || k0 < p.K; k0 += KC) {
		int64_t depth = p.K - k0 < KC ? p.K - k0 : KC;
		int first = k0 == 0, last = k0 + depth >= p.K;
		float *panel = p.scratch;
		for (int64_t i = p.row0; i < p.row1; i += MR, panel += MR * depth) {
			int n = p.row1 - i < MR ? (int)(p.row1 - i) : MR;
			pack(panel, MR, p.a + (p.turn_a ? k0 * p.lda + i : i * p.lda + k0), p.lda, depth, n, !p.turn_a, p.round);
		}
		for (int64_t j0 = p.col0; j0 < p.col1; j0 += NC)
			for (int64_t i = p.row0; i < p.row1; i += MR) {
				const float *a = p.scratch + (i - p.row0) * depth;
				int rows = p.row1 - i < MR ? (int)(p.row1 - i) : MR;
				for (int64_t j = j0; j < p.col1 && j < j0 + NC; j += NR) {
					float t[MR * NR] __attribute__((aligned(64)));
					tile(t, a, p.packed + j * p.K + k0 * NR, depth);
					finish(&p, t, NR, i * p.ldc + j, j, rows, p.col1 - j < NR ? (int)(p.col1 - j) : NR, first, last);
				}
			}
	}
}
