// Contrast of a batch's two views: the symmetric cross-entropy of matching pairs
// (InfoNCE, van den Oord et al. 2018; both ways as Radford et al. 2021), forward and backward.

package kernels

import (
	"math"

	"ecalf/kernels/internal/memory"
)

// similarity is what both passes compute: the unit vectors of the rows of x and z with their scales, and s (B, B),
// their products by 1/τ.
type similarity struct {
	x, z, scaleX, scaleZ, s []float32
	memory                  []float32
}

func (l *level) similarity(x, z, tau Buf, b, d int) *similarity {
	m := memory.Borrow(b*b + 2*b*d + 2*b)
	part := func(n int) []float32 {
		head := m[:n:n]
		m = m[n:]
		return head
	}
	v := &similarity{memory: m}
	v.s, v.x, v.z, v.scaleX, v.scaleZ = part(b*b), part(b*d), part(b*d), part(b), part(b)
	parallelSpans(b, 2*d, func(lo, hi int) {
		l.leaf.unit(v.x[lo*d:hi*d], v.scaleX[lo:hi], x.Host[lo*d:hi*d], d)
		l.leaf.unit(v.z[lo*d:hi*d], v.scaleZ[lo:hi], z.Host[lo*d:hi*d], d)
	})
	l.matMul(Wrap(v.s), Wrap(v.x), Wrap(v.z), Product{M: b, N: b, K: d, TransB: true, Precision: FP32, Scale: 1 / tau.Host[0]})
	return v
}

func (l *level) contrast(loss, rows, cols, x, z, tau Buf, b, d int) {
	const op = "Contrast"
	checkContrast(op, rows, cols, x, z, tau, b, d)
	need(op, "loss", loss, 1)
	v := l.similarity(x, z, tau, b, d)
	defer memory.GiveBack(v.memory)
	parallelSpans(b, b, func(lo, hi int) { l.leaf.logSumExp(rows.Host[lo:hi], v.s[lo*b:hi*b], b) })
	parallelStrips(b, b, func(lo, hi int) { l.leaf.logSumExpColumns(cols.Host, v.s, b, lo, hi) })
	var sum float64
	for i := range b {
		own := float64(v.s[i*b+i])
		sum += float64(rows.Host[i]) - own + float64(cols.Host[i]) - own
	}
	loss.Host[0] = float32(sum / float64(2*max(b, 1)))
}

func (l *level) contrastGrad(dx, dz, dtau Grad, dloss, rows, cols, x, z, tau Buf, b, d int) {
	const op = "ContrastGrad"
	checkContrast(op, rows, cols, x, z, tau, b, d)
	need(op, "dloss", dloss, 1)
	optional(op, "dx", dx.Buf, b*d)
	optional(op, "dz", dz.Buf, b*d)
	v := l.similarity(x, z, tau, b, d)
	defer memory.GiveBack(v.memory)
	parts := memory.Borrow(b + b*d)
	defer memory.GiveBack(parts)
	factor := dloss.Host[0] / float32(2*max(b, 1))
	parallelSpans(b, 8*b, func(lo, hi int) {
		l.leaf.contrastSlope(v.s, parts, rows.Host, cols.Host, b, factor, lo, hi)
	})
	if dtau.Len != 0 {
		var sum float64
		for _, p := range parts[:b] {
			sum -= float64(p)
		}
		put(&dtau.Host[0], sum/float64(tau.Host[0]), dtau.Add)
	}
	p := Product{M: b, N: d, K: b, Precision: FP32, Scale: 1 / tau.Host[0]}
	for _, side := range []struct {
		d          Grad
		own, other []float32
		scale      []float32
		transposed bool
	}{{dx, v.x, v.z, v.scaleX, false}, {dz, v.z, v.x, v.scaleZ, true}} {
		if side.d.Len == 0 {
			continue
		}
		p.TransA = side.transposed
		slope := parts[b:]
		l.matMul(Wrap(slope), Wrap(v.s), Wrap(side.other), p)
		parallelSpans(b, 3*d, func(lo, hi int) {
			l.leaf.unitGrad(side.d.Host[lo*d:hi*d], slope[lo*d:hi*d], side.own[lo*d:hi*d], side.scale[lo:hi], d, side.d.Add)
		})
	}
}

func checkContrast(op string, rows, cols, x, z, tau Buf, b, d int) {
	sizes(op, b, d)
	need(op, "rows", rows, b)
	need(op, "cols", cols, b)
	need(op, "x", x, b*d)
	need(op, "z", z, b*d)
	need(op, "tau", tau, 1)
}

// unitReference is y = x·scale, scale = 1/√(Σx² + 1e-12), for len(scale) rows of d.
func unitReference(y, scale, x []float32, d int) {
	for r := range scale {
		x, y := x[r*d:(r+1)*d], y[r*d:(r+1)*d]
		s := unitScale(x)
		scale[r] = float32(s)
		for i, v := range x {
			y[i] = float32(float64(v) * s)
		}
	}
}

// unitGradReference is dx = scale·(dy − y·Σ y·dy).
func unitGradReference(dx, dy, y, scale []float32, d int, add bool) {
	for r, s := range scale {
		dx, dy, y := dx[r*d:(r+1)*d], dy[r*d:(r+1)*d], y[r*d:(r+1)*d]
		along := dot(y, dy)
		for i, v := range y {
			put(&dx[i], float64(s)*(float64(dy[i])-float64(v)*along), add)
		}
	}
}

// logSumExpReference is y = log Σ exp(s) for len(y) rows of c.
func logSumExpReference(y, s []float32, c int) {
	row := make([]float64, c)
	for r := range y {
		for j := range row {
			row[j] = float64(s[r*c+j])
		}
		y[r] = float32(logSumExp(row))
	}
}

// logSumExpColumnsReference is the same for columns [lo, hi) of s (b, b).
func logSumExpColumnsReference(y, s []float32, b, lo, hi int) {
	column := make([]float64, b)
	for j := lo; j < hi; j++ {
		for i := range column {
			column[i] = float64(s[i*b+j])
		}
		y[j] = float32(logSumExp(column))
	}
}

// contrastSlopeReference turns rows [lo, hi) of s (b, b) into factor times the slope of Σ rows + Σ cols − 2·Σ own;
// parts[i] receives row i's Σ slope·s.
func contrastSlopeReference(s, parts, rows, cols []float32, b int, factor float32, lo, hi int) {
	for i := lo; i < hi; i++ {
		var sum float64
		for j := range b {
			v := float64(s[i*b+j])
			g := math.Exp(v-float64(rows[i])) + math.Exp(v-float64(cols[j]))
			if i == j {
				g -= 2
			}
			g *= float64(factor)
			sum += g * v
			s[i*b+j] = float32(g)
		}
		parts[i] = float32(sum)
	}
}
