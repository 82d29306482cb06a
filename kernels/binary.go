// Functions of two arrays, the second spread over the first; sums and affine maps.

package kernels

import "fmt"

// BinaryOp is a function of two variables.
type BinaryOp int

const (
	Add BinaryOp = iota
	Sub
	Mul
	Div
	numBinary
)

// BinaryOps returns every BinaryOp.
func BinaryOps() []BinaryOp { return []BinaryOp{Add, Sub, Mul, Div} }

func (op BinaryOp) String() string {
	if op < 0 || op >= numBinary {
		return fmt.Sprintf("BinaryOp(%d)", int(op))
	}
	return [...]string{"add", "sub", "mul", "div"}[op]
}

// value is x op y.
func (op BinaryOp) value(x, y float64) float64 {
	switch op {
	case Add:
		return x + y
	case Sub:
		return x - y
	case Mul:
		return x * y
	case Div:
		return x / y
	}
	panic("kernels: unknown " + op.String())
}

// Spread says which element of a second operand belongs to element (o, m, i) of a
// first one of Dim (outer, mid, inner) packed elements: number
// o·Stride[0] + m·Stride[1] + i·Stride[2]. A stride of 0 repeats the operand along
// that dimension; along the others no two places may share an element.
type Spread struct{ Dim, Stride [3]int }

// Same is two operands of n elements each.
func Same(n int) Spread { return Spread{[3]int{1, 1, n}, [3]int{0, 0, 1}} }

// PerColumn spreads a vector of c elements over each row of an (r, c) matrix: a bias.
func PerColumn(r, c int) Spread { return Spread{[3]int{1, r, c}, [3]int{0, 0, 1}} }

// PerRow spreads a vector of r elements along the rows of an (r, c) matrix.
func PerRow(r, c int) Spread { return Spread{[3]int{1, r, c}, [3]int{0, 1, 0}} }

// Channels spreads (B, C) statistics over the L steps of (B, L, C).
func Channels(b, l, c int) Spread { return Spread{[3]int{b, l, c}, [3]int{c, 0, 1}} }

func (v Spread) size() int { return v.Dim[0] * v.Dim[1] * v.Dim[2] }

// second is the number of elements of the second operand.
func (v Spread) second() int {
	if v.size() == 0 {
		return 0
	}
	n := 1
	for d := range 3 {
		n += (v.Dim[d] - 1) * v.Stride[d]
	}
	return n
}

// check panics unless z, x and y (those not empty) fit v.
func (v Spread) check(op string, z, x, y Buf) {
	sizes(op, v.Dim[:]...)
	sizes(op, v.Stride[:]...)
	optional(op, "z", z, v.size())
	optional(op, "x", x, v.size())
	optional(op, "y", y, v.second())
}

// binary runs the leaf over spans of rows, or of one long row.
func (l *level) binary(op BinaryOp, z Grad, x, y Buf, v Spread) {
	v.check("Binary", z.Buf, x, y)
	n := v.size()
	if n > 0 {
		need("Binary", "z", z.Buf, n)
		need("Binary", "x", x, n)
		need("Binary", "y", y, v.second())
	}
	rows, inner := v.Dim[0]*v.Dim[1], v.Dim[2]
	if rows == 1 {
		parallelSpans(inner, 1, func(lo, hi int) {
			w := Spread{[3]int{1, 1, hi - lo}, v.Stride}
			l.leaf.binary(op, z.Host[lo:hi], x.Host[lo:hi], y.Host[lo*v.Stride[2]:], w, 0, 1, z.Add)
		})
		return
	}
	parallelSpans(rows, inner, func(lo, hi int) {
		l.leaf.binary(op, z.Host[:n], x.Host[:n], y.Host, v, lo, hi, z.Add)
	})
}

// binaryReference computes rows [lo, hi) of the outer·mid rows.
func binaryReference(op BinaryOp, z, x, y []float32, v Spread, lo, hi int, add bool) {
	for r := lo; r < hi; r++ {
		at := r/v.Dim[1]*v.Stride[0] + r%v.Dim[1]*v.Stride[1]
		for i := range v.Dim[2] {
			e := r*v.Dim[2] + i
			put(&z[e], op.value(float64(x[e]), float64(y[at+i*v.Stride[2]])), add)
		}
	}
}

