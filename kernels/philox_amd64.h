// Random words from a counter: Philox4x32-10, as kernels/dropout.go has it.

enum { RUNS = 4 }; // at most, that go in step
enum { ROUNDS = 10 };
#define PHILOX_MUL0 0xD2511F53u
#define PHILOX_MUL1 0xCD9E8D57u

// philox_stream is what the blocks of a stream have in common whose numbers have the same upper 32 bits: the keys of each
// round. In the first two rounds half of the state is alike in all of them, so its products are taken once, and stand in the
// keys; the first round then has no key0.
typedef struct {
	uint64_t seed;
	uint32_t step, op, upper;
	vi key0[ROUNDS], key1[ROUNDS];
} philox_stream;

// philox_open opens the stream of that key for the blocks whose upper 32 bits are block's.
INLINE void philox_open(philox_stream *s, uint64_t seed, uint32_t step, uint32_t op, uint64_t block) {
	uint32_t key0[ROUNDS], key1[ROUNDS], upper = (uint32_t)(block >> 32);
	for (uint32_t round = 0; round < ROUNDS; round++) {
		key0[round] = (uint32_t)seed + round * 0x9E3779B9;
		key1[round] = (uint32_t)(seed >> 32) + round * 0xBB67AE85;
	}
	uint64_t p1 = (uint64_t)step * PHILOX_MUL1;
	uint64_t p0 = (uint64_t)((uint32_t)(p1 >> 32) ^ upper ^ key0[0]) * PHILOX_MUL0; // of the second round
	key1[0] ^= op;
	key0[1] ^= (uint32_t)p1;
	key1[1] ^= (uint32_t)(p0 >> 32);
	key1[2] ^= (uint32_t)p0;
	*s = (philox_stream){.seed = seed, .step = step, .op = op, .upper = upper};
	for (int round = 0; round < ROUNDS; round++)
		s->key0[round] = viset((int)key0[round]), s->key1[round] = viset((int)key1[round]);
}

// philox_rounds gives runs of 2·W words of the stream, each in order, from as many blocks on, whose upper 32 bits are the
// stream's and whose lower ones do not overflow within a run. The state of a block is spread over four vectors, in the even lanes;
// the odd ones hold rubbish. runs is a constant: they go in step, to hide the latency of the products.
INLINE void philox_rounds(vi *word, const uint64_t *block, int runs, const philox_stream *s) {
	const vi mul0 = viset((int)PHILOX_MUL0), mul1 = viset((int)PHILOX_MUL1);
	vi c0[RUNS], c1[RUNS], c2[RUNS], c3[RUNS];
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++) { // two rounds; half of the second's state is in the keys
		vi p0 = vimulwide(viadd(viset((int)(uint32_t)block[r]), viwide()), mul0);
		vi p1 = vimulwide(vixor(viodd(p0), s->key1[0]), mul1);
		c0[r] = vixor(viodd(p1), s->key0[1]);
		c1[r] = p1;
		c2[r] = vixor(p0, s->key1[1]);
		c3[r] = viset(0);
	}
#pragma GCC unroll 8
	for (int round = 2; round < ROUNDS; round++)
#pragma GCC unroll 4
		for (int r = 0; r < runs; r++) {
			vi p0 = vimulwide(c0[r], mul0), p1 = vimulwide(c2[r], mul1);
			c0[r] = vixor(viodd(p1), vixor(c1[r], s->key0[round]));
			c2[r] = vixor(viodd(p0), vixor(c3[r], s->key1[round]));
			c1[r] = p1;
			c3[r] = p0;
			vihold(&c0[r], &c1[r], &c2[r], &c3[r]);
		}
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++) {
		vi a = vieven(c0[r], c1[r]), b = vieven(c2[r], c3[r]);
		word[2 * r] = vieven(a, b);
		word[2 * r + 1] = viuneven(a, b);
	}
}

// philox_runs is philox_rounds for blocks of any upper bits; the stream is opened anew where they change.
INLINE void philox_runs(vi *word, const uint64_t *block, int runs, philox_stream *s) {
	uint64_t other = 0;
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++)
		other |= block[r] >> 32 ^ s->upper;
	if (__builtin_expect(other == 0, 1)) {
		philox_rounds(word, block, runs, s);
		return;
	}
	for (int r = 0; r < runs; r++) {
		philox_open(s, s->seed, s->step, s->op, block[r]);
		philox_rounds(word + 2 * r, block + r, 1, s);
	}
}

// philox gives 2·W·runs words of the stream, in order, from a block on that is a multiple of W/2.
INLINE void philox(vi *word, int runs, uint64_t block, philox_stream *s) {
	uint64_t first[RUNS];
#pragma GCC unroll 4
	for (int r = 0; r < runs; r++)
		first[r] = block + (uint64_t)r * W / 2;
	philox_runs(word, first, runs, s);
}
