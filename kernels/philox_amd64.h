// Random words from a counter: Philox4x32-10, as kernels/dropout.go has it.

enum { RUNS = 4 }; // at most, that go in step

// philox_runs gives runs of 2·W words of the stream, each in order, from as many blocks on, whose lower 32 bits do not
// overflow within a run. The state of a block is spread over four vectors, in the even lanes; the odd ones hold rubbish.
// runs is a constant: they go in step, to hide the latency of the products.
INLINE void philox_runs(vi *word, const uint64_t *block, int runs, uint64_t seed, uint32_t step, uint32_t op) {
	const vi mul0 = viset((int)0xD2511F53), mul1 = viset((int)0xCD9E8D57);
	vi c0[RUNS], c1[RUNS], c2[RUNS], c3[RUNS];
	uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++) {
		c0[r] = viadd(viset((int)(uint32_t)block[r]), viwide());
		c1[r] = viset((int)(block[r] >> 32));
		c2[r] = viset((int)step);
		c3[r] = viset((int)op);
	}
#pragma GCC unroll 10
	for (int round = 0; round < 10; round++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
#pragma GCC unroll 4
		for (int r = 0; r < runs; r++) {
			vi p0 = vimulwide(c0[r], mul0), p1 = vimulwide(c2[r], mul1);
			c0[r] = vixor(viodd(p1), vixor(c1[r], viset((int)k0)));
			c2[r] = vixor(viodd(p0), vixor(c3[r], viset((int)k1)));
			c1[r] = p1;
			c3[r] = p0;
		}
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++) {
		vi a = vieven(c0[r], c1[r]), b = vieven(c2[r], c3[r]);
		word[2 * r] = vieven(a, b);
		word[2 * r + 1] = viuneven(a, b);
	}
}

// philox gives 2·W·runs words of the stream, in order, from a block on that is a multiple of W/2.
INLINE void philox(vi *word, int runs, uint64_t block, uint64_t seed, uint32_t step, uint32_t op) {
	uint64_t first[RUNS];
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++)
		first[r] = block + (uint64_t)r * W / 2;
	philox_runs(word, first, runs, seed, step, op);
}