func (l *level) binaryGrad(op BinaryOp, dx, dy Grad, dz, x, y Buf, v Spread) {
	v.check("BinaryGrad", dx.Buf, x, y)
	n := v.size()
	need("BinaryGrad", "dz", dz, n)
	if dx.Len != 0 {
		switch op {
		case Add, Sub:
			l.affine(dx, dz, n, 1, 0)
		case Mul, Div:
			l.binary(op, dx, dz, y, v)
		}
	}
	if dy.Len == 0 {
		return
	}
	need("BinaryGrad", "dy", dy.Buf, v.second())
	switch op {
	case Add:
		l.sumSpread(dy, dz, Buf{}, v, 1)
	case Sub:
		l.sumSpread(dy, dz, Buf{}, v, -1)
	case Mul:
		need("BinaryGrad", "x", x, n)
		l.sumSpread(dy, dz, x, v, 1)
	case Div:
		need("BinaryGrad", "x", x, n)
		need("BinaryGrad", "y", y, v.second())
		sum := make([]float32, v.second())
		l.sumSpread(Into(Wrap(sum)), dz, x, v, -1)
		l.binary(Div, Into(Wrap(sum)), Wrap(sum), y, Same(len(sum)))
		l.binary(Div, dy, Wrap(sum), y, Same(len(sum)))
	}
}

// sumSpread is y[s] = scale·Σ a·b over the places that v maps to s, b being 1 where
// empty. It turns v into the (outer, mid, inner) sums of the leaf.
func (l *level) sumSpread(y Grad, a, b Buf, v Spread, scale float32) {
	if !y.Add {
		clear(y.Host[:v.second()]) // strides may leave gaps, and the sums add up below
		y.Add = true
	}
	o, m, i := v.Dim[0], v.Dim[1], v.Dim[2]
	for at := range o {
		part := func(x Buf) Buf {
			if x.Len == 0 {
				return x
			}
			return x.Slice(at*m*i, (at+1)*m*i)
		}
		dst := y
		dst.Buf = y.Slice(at*v.Stride[0], y.Len)
		switch s1, s2 := v.Stride[1], v.Stride[2]; {
		case v.Stride[0] == 0 && s1 == 0 && s2 == 1: // columns of one tall matrix
			l.sum(y, a, b, 1, o*m, i, scale)
			return
		case s1 == 0 && s2 == 1:
			l.sum(dst, part(a), part(b), 1, m, i, scale)
		case s1 == 1 && s2 == 0:
			l.sum(dst, part(a), part(b), m, i, 1, scale)
		case s1 == 0 && s2 == 0:
			l.sum(dst, part(a), part(b), 1, m*i, 1, scale)
		case s1 == i && s2 == 1:
			l.sum(dst, part(a), part(b), m*i, 1, 1, scale)
		default:
			panicf("BinaryGrad", "strides %v of %v are not those of a packed operand", v.Stride, v.Dim)
		}
	}
}

// sum is y[o,i] = scale·Σ_m a[o,m,i]·b[o,m,i], b being 1 where empty.
func (l *level) sum(y Grad, a, b Buf, outer, mid, inner int, scale float32) {
	sizes("Sum", outer, mid, inner)
	n := outer * mid * inner
	need("Sum", "y", y.Buf, outer*inner)
	need("Sum", "x", a, n)
	optional("Sum", "second factor", b, n)
	split := parallelSpans
	if outer == 1 {
		split = parallelStrips
	}
	split(outer*inner, mid, func(lo, hi int) {
		l.leaf.sum(y.Host, a.Host, b.Host, mid, inner, lo, hi, scale, y.Add)
	})
}

// sumReference computes the sums [lo, hi) of the outer·inner ones.
func sumReference(y, a, b []float32, mid, inner, lo, hi int, scale float32, add bool) {
	for r := lo; r < hi; r++ {
		at := r/inner*mid*inner + r%inner
		var s float64
		for m := range mid {
			t := float64(a[at+m*inner])
			if len(b) != 0 {
				t *= float64(b[at+m*inner])
			}
			s += t
		}
		put(&y[r], float64(scale)*s, add)
	}
}

func (l *level) affine(y Grad, x Buf, n int, alpha, beta float32) {
	need("Affine", "y", y.Buf, n)
	need("Affine", "x", x, n)
	parallelSpans(n, 1, func(lo, hi int) {
		l.leaf.affine(y.Host[lo:hi], x.Host[lo:hi], alpha, beta, y.Add)
	})
}

func affineReference(y, x []float32, alpha, beta float32, add bool) {
	for i, v := range x {
		put(&y[i], float64(alpha)*float64(v)+float64(beta), add)
	}
}

func (l *level) fill(y Buf, n int, value float32) {
	need("Fill", "y", y, n)
	parallelSpans(n, 1, func(lo, hi int) {
		for i := range y.Host[lo:hi] {
			y.Host[lo+i] = value
		}
	})
}
