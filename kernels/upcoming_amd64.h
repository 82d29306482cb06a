// Rows that work to come reads and writes, asked for a few at a time during the work before it. They lie too far apart for
// the processor to foresee them, and asked for all at once the wait for memory would not pass under the work.

typedef struct {
	const float *x[9];
	int64_t ld[9], rows[9], row, all, D; // row, of D floats, is the next of array at; all, how many there are in total
	int arrays, at;
} upcoming;

// expect adds rows of x, ld apart, from offset on; x may be NULL.
INLINE void expect(upcoming *u, const float *x, int64_t offset, int64_t ld, int64_t rows) {
	if (!x || rows <= 0)
		return;
	u->x[u->arrays] = x + offset;
	u->ld[u->arrays] = ld;
	u->rows[u->arrays++] = rows;
	u->all += rows;
}

// fetch asks for the next n rows.
INLINE void fetch(upcoming *u, int64_t n) {
	for (; n > 0 && u->at < u->arrays; n--) {
		const float *x = u->x[u->at] + u->row * u->ld[u->at];
		for (int64_t d = 0; d < u->D; d += 16)
			__builtin_prefetch(x + d, 0, 2);
		if (++u->row == u->rows[u->at]) {
			u->row = 0;
			u->at++;
		}
	}
}
