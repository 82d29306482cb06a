// Loops that show what the machine can do: multiply-adds in registers, and a triad
// through memory.

// rounds × 12 independent multiply-adds of W floats. Returns a sum, so that none can be left out.
TARGET float FN(f32_fma_peak)(int64_t rounds) {
	vf s[12], x = vset(0.999f), y = vset(0.001f);
#pragma GCC unroll 12
	for (int i = 0; i < 12; i++)
		s[i] = vset((float)i);
	for (int64_t r = 0; r < rounds; r++)
#pragma GCC unroll 12
		for (int i = 0; i < 12; i++)
			s[i] = vfma(s[i], x, y);
#pragma GCC unroll 12
	for (int i = 1; i < 12; i++)
		s[0] = vadd(s[0], s[i]);
	return vsum(s[0]);
}

// a[i] = b[i] + 3·c[i], as in STREAM (McCalpin).
TARGET void FN(f32_triad)(float *a, const float *b, const float *c, int64_t n) {
	for (int64_t i = 0; i < n; i += W)
		vstoren(a + i, vfma(vset(3), vloadn(c + i, n - i), vloadn(b + i, n - i)), n - i);
}
