// Every body compiled for AVX2 and FMA.
#define TARGET __attribute__((target("avx2,fma")))
#define FN(name) ecalf_##name##_avx2
#include "vector_avx2_amd64.h"
#include "bodies_amd64.h"
#include "vmath_amd64.h"
#include "matmul_amd64.h"
#include "matmul_f32_amd64.h"
#include "elements_amd64.h"
#include "rows_amd64.h"
#include "attention_amd64.h"
#include "gram_amd64.h"
#include "describe_amd64.h"
#include "distill_amd64.h"
#include "dynamicattention_amd64.h"
#include "contrast_amd64.h"
#include "cka_amd64.h"
#include "errors_amd64.h"
#include "peak_amd64.h"
