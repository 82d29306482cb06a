// What Go calls: the C bodies, one name for all levels. Arrays that may be left out are
// NULL.
#include <stdint.h>

enum { ECALF_AVX2, ECALF_AVX512, ECALF_AMX, ECALF_PLAIN }; // the last is the emulation in plain C

// Words of a matrix product's block: its rows of a and two panels of b stay in the second cache. A word is one step of k,
// or a pair of bfloat16 ones.
enum { ECALF_BLOCK = 768 };

// BODY declares ecalf_<name>_<level> for every level, and ecalf_<name>, which takes the
// level as first argument and calls it.
#define BODY(type, name, args, ...)                                                                           \
	type ecalf_##name##_avx2(__VA_ARGS__);                                                                    \
	type ecalf_##name##_avx512(__VA_ARGS__);                                                                  \
	static inline type ecalf_##name(int level, __VA_ARGS__) {                                                 \
		return level == ECALF_AVX512 ? ecalf_##name##_avx512 args : ecalf_##name##_avx2 args;                 \
	}

// ecalf_product is one rectangle of a matrix product; the fields are those of
// kernels.Product and of f32_matmul's comment. limit and factor are dropout's threshold and 1/(1−rate), or 0 without.
typedef struct {
	float *c;
	const float *a;
	const float *b; // packed, or where ldb is not 0 as it is stored
	float *scratch;
	const float *bias, *residual;
	float *pre;
	int64_t K, lda, ldb, ldc, row0, row1, col0, col1;
	uint64_t seed;
	uint32_t step, op, limit;
	float scale, factor;
	int turn_a, add, act, round, stream;
} ecalf_product;

// ecalf_adam is kernels.adamFactors.
typedef struct {
	float grad_scale, decay, shrink, beta1, rest1, beta2, rest2, rate, root, eps;
} ecalf_adam;

// ecalf_attention is kernels.Attention with its arrays; d_o is the gradient of o, and o_in the
// result that the backward pass reads. limit and factor are dropout's threshold and 1/(1−rate).
typedef struct {
	float *o, *lse, *scratch, *dq, *dk, *dv;
	const float *q, *k, *v, *o_in, *d_o;
	int64_t B, A, KV, Tq, Tk, D, ldq, ldk, ldo;
	uint64_t seed;
	uint32_t step, op, limit;
	float scale, factor;
	int shared, causal, add_q, add_k, add_v;
} ecalf_attention;

// ecalf_distill is kernels.Distillation with its arrays, those of both passes. relation and token are
// NULL together.
typedef struct {
	float *parts, *mean_x, *mean_z, *relation, *token, *scratch, *dx, *dz;
	const float *x, *z, *dmean_x, *dmean_z;
	int64_t C, D;
	float local, relate, cosine;
	int kind, add_x, add_z;
} ecalf_distill;

// ecalf_dynamic is kernels.DynamicAttention with its arrays; align_in and o_in are the results that the backward pass
// reads. sums has room for what is summed over each run of that many tokens.
typedef struct {
	float *y, *align, *o, *lse, *scratch, *sums;
	const float *q, *k, *v, *temperature, *code, *codebook, *gate, *gate_query, *own, *carry;
	const float *dy, *d_align, *align_in, *o_in;
	float *dq, *dk, *dv, *d_temperature, *d_code, *d_codebook, *d_gate, *d_gate_query, *d_own, *d_carry;
	int64_t T, A, P, D, R, run;
	float scale; // 1/√D
	int add_q, add_k, add_v, add_temperature, add_code, add_codebook, add_gate, add_gate_query, add_own, add_carry;
} ecalf_dynamic;

BODY(void, f32_pack, (dst, b, K, N, ld, turn, round, lo, hi),
     float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int round, int64_t lo, int64_t hi)
BODY(void, f32_matmul, (p), ecalf_product p)

BODY(void, f32_errors, (squared, absolute, pred, target, n),
     double *squared, double *absolute, const float *pred, const float *target, int64_t n)

