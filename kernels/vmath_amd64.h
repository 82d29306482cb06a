// Elementary functions on vectors, written over the names of vector_*_amd64.h.
// Errors are a few units in the last place; NaN stays NaN.

// vhorner evaluates c[0]·x^(n−1) + … + c[n−1].
#define vhorner(x, ...) vhorner_((x), (const float[]){__VA_ARGS__}, sizeof((float[]){__VA_ARGS__}) / sizeof(float))
INLINE vf vhorner_(vf x, const float *c, int n) {
	vf y = vset(c[0]);
	for (int i = 1; i < n; i++)
		y = vfma(y, x, vset(c[i]));
	return y;
}

// vexp: x = n·ln 2 + r, |r| ≤ ln 2/2, e^r by Cephes' polynomial (expf).
INLINE vf vexp(vf x) {
	vf y = vmin(vset(88.8f), vmax(vset(-104.0f), x)); // +Inf above, 0 below; NaN passes as second operand
	vf n = vround(vmul(y, vset(1.44269504088896341f)));
	vf r = vfnma(n, vset(0.693359375f), y);
	r = vfnma(n, vset(-2.12194440e-4f), r);
	vf p = vhorner(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f);
	p = vadd(vfma(p, vmul(r, r), r), vset(1));
	return vscale(p, n);
}

// vexpneg is e^x for x ≤ 0 or little above, with half the steps: where e^x is too small for a
// normal number it is 0. Adding 1.5·2²³ rounds to whole numbers; 127 more makes them exponents.
INLINE vf vexpneg(vf x) {
	const vf whole = vset(12582912.0f + 127);
	vf y = vmax(vset(-88), x); // 2⁻¹²⁷ then, whose bits are those of 0
	vf t = vfma(y, vset(1.44269504088896341f), whole), n = vsub(t, whole);
	vf r = vfnma(n, vset(0.693359375f), y);
	r = vfnma(n, vset(-2.12194440e-4f), r);
	vf p = vhorner(r, 1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f, 1, 1);
	return vmul(p, vfloat(vishl(vbits(t), 23)));
}

// vlog: Cephes' logf. 0 gives −Inf, negative numbers NaN.
INLINE vf vlog(vf x) {
	vm small = vlt(x, vset(1.17549435e-38f));
	vf s = vselect(small, vmul(x, vset(8388608.0f)), x); // denormals: times 2²³
	vf e = vselect(small, vset(-23), vzero());
	vi i = vbits(s);
	e = vadd(e, vsub(vtofloat(vishr(i, 23)), vset(126)));
	vf m = vfloat(vior(viand(i, viset(0x007fffff)), viset(0x3f000000))); // in [1/2, 1)
	vm low = vlt(m, vset(0.707106781186547524f));
	e = vselect(low, vsub(e, vset(1)), e);
	m = vsub(vselect(low, vadd(m, m), m), vset(1));
	vf z = vmul(m, m);
	vf p = vhorner(m, 7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
	               -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f);
	vf y = vmul(vmul(p, m), z);
	y = vfma(e, vset(-2.12194440e-4f), y);
	y = vfma(z, vset(-0.5f), y);
	y = vfma(e, vset(0.693359375f), vadd(m, y));
	vf inf = vset(__builtin_inff());
	y = vselect(vlt(x, inf), y, x); // +Inf and NaN are their own logarithms
	y = vselect(vlt(x, vzero()), vset(__builtin_nanf("")), y);
	return vselect(vlt(vzero(), vabs(x)), y, vselect(vnan(x), x, vsub(vzero(), inf)));
}

// vtanh: a rational function on [−9, 9], beyond which tanh rounds to ±1 (Eigen, ptanh_float).
INLINE vf vtanh(vf x) {
	vf c = vmin(vset(9), vmax(vset(-9), x)), z = vmul(c, c);
	vf p = vhorner(z, -2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
	               1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f);
	vf q = vhorner(z, 1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f);
	return vdiv(vmul(c, p), q);
}

// verf: a rational function on [−4, 4], beyond which erf rounds to ±1 (Eigen, erf float).
INLINE vf verf(vf x) {
	vf c = vmin(vset(4), vmax(vset(-4), x)), z = vmul(c, c);
	vf p = vhorner(z, -2.72614225801306e-10f, 2.77068142495902e-08f, -2.10102402082508e-06f, -5.69250639462346e-05f,
	               -7.34990630326855e-04f, -2.95459980854025e-03f, -1.60960333262415e-02f);
	vf q = vhorner(z, -1.45660718464996e-05f, -2.13374055278905e-04f, -1.68282697438203e-03f, -7.37332916720468e-03f,
	               -1.42647390514189e-02f);
	return vdiv(vmul(c, p), q);
}

