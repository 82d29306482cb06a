// The bfloat16 products by AVX-512 BF16.
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define FN(name) ecalf_##name##_avx512bf16
#include "vector_avx512_amd64.h"
#include "bf16_avx512_amd64.h"
#include "bodies_amd64.h"
#include "vmath_amd64.h"
#include "philox_amd64.h"
#include "matmul_amd64.h"
#include "matmul_bf16_amd64.h"
#include "peak_bf16_amd64.h"