BODY(void, f32_unary, (op, y, x, n), int op, float *y, const float *x, int64_t n)
BODY(void, f32_unary_grad, (op, dx, dy, x, n, add), int op, float *dx, const float *dy, const float *x, int64_t n, int add)
BODY(void, f32_affine, (y, x, alpha, beta, n, add), float *y, const float *x, float alpha, float beta, int64_t n, int add)
BODY(void, f32_binary, (op, z, x, y, mid, n, s0, s1, s2, lo, hi, add),
     int op, float *z, const float *x, const float *y, int64_t mid, int64_t n, int64_t s0, int64_t s1, int64_t s2,
     int64_t lo, int64_t hi, int add)
BODY(void, f32_sum, (y, a, b, mid, inner, lo, hi, scale, add),
     float *y, const float *a, const float *b, int64_t mid, int64_t inner, int64_t lo, int64_t hi, float scale, int add)
BODY(void, f32_dropout, (y, x, first, limit, scale, seed, step, op, n, add),
     float *y, const float *x, uint64_t first, uint32_t limit, float scale, uint64_t seed, uint32_t step, uint32_t op,
     int64_t n, int add)
BODY(double, f32_loss, (kind, x, y, n), int kind, const float *x, const float *y, int64_t n)
BODY(void, f32_loss_grad, (kind, d, x, y, factor, n, add),
     int kind, float *d, const float *x, const float *y, float factor, int64_t n, int add)
BODY(double, f32_sum_squares, (x, n), const float *x, int64_t n)
BODY(void, f32_adam, (p, m, v, g, a, n), float *p, float *m, float *v, const float *g, ecalf_adam a, int64_t n)

BODY(void, f32_layernorm, (y, mean, rstd, x, gamma, beta, rows, c, eps),
     float *y, float *mean, float *rstd, const float *x, const float *gamma, const float *beta, int64_t rows, int64_t c,
     float eps)
BODY(void, f32_layernorm_grad, (dx, dy, x, mean, rstd, gamma, rows, c, add),
     float *dx, const float *dy, const float *x, const float *mean, const float *rstd, const float *gamma, int64_t rows,
     int64_t c, int add)
BODY(void, f32_norm_param_grad, (dgamma, dbeta, dy, x, mean, rstd, rows, c, lo, hi, add_gamma, add_beta),
     float *dgamma, float *dbeta, const float *dy, const float *x, const float *mean, const float *rstd, int64_t rows,
     int64_t c, int64_t lo, int64_t hi, int add_gamma, int add_beta)
BODY(void, f32_instancenorm, (y, mean, std, x, b, steps, c, eps),
     float *y, float *mean, float *std, const float *x, int64_t b, int64_t steps, int64_t c, float eps)
BODY(void, f32_denorm, (y, x, mean, std, b, steps, c),
     float *y, const float *x, const float *mean, const float *std, int64_t b, int64_t steps, int64_t c)
BODY(void, f32_softmax, (y, x, rows, c), float *y, const float *x, int64_t rows, int64_t c)
BODY(void, f32_softmax_grad, (dx, dy, y, rows, c, add),
     float *dx, const float *dy, const float *y, int64_t rows, int64_t c, int add)
BODY(void, f32_rope, (y, x, sin, cos, token, tokens, t, a, d, add),
     float *y, const float *x, const float *sin, const float *cos, int64_t token, int64_t tokens, int64_t t, int64_t a,
     int64_t d, int add)
BODY(void, f32_moving_sum, (y, x, n, stride, width, scale),
     float *y, const float *x, int64_t n, int64_t stride, int64_t width, float scale)
BODY(void, f32_transpose, (dst, src, rows, cols, ld_dst, ld_src, add),
     float *dst, const float *src, int64_t rows, int64_t cols, int64_t ld_dst, int64_t ld_src, int add)

BODY(int64_t, f32_attention_scratch, (p), ecalf_attention p)
BODY(void, f32_attention, (p, lo, hi), ecalf_attention p, int64_t lo, int64_t hi)
BODY(void, f32_attention_grad, (p, lo, hi), ecalf_attention p, int64_t lo, int64_t hi)

BODY(void, f32_describe, (phi, x, turns, scratch, steps, c, season, lo, hi),
     float *phi, const float *x, const float *turns, float *scratch, int64_t steps, int64_t c, int64_t season, int64_t lo,
     int64_t hi)
