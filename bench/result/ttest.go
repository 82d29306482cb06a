// Student's t tests: whether two errors differ by more than chance.

package result

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// welch is the two-sided p of Welch's test that a and b have one mean, whatever their variances. There is none without
// at least two values on each side, or when neither side varies.
func welch(a, b []float64) optional {
	if len(a) < 2 || len(b) < 2 {
		return optional{}
	}
	ma, va := stat.MeanVariance(a, nil)
	mb, vb := stat.MeanVariance(b, nil)
	na, nb := float64(len(a)), float64(len(b))
	va, vb = va/na, vb/nb // of the means
	v := va + vb
	if v == 0 {
		return optional{}
	}
	df := v * v / (va*va/(na-1) + vb*vb/(nb-1)) // Welch–Satterthwaite
	return twoSided((ma-mb)/math.Sqrt(v), df)
}

// paired is the two-sided p of the paired test that the differences a[i]−b[i] have mean 0. There is none without at
// least two pairs, or when the differences do not vary.
func paired(a, b []float64) optional {
	if len(a) != len(b) || len(a) < 2 {
		return optional{}
	}
	d := make([]float64, len(a))
	for i := range d {
		d[i] = a[i] - b[i]
	}
	m, v := stat.MeanVariance(d, nil)
	if v == 0 {
		return optional{}
	}
	n := float64(len(d))
	return twoSided(m/math.Sqrt(v/n), n-1)
}

// twoSided is the probability of a t at least as far from 0, with df degrees of freedom; none if t overflowed.
func twoSided(t, df float64) optional {
	p := 2 * distuv.StudentsT{Sigma: 1, Nu: df}.Survival(math.Abs(t))
	return optional{p, !notFinite(p)}
}
