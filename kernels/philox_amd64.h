// Random words from a counter: Philox4x32-10, as kernels/dropout.go has it.

// philox_halves gives two runs of 2·W words of the stream, each in order, from blocks on whose lower 32 bits do not
// overflow within a run. The state of a block is spread over four vectors, in the even lanes; the odd ones hold rubbish.
INLINE void philox_halves(vi word[4], uint64_t block0, uint64_t block1, uint64_t seed, uint32_t step, uint32_t op) {
	const vi mul0 = viset((int)0xD2511F53), mul1 = viset((int)0xCD9E8D57);
	vi c0[2], c1[2], c2[2], c3[2]; // two halves in step, to hide the latency of the products
	uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
#pragma GCC unroll 2
	for (int h = 0; h < 2; h++) {
		uint64_t block = h ? block1 : block0;
		c0[h] = viadd(viset((int)(uint32_t)block), viwide());
		c1[h] = viset((int)(block >> 32));
		c2[h] = viset((int)step);
		c3[h] = viset((int)op);
	}
#pragma GCC unroll 10
	for (int r = 0; r < 10; r++, k0 += 0x9E3779B9, k1 += 0xBB67AE85)
#pragma GCC unroll 2
		for (int h = 0; h < 2; h++) {
			vi p0 = vimulwide(c0[h], mul0), p1 = vimulwide(c2[h], mul1);
			c0[h] = vixor(viodd(p1), vixor(c1[h], viset((int)k0)));
			c2[h] = vixor(viodd(p0), vixor(c3[h], viset((int)k1)));
			c1[h] = p1;
			c3[h] = p0;
		}
#pragma GCC unroll 2
	for (int h = 0; h < 2; h++) {
		vi a = vieven(c0[h], c1[h]), b = vieven(c2[h], c3[h]);
		word[2 * h] = vieven(a, b);
		word[2 * h + 1] = viuneven(a, b);
	}
}

// philox gives 4·W words of the stream, in order, from a block on that is a multiple of W.
INLINE void philox(vi word[4], uint64_t block, uint64_t seed, uint32_t step, uint32_t op) {
	philox_halves(word, block, block + W / 2, seed, step, op);
}