BODY(void, f32_distill, (p, lo, hi), ecalf_distill p, int64_t lo, int64_t hi)
BODY(void, f32_distill_grad, (p, lo, hi), ecalf_distill p, int64_t lo, int64_t hi)
BODY(void, f32_unit, (y, scale, x, rows, d), float *y, float *scale, const float *x, int64_t rows, int64_t d)
BODY(void, f32_unit_grad, (dx, dy, y, scale, rows, d, add),
     float *dx, const float *dy, const float *y, const float *scale, int64_t rows, int64_t d, int add)
BODY(void, f32_log_sum_exp, (y, s, rows, c), float *y, const float *s, int64_t rows, int64_t c)
BODY(void, f32_log_sum_exp_columns, (y, s, b, lo, hi), float *y, const float *s, int64_t b, int64_t lo, int64_t hi)
BODY(void, f32_contrast_slope, (s, parts, rows, cols, b, factor, lo, hi),
     float *s, float *parts, const float *rows, const float *cols, int64_t b, float factor, int64_t lo, int64_t hi)
BODY(void, f32_centre, (y, x, n, step, t, d, lo, hi),
     float *y, const float *x, int64_t n, int64_t step, int64_t t, int64_t d, int64_t lo, int64_t hi)
BODY(void, f32_gram_sums, (sums, x, z, n, d, lo, hi),
     double *sums, const float *x, const float *z, int64_t n, int64_t d, int64_t lo, int64_t hi)

// BODY_TILED is BODY for those that tiles of bfloat16 have, too.
#define BODY_TILED(type, name, args, ...)                                                                     \
	type ecalf_##name##_avx2(__VA_ARGS__);                                                                    \
	type ecalf_##name##_avx512(__VA_ARGS__);                                                                  \
	type ecalf_##name##_amx(__VA_ARGS__);                                                                     \
	type ecalf_##name##_plain(__VA_ARGS__);                                                                   \
	static inline type ecalf_##name(int level, __VA_ARGS__) {                                                 \
		switch (level) {                                                                                        \
		case ECALF_AVX512: return ecalf_##name##_avx512 args;                                                   \
		case ECALF_AMX: return ecalf_##name##_amx args;                                                         \
		case ECALF_PLAIN: return ecalf_##name##_plain args;                                                     \
		default: return ecalf_##name##_avx2 args;                                                               \
		}                                                                                                       \
	}

BODY_TILED(int64_t, dynamic_attention_scratch, (p), ecalf_dynamic p)
BODY_TILED(int64_t, dynamic_attention_sums, (p), ecalf_dynamic p)
BODY_TILED(void, dynamic_attention, (p, lo, hi), ecalf_dynamic p, int64_t lo, int64_t hi)
BODY_TILED(void, dynamic_attention_grad, (p, lo, hi), ecalf_dynamic p, int64_t lo, int64_t hi)
BODY_TILED(void, dynamic_attention_merge, (p, lo, hi), ecalf_dynamic p, int64_t lo, int64_t hi)

BODY(float, f32_fma_peak, (rounds), int64_t rounds)
BODY(void, f32_triad, (a, b, c, n), float *a, const float *b, const float *c, int64_t n)

// BODY_BF16 is BODY for the bodies over bfloat16 primitives: those of one level, and those of
// the emulation in plain C.
#define BODY_BF16(level, name, args, ...)                                                    \
	void ecalf_##name##_##level(__VA_ARGS__);                                                  \
	void ecalf_##name##_plain(__VA_ARGS__);                                                    \
	static inline void ecalf_##name(int plain, __VA_ARGS__) {                                  \
		plain ? ecalf_##name##_plain args : ecalf_##name##_##level args;                         \
	}

BODY_BF16(avx512bf16, bf16_pack, (dst, b, K, N, ld, turn, group, lo, hi),
          float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int group, int64_t lo, int64_t hi)
BODY_BF16(avx512bf16, bf16_matmul, (p), ecalf_product p)
BODY_BF16(amx, amx_matmul, (p), ecalf_product p)

float ecalf_bf16_dot_peak_avx512bf16(int64_t rounds);
float ecalf_amx_peak_amx(int64_t rounds);
