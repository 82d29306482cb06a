// Rotary position embedding (Su et al. 2021), in LLaMA's half-split layout.

package kernels

import (
	"math"
	"sync"
)

func (l *level) rope(y Grad, x Buf, b, t, a, d int, base float64, inverse bool) {
	const op = "RoPE"
	sizes(op, b, t, a, d)
	if d%2 != 0 {
		panicf(op, "head width %d is odd", d)
	}
	need(op, "y", y.Buf, b*t*a*d)
	need(op, "x", x, b*t*a*d)
	if b*t*a*d == 0 {
		return
	}
	sin, cos := angles(t, d/2, base, inverse)
	parallelSpans(b*t, a*d, func(lo, hi int) {
		l.leaf.rope(y.Host[lo*a*d:hi*a*d], x.Host[lo*a*d:hi*a*d], sin, cos, lo, t, a, d, y.Add)
	})
}

// turns are the tables that angles has made; a model asks for one or two.
var turns sync.Map // turning → *[2][]float32

type turning struct {
	t, half int
	base    float64
	inverse bool
}

// angles returns sine and cosine (T, half) of t·base^(−d/half).
func angles(t, half int, base float64, inverse bool) (sin, cos []float32) {
	key := turning{t, half, base, inverse}
	table, ok := turns.Load(key)
	if !ok {
		sin, cos := tabulate(t, half, base, inverse)
		table, _ = turns.LoadOrStore(key, &[2][]float32{sin, cos})
	}
	return table.(*[2][]float32)[0], table.(*[2][]float32)[1]
}

func tabulate(t, half int, base float64, inverse bool) (sin, cos []float32) {
	sin, cos = make([]float32, t*half), make([]float32, t*half)
	for d := range half {
		turn := math.Pow(base, -float64(d)/float64(half))
		for i := range t {
			s, c := math.Sincos(float64(i) * turn)
			if inverse {
				s = -s
			}
			sin[i*half+d], cos[i*half+d] = float32(s), float32(c)
		}
	}
	return sin, cos
}

// ropeReference turns whole tokens, the first being number token of the B·T.
func ropeReference(y, x, sin, cos []float32, token, t, a, d int, add bool) {
	half := d / 2
	for at := 0; at < len(x); at += d {
		pos := (token + at/(a*d)) % t * half
		for i := range half {
			s, c := float64(sin[pos+i]), float64(cos[pos+i])
			u, v := float64(x[at+i]), float64(x[at+half+i])
			put(&y[at+i], u*c-v*s, add)
			put(&y[at+half+i], v*c+u*s, add)
		}
	}
}
