// bfloat16 matrix products with float32 sums, by dot products of pairs. Written over
// these primitives, which exist as instructions of AVX-512 BF16 and as plain C:
//
//   vpairs(x, y)    words whose low half is x and high half y, lane by lane
//   vhalves(x, y)   the 32 values of x and then y, in order, as 16 words
//   vdot(s, a, b)   s + a.low·b.low + a.high·b.high of every word

// pack_pairs is pack for words of two steps of k; the missing half of an odd depth is 0.
INLINE void pack_pairs(float *dst, int P, const float *src, int64_t ld, int64_t depth, int count, int turn, int round) {
	(void)round;
	for (int r0 = 0; r0 < P; r0 += W) {
		int n = count - r0 < P - r0 ? count - r0 : P - r0;
		if (!turn) {
			for (int64_t k = 0; k < depth; k += 2) {
				vf x = n > 0 ? vloadn(src + k * ld + r0, n) : vzero();
				vf y = n > 0 && k + 1 < depth ? vloadn(src + (k + 1) * ld + r0, n) : vzero();
				vstoren(dst + k / 2 * P + r0, vfloat(vpairs(x, y)), P - r0);
			}
			continue;
		}
		for (int64_t k = 0; k < depth; k += 2 * W) {
			vf x[W];
			for (int r = 0; r < W; r++) {
				const float *row = src + (r0 + r) * ld + k;
				vf lo = r < n ? vloadn(row, depth - k) : vzero();
				vf hi = r < n && depth - k > W ? vloadn(row + W, depth - k - W) : vzero();
				x[r] = vfloat(vhalves(lo, hi));
			}
			ask_rows(src + (r0 + (P < W ? P : W)) * ld + k, ld, W, 2 * W);
			vtranspose(x);
			for (int i = 0; i < W && k + 2 * i < depth; i++)
				vstore(dst + (k / 2 + i) * P + r0, x[i]);
		}
	}
}

// Panels [lo, hi) of b, each of a whole number of groups of words.
TARGET void FN(bf16_pack)(float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int group, int64_t lo, int64_t hi) {
	int64_t used = (K + 1) / 2, words = (used + group - 1) / group * group;
	int64_t strip = turn ? K : KS;
	for (int64_t k = 0; k < K; k += strip)
		for (int64_t p = lo; p < hi; p++) {
			int n = N - p * NR < NR ? (int)(N - p * NR) : NR;
			pack_pairs(dst + (p * words + k / 2) * NR, NR, b + (turn ? p * NR * ld : k * ld + p * NR), ld,
			           K - k < strip ? K - k : strip, n, turn, 1);
		}
	for (int64_t p = lo; p < hi; p++)
		for (int64_t i = used * NR; i < words * NR; i += W)
			vstore(dst + p * words * NR + i, vzero());
}

// step_pairs adds the products of one word to s[MR][2].
INLINE void step_pairs(vf s[MR][2], const float *a, const float *b) {
	vf b0 = vload(b), b1 = vload(b + W);
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++) {
		vf x = vset(a[i]);
		s[i][0] = vdot(s[i][0], x, b0);
		s[i][1] = vdot(s[i][1], x, b1);
	}
}

// tile_pairs is MR rows of NR columns of t: a tile for words of two steps. ld is 0: rows as they are stored are no words.
INLINE void tile_pairs(float *restrict t, int64_t ldt, const float *restrict a, int64_t ld, const float *restrict b, int64_t ldb,
                       int64_t depth, int cols, coming *next) {
	(void)ld, (void)ldb;
	vf s[MR][2];
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++)
		s[i][0] = s[i][1] = vzero();
	int64_t k = 0;
	for (; k + EVERY <= depth; k += EVERY) {
		ask(next);
#pragma GCC unroll 2
		for (int e = 0; e < EVERY; e++, a += MR, b += NR)
			step_pairs(s, a, b);
	}
#pragma GCC unroll 1
	for (; k < depth; k++, a += MR, b += NR)
		step_pairs(s, a, b);
#pragma GCC unroll 16
	for (int i = 0; i < MR; i++) {
		vstore(t + i * ldt, s[i][0]);
		vstore(t + i * ldt + W, s[i][1]);
	}
}

TARGET void FN(bf16_matmul)(ecalf_product p) { multiply(&p, 2, 0, MR, NR, pack_pairs, tile_pairs); }
