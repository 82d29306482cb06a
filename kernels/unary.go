// Functions of one variable: the table of values and derivatives, and the maps that
// apply them.

package kernels

import (
	"fmt"
	"math"
)

// UnaryOp is a function of one variable. The zero value is the identity.
type UnaryOp int

const (
	Identity UnaryOp = iota
	Abs              // |x|, derivative sign(x), 0 at 0
	Exp
	Log
	Sqrt
	Square
	Tanh
	Sigmoid  // 1/(1+e^−x)
	ReLU     // max(x, 0), derivative 0 at 0; NaN stays NaN
	GELU     // x·Φ(x), Φ(x) = (1+erf(x/√2))/2
	GELUTanh // x/2·(1+tanh(√(2/π)·(x+0.044715x³))): GPT-2's approximation
	SiLU     // x·sigmoid(x)
	numUnary
)

// UnaryOps returns every UnaryOp.
func UnaryOps() []UnaryOp {
	ops := make([]UnaryOp, numUnary)
	for i := range ops {
		ops[i] = UnaryOp(i)
	}
	return ops
}

func (op UnaryOp) String() string {
	if op < 0 || op >= numUnary {
		return fmt.Sprintf("UnaryOp(%d)", int(op))
	}
	return [...]string{"identity", "abs", "exp", "log", "sqrt", "square", "tanh", "sigmoid",
		"relu", "gelu", "gelu-tanh", "silu"}[op]
}

func (l *level) unary(op UnaryOp, y, x Buf, n int) {
	need("Unary", "y", y, n)
	need("Unary", "x", x, n)
	parallelBlocks(n, 1, func(lo, hi int) {
		l.leaf.unary(op, y.Host[lo:hi], x.Host[lo:hi])
	})
}

func (l *level) unaryGrad(op UnaryOp, dx Grad, dy, x Buf, n int) {
	if dx.Len == 0 {
		return
	}
	need("UnaryGrad", "dx", dx.Buf, n)
	need("UnaryGrad", "dy", dy, n)
	need("UnaryGrad", "x", x, n)
	parallelBlocks(n, 1, func(lo, hi int) {
		l.leaf.unaryGrad(op, dx.Host[lo:hi], dy.Host[lo:hi], x.Host[lo:hi], dx.Add)
	})
}

func unaryReference(op UnaryOp, y, x []float32) {
	for i, v := range x {
		y[i] = float32(op.value(float64(v)))
	}
}

func unaryGradReference(op UnaryOp, dx, dy, x []float32, add bool) {
	for i, v := range x {
		put(&dx[i], float64(dy[i])*op.slope(float64(v)), add)
	}
}

// put writes v at y as a Grad does.
func put(y *float32, v float64, add bool) {
	if add {
		v += float64(*y)
	}
	*y = float32(v)
}

const (
	sqrt2OverPi = 0.79788456080286535588 // √(2/π)
	geluCubic   = 0.044715               // Hendrycks & Gimpel 2016, section 2
)

// value is op(x).
func (op UnaryOp) value(x float64) float64 {
	switch op {
	case Identity:
		return x
	case Abs:
		return math.Abs(x)
	case Exp:
		return math.Exp(x)
	case Log:
		return math.Log(x)
	case Sqrt:
		return math.Sqrt(x)
	case Square:
		return x * x
	case Tanh:
		return math.Tanh(x)
	case Sigmoid:
		return sigmoid(x)
	case ReLU:
		return max(x, 0)
	case GELU:
		return x * normalCDF(x)
	case GELUTanh:
		return x / 2 * (1 + math.Tanh(sqrt2OverPi*(x+geluCubic*x*x*x)))
	case SiLU:
		return x * sigmoid(x)
	}
	panic("kernels: unknown " + op.String())
}

// slope is op'(x).
func (op UnaryOp) slope(x float64) float64 {
	switch op {
	case Identity:
		return 1
	case Abs:
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // 0, or NaN
	case Exp:
		return math.Exp(x)
	case Log:
		return 1 / x
	case Sqrt:
		return 0.5 / math.Sqrt(x)
	case Square:
		return 2 * x
	case Tanh:
		t := math.Tanh(x)
		return 1 - t*t
	case Sigmoid:
		s := sigmoid(x)
		return s * (1 - s)
	case ReLU:
		switch {
		case x > 0:
			return 1
		case x <= 0:
			return 0
		}
		return x // NaN
	case GELU:
		return normalCDF(x) + x*math.Exp(-x*x/2)/math.Sqrt(2*math.Pi)
	case GELUTanh:
		t := math.Tanh(sqrt2OverPi * (x + geluCubic*x*x*x))
		return (1+t)/2 + x/2*(1-t*t)*sqrt2OverPi*(1+3*geluCubic*x*x)
	case SiLU:
		s := sigmoid(x)
		return s * (1 + x*(1-s))
	}
	panic("kernels: unknown " + op.String())
}

func sigmoid(x float64) float64   { return 1 / (1 + math.Exp(-x)) }
func normalCDF(x float64) float64 { return math.Erfc(-x/math.Sqrt2) / 2 }
