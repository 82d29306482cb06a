// What Go calls: the C bodies, one name for all levels. Arrays that may be left out are
// NULL.
#include <stdint.h>

enum { ECALF_AVX2, ECALF_AVX512 };

// BODY declares ecalf_<name>_<level> for every level, and ecalf_<name>, which takes the
// level as first argument and calls it.
#define BODY(type, name, args, ...)                                                                           \
	type ecalf_##name##_avx2(__VA_ARGS__);                                                                    \
	type ecalf_##name##_avx512(__VA_ARGS__);                                                                  \
	static inline type ecalf_##name(int level, __VA_ARGS__) {                                                 \
		return level == ECALF_AVX512 ? ecalf_##name##_avx512 args : ecalf_##name##_avx2 args;                 \
	}

// ecalf_product is one rectangle of a matrix product; the fields are those of
// kernels.Product and of f32_matmul's comment.
typedef struct {
	float *c;
	const float *a;
	const float *packed;
	float *scratch;
	const float *bias, *residual;
	float *pre;
	int64_t K, lda, ldc, row0, row1, col0, col1;
	float scale;
	int turn_a, add, act, round;
} ecalf_product;

BODY(void, f32_pack, (dst, b, K, N, ld, turn, round, lo, hi),
     float *dst, const float *b, int64_t K, int64_t N, int64_t ld, int turn, int round, int64_t lo, int64_t hi)
BODY(void, f32_matmul, (p), ecalf_product p)

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
