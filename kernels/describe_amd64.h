// Distribution descriptors: one window in each lane.

INLINE vf vclip(vf x, float lo, float hi) { return vmin(vset(hi), vmax(vset(lo), x)); } // NaN stays

// lagged is the autocorrelation of the windows w (steps, W) at a lag, times their power.
INLINE vf lagged(const float *w, int64_t steps, int64_t lag) {
	vf s = vzero();
	for (int64_t t = lag; t < steps; t++)
		s = vfma(vload(w + t * W), vload(w + (t - lag) * W), s);
	return vmul(s, vset(1 / (float)(steps - lag)));
}

// powers gives the power of the windows w at the frequencies 1 … steps/2, four at a time so that w is
// read less often; turns holds cos and then sin of 2πt/steps.
INLINE vf powers(float *power, const float *w, const float *turns, int64_t steps) {
	vf total = vzero();
	for (int64_t f0 = 1; f0 <= steps / 2; f0 += 4) {
		vf re[4], im[4];
		int64_t at[4] = {0}, by[4];
#pragma GCC unroll 4
		for (int j = 0; j < 4; j++) {
			re[j] = im[j] = vzero();
			by[j] = f0 + j <= steps / 2 ? f0 + j : 0;
		}
		for (int64_t t = 0; t < steps; t++) {
			vf z = vload(w + t * W);
#pragma GCC unroll 4
			for (int j = 0; j < 4; j++) {
				re[j] = vfma(z, vset(turns[at[j]]), re[j]);
				im[j] = vfma(z, vset(turns[steps + at[j]]), im[j]);
				at[j] += by[j];
				at[j] -= at[j] >= steps ? steps : 0;
			}
		}
		for (int j = 0; j < 4 && f0 + j <= steps / 2; j++) {
			vf p = vfma(re[j], re[j], vmul(im[j], im[j]));
			total = vadd(total, p);
			vstore(power + (f0 + j - 1) * W, p);
		}
	}
	return total;
}

// Windows [lo, hi) of x, window b·c + j being channel j of sample b. scratch holds (steps + steps/2)·W
// floats. The windows are moved by their first value before they are averaged: one of equal values has deviations
// that are exactly 0.
TARGET void FN(f32_describe)(float *phi, const float *x, const float *turns, float *scratch, int64_t steps, int64_t c,
                      int64_t season, int64_t lo, int64_t hi) {
	const float eps = 1e-5f, inv = 1 / (float)steps;
	const int64_t half = steps / 2;
	float *w = scratch, *power = scratch + steps * W;
	for (; lo < hi; lo += W) {
		int64_t n = hi - lo < W ? hi - lo : W;
		for (int64_t l = 0; l < W; l++) {
			int64_t token = lo + (l < n ? l : n - 1);
			const float *from = x + token / c * steps * c + token % c;
			for (int64_t t = 0; t < steps; t++)
				w[t * W + l] = from[t * c];
		}
		vf base = vload(w), mu = vzero(), var = vzero(), out[11];
		for (int64_t t = 0; t < steps; t++)
			mu = vadd(mu, vsub(vload(w + t * W), base));
		mu = vmul(mu, vset(inv));
		for (int64_t t = 0; t < steps; t++) {
			vf d = vsub(vsub(vload(w + t * W), base), mu);
			var = vfma(d, d, var);
			vstore(w + t * W, d);
		}
		var = vfma(var, vset(inv), vset(eps));
		vf scale = vdiv(vset(1), vsqrt(var)), z = vzero(), before = vzero();
		vf first = vzero(), second = vzero(), slope = vzero(), s2 = vzero(), s3 = vzero(), s4 = vzero(), changes = vzero();
		for (int64_t t = 0; t < steps; t++, before = z) {
			z = vmul(vload(w + t * W), scale);
			vstore(w + t * W, z);
			vf q = vmul(z, z);
			if (t < half)
				first = vadd(first, z);
			else
				second = vadd(second, z);
			slope = vfma(z, vset((float)t - 0.5f * (float)(steps - 1)), slope);
			s2 = vadd(s2, q);
			s3 = vfma(q, z, s3);
			s4 = vfma(q, q, s4);
			changes = vadd(changes, vselect(vlt(vmul(z, before), vset(-1e-6f)), vset(1), vzero()));
		}
		vf divisor = vfma(s2, vset(inv), vset(eps));
		out[0] = vclip(vmul(vset(0.5f), vlog(var)), -6, 6);
		out[1] = out[2] = out[6] = out[7] = out[9] = vzero();
		if (steps > 1) {
			vf rise = vsub(vmul(second, vset(1 / (float)(steps - half))), vmul(first, vset(1 / (float)half)));
			out[1] = vclip(rise, -4, 4);
			out[2] = vmul(slope, vset(inv / __builtin_sqrtf(((float)steps * (float)steps - 1) / 12)));
			out[9] = vmul(changes, vset(1 / (float)(steps - 1)));
		}
		out[3] = vclip(vmul(s3, vset(inv)), -3, 3);
		out[4] = vclip(vsub(vmul(s4, vset(inv)), vset(3)), -3, 6);
		out[5] = steps > 1 ? vclip(vdiv(lagged(w, steps, 1), divisor), -1, 1) : vzero();
		if (season > 1 && season < steps)
			out[6] = vclip(vdiv(lagged(w, steps, season), divisor), -1, 1);
		vf all = vadd(powers(power, w, turns, steps), vset(eps * (float)steps * (float)steps)), top = vzero();
		for (int64_t f = 0; f < half; f++) {
			vf p = vdiv(vload(power + f * W), all);
			top = vmax(top, p);
			out[7] = vfnma(p, vlog(vmax(vset(1e-12f), p)), out[7]);
		}
		out[7] = half > 1 ? vmul(out[7], vset(1 / __builtin_logf((float)half))) : vzero();
		out[8] = top;
		out[10] = vclip(z, -5, 5);
		for (int k = 0; k < 11; k++) {
			float lanes[W];
			vstore(lanes, out[k]);
			for (int64_t l = 0; l < n; l++)
				phi[(lo + l) * 11 + k] = lanes[l];
		}
	}
}