INLINE vf vsigmoid(vf x) { return vdiv(vset(1), vadd(vset(1), vexp(vsub(vzero(), x)))); }

// The functions of UnaryOp, in its order.
enum { IDENTITY, ABS, EXP, LOG, SQRT, SQUARE, TANH, SIGMOID, RELU, GELU, GELU_TANH, SILU };

INLINE vf vrelu(vf x) { return vmax(vzero(), x); }
INLINE vf vgelu(vf x) {
	return vmul(vmul(x, vset(0.5f)), vadd(vset(1), verf(vmul(x, vset(0.70710678118654752f)))));
}
INLINE vf vgelu_inner(vf x) { // the argument of GELUTanh's tanh
	return vmul(vmul(x, vset(0.79788456080286536f)), vfma(vmul(x, x), vset(0.044715f), vset(1)));
}
INLINE vf vgelu_tanh(vf x) { return vmul(vmul(x, vset(0.5f)), vadd(vset(1), vtanh(vgelu_inner(x)))); }
INLINE vf vsilu(vf x) { return vmul(x, vsigmoid(x)); }

// vunary is op(x); op is a constant wherever speed counts.
INLINE vf vunary(int op, vf x) {
	switch (op) {
	case ABS: return vabs(x);
	case EXP: return vexp(x);
	case LOG: return vlog(x);
	case SQRT: return vsqrt(x);
	case SQUARE: return vmul(x, x);
	case TANH: return vtanh(x);
	case SIGMOID: return vsigmoid(x);
	case RELU: return vrelu(x);
	case GELU: return vgelu(x);
	case GELU_TANH: return vgelu_tanh(x);
	case SILU: return vsilu(x);
	}
	return x;
}

// EACH_UNARY(op, f) calls f with op as a constant.
#define EACH_UNARY(op, f)                \
	switch (op) {                          \
	case IDENTITY: f(IDENTITY); break;     \
	case ABS: f(ABS); break;               \
	case EXP: f(EXP); break;               \
	case LOG: f(LOG); break;               \
	case SQRT: f(SQRT); break;             \
	case SQUARE: f(SQUARE); break;         \
	case TANH: f(TANH); break;             \
	case SIGMOID: f(SIGMOID); break;       \
	case RELU: f(RELU); break;             \
	case GELU: f(GELU); break;             \
	case GELU_TANH: f(GELU_TANH); break;   \
	case SILU: f(SILU); break;             \
	}

// vstep is 1 where x > 0, NaN where x is, else below.
INLINE vf vstep(vf x, vf below) {
	return vselect(vlt(vzero(), x), vset(1), vselect(vlt(x, vzero()), below, x));
}

// vslope is op'(x).
INLINE vf vslope(int op, vf x) {
	vf one = vset(1), t;
	switch (op) {
	case ABS: return vstep(x, vset(-1));
	case EXP: return vexp(x);
	case LOG: return vdiv(one, x);
	case SQRT: return vdiv(vset(0.5f), vsqrt(x));
	case SQUARE: return vadd(x, x);
	case TANH: t = vtanh(x); return vfnma(t, t, one);
	case SIGMOID: t = vsigmoid(x); return vmul(t, vsub(one, t));
	case RELU: return vstep(x, vzero());
	case GELU: // Φ(x) + x·φ(x)
		t = vexpneg(vmul(vmul(x, x), vset(-0.5f)));
		return vfma(vmul(x, t), vset(0.39894228040143268f),
		            vmul(vset(0.5f), vadd(one, verf(vmul(x, vset(0.70710678118654752f))))));
	case GELU_TANH:
		t = vtanh(vgelu_inner(x));
		return vmul(vset(0.5f), vfma(vmul(x, vfnma(t, t, one)),
		                             vmul(vset(0.79788456080286536f), vfma(vmul(x, x), vset(3 * 0.044715f), one)), vadd(one, t)));
	case SILU: t = vsigmoid(x); return vmul(t, vfma(x, vsub(one, t), one));
	}
	return one;
}
