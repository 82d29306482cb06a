// Loops that show what the bfloat16 units can do in registers.

// rounds × 12 independent dot products of 16 pairs.
TARGET float FN(bf16_dot_peak)(int64_t rounds) {
	vf s[12], x = vset(0.001f), y = vset(0.001f);
#pragma GCC unroll 12
	for (int i = 0; i < 12; i++)
		s[i] = vset((float)i);
	for (int64_t r = 0; r < rounds; r++)
#pragma GCC unroll 12
		for (int i = 0; i < 12; i++)
			s[i] = vdot(s[i], x, y);
#pragma GCC unroll 12
	for (int i = 1; i < 12; i++)
		s[0] = vadd(s[0], s[i]);
	return vsum(s[0]);
}
