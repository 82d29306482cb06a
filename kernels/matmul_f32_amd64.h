// float32 matrix products: the register tile, and what Go calls.

// Panels [lo, hi) of b (K, N), or of its transpose stored (N, K).
TARGET void FN(f32_pack)(float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int round, int64_t lo, int64_t hi) {
	int64_t strip = turn ? K : KS;
	for (int64_t k = 0; k < K; k += strip)
		for (int64_t p = lo; p < hi; p++) {
			int n = N - p * NR < NR ? (int)(N - p * NR) : NR;
			pack(dst + (p * K + k) * NR, NR, b + (turn ? p * NR * ld : k * ld + p * NR), ld, K - k < strip ? K - k : strip, n, turn,
			     round);
		}
}

// tile is t[MR][NR] = Σ_k a[k·MR + i]·b[k·NR + j].
INLINE void tile(float *restrict t, const float *restrict a, const float *restrict b, int64_t depth) {
	vf s[MR][2];
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++)
		s[i][0] = s[i][1] = vzero();
#pragma GCC unroll 2
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

TARGET void FN(f32_matmul)(ecalf_product p) { multiply(&p, 1, pack, tile); }
