// The Adam optimiser (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019).

package kernels

import "math"

// Adam is one update, with PyTorch's arithmetic:
//
//	g ← GradScale·g   (+ WeightDecay·p unless Decoupled)
//	p ← p·(1 − LR·WeightDecay) if Decoupled
//	m ← Beta1·m + (1−Beta1)·g,  v ← Beta2·v + (1−Beta2)·g²
//	p ← p − LR/(1−Beta1^Step) · m/(√v/√(1−Beta2^Step) + Eps)
type Adam struct {
	LR, Beta1, Beta2, Eps float64
	WeightDecay           float64
	Decoupled             bool    // AdamW
	GradScale             float64 // 0 means 1; gradient clipping sets it
	Step                  int     // counted from 1
}

// adamFactors are the numbers an update needs per element.
type adamFactors struct {
	gradScale, decay, shrink   float32 // g ← gradScale·g + decay·p, p ← shrink·p
	beta1, rest1, beta2, rest2 float32
	rate, root, eps            float32 // p −= rate·m/(root·√v + eps)
}

func (a Adam) factors() adamFactors {
	f := adamFactors{
		gradScale: float32(a.GradScale), shrink: 1,
		beta1: float32(a.Beta1), rest1: float32(1 - a.Beta1),
		beta2: float32(a.Beta2), rest2: float32(1 - a.Beta2),
		rate: float32(a.LR / (1 - math.Pow(a.Beta1, float64(a.Step)))),
		root: float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(a.Step)))),
		eps:  float32(a.Eps),
	}
	if a.GradScale == 0 {
		f.gradScale = 1
	}
	if a.Decoupled {
		f.shrink = float32(1 - a.LR*a.WeightDecay)
	} else {
		f.decay = float32(a.WeightDecay)
	}
	return f
}

func (l *level) adam(p, m, v, g Buf, n int, a Adam) {
	const op = "Adam"
	need(op, "p", p, n)
	need(op, "m", m, n)
	need(op, "v", v, n)
	need(op, "g", g, n)
	if a.Step < 1 {
		panicf(op, "step %d, want 1 or more", a.Step)
	}
	f := a.factors()
	parallelBlocks(n, 4, func(lo, hi int) {
		l.leaf.adam(p.Host[lo:hi], m.Host[lo:hi], v.Host[lo:hi], g.Host[lo:hi], &f)
	})
}

func adamReference(p, m, v, g []float32, f *adamFactors) {
	for i := range p {
		x := float64(p[i])
		d := float64(f.gradScale)*float64(g[i]) + float64(f.decay)*x
		mi := float64(f.beta1)*float64(m[i]) + float64(f.rest1)*d
		vi := float64(f.beta2)*float64(v[i]) + float64(f.rest2)*d*d
		m[i], v[i] = float32(mi), float32(vi)
		p[i] = float32(x*float64(f.shrink) - float64(f.rate)*mi/(float64(f.root)*math.Sqrt(vi)+float64(f.eps)))
	}
}
