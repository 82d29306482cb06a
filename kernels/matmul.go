// Matrix products: sizes, precision and epilogue of MatMul, its checks, and the
// reference that accumulates in float64.

package kernels

import "fmt"

// Precision is how the factors of a product enter it; sums are float32 or wider.
type Precision int

const (
	Auto Precision = iota // BF16 where the machine multiplies it in hardware, else FP32
	FP32                  // as they are
	BF16                  // rounded to bfloat16, to nearest even
)

func (p Precision) String() string { return [...]string{"auto", "fp32", "bf16"}[p] }

// ParsePrecision reads "auto", "fp32" or "bf16".
func ParsePrecision(s string) (Precision, error) {
	for p := Auto; p <= BF16; p++ {
		if s == p.String() {
			return p, nil
		}
	}
	return 0, fmt.Errorf("unknown precision %q: want auto, fp32 or bf16", s)
}

// Product describes one MatMul: c (M, N) from a (M, K) and b (K, N), or a batch of
// them. The zero values of the fields after K mean the plain product of packed rows.
type Product struct {
	M, N, K int

	// TransA: a is stored (K, M); TransB: b is stored (N, K).
	TransA, TransB bool
	// LDA, LDB, LDC are the distances between stored rows; 0 means packed rows.
	// Rows of a and b may overlap (LDB = 1 slides a window over a series), rows of c
	// must not.
	LDA, LDB, LDC int
	// Batch products are computed, sample s from a[s·StrideA:], b[s·StrideB:] to
	// c[s·StrideC:]; 0 means one. A stride of 0 uses the same factor for all.
	Batch                     int
	StrideA, StrideB, StrideC int

	Precision Precision
	Packed    Packed  // from Ops.Pack, instead of b, which is then empty
	Scale     float32 // 0 means 1
	Add       bool    // add to c instead of replacing it

	// The epilogue, applied while the result is in cache. Bias is (N); Pre and
	// Residual are laid out as c. Pre receives the argument of Act for the backward
	// pass. Neither overlaps c: Add adds to c itself. DropRate is that of Ops.Dropout, under
	// DropKey, element (i,j) being number i·N + j; it wants packed rows of c and no batch.
	Bias     Buf
	Pre      Buf
	Act      UnaryOp
	DropRate float32
	DropKey  Key
	Residual Buf
}

// Packed is a right-hand side prepared by Ops.Pack, in a layout that only the back
// end that made it can read.
type Packed struct {
	Buf       Buf
	K, N      int
	Precision Precision // FP32 or BF16
	Owner     string    // Backend.Name
}

// settle is what p stands for on the level.
func (l *level) settle(p Precision) Precision {
	if p == Auto {
		return l.auto
	}
	return p
}

// normal returns p with its defaults filled in.
func (p Product) normal() Product {
	rowA, rowB := p.K, p.N
	if p.TransA {
		rowA = p.M
	}
	if p.TransB {
		rowB = p.K
	}
	if p.LDA == 0 {
		p.LDA = rowA
	}
	if p.LDB == 0 {
		p.LDB = rowB
	}
	if p.LDC == 0 {
		p.LDC = p.N
	}
	if p.Batch == 0 {
		p.Batch = 1
	}
	if p.Scale == 0 {
		p.Scale = 1
	}
	return p
}

// extent is the number of elements from the first to the last of a batch of
// matrices with rows of cols elements, ld apart.
func extent(batch, stride, rows, cols, ld int) int {
	if batch == 0 || rows == 0 || cols == 0 {
		return 0
	}
	return (batch-1)*stride + (rows-1)*ld + cols
}

// mostDropped is how many results may be dropped: their blocks of random words have numbers
// of 32 bits.
const mostDropped uint64 = 1 << 34

// matMul checks a product, settles its precision and runs the level's body.
func (l *level) matMul(c, a, b Buf, p Product) {
	const op = "MatMul"
	p = p.normal()
	sizes(op, p.M, p.N, p.K, p.LDA, p.LDB, p.LDC, p.Batch, p.StrideA, p.StrideB, p.StrideC)
	if p.LDC < p.N || (p.Batch > 1 && p.StrideC < extent(1, 0, p.M, p.N, p.LDC)) {
		panicf(op, "rows of c overlap: N %d, LDC %d, StrideC %d", p.N, p.LDC, p.StrideC)
	}
	rows, cols := p.M, p.K
	if p.TransA {
		rows, cols = cols, rows
	}
	need(op, "a", a, extent(p.Batch, p.StrideA, rows, cols, p.LDA))
	sizeC := extent(p.Batch, p.StrideC, p.M, p.N, p.LDC)
	need(op, "c", c, sizeC)
	optional(op, "bias", p.Bias, p.N)
	optional(op, "pre", p.Pre, sizeC)
	optional(op, "residual", p.Residual, sizeC)
	checkRate(op, p.DropRate)
	if p.DropRate > 0 && (p.Batch > 1 || p.LDC != p.N || uint64(sizeC) > mostDropped) {
		panicf(op, "dropout of %d products with %d columns, LDC %d, %d results: want one, packed rows, at most %d",
			p.Batch, p.N, p.LDC, sizeC, mostDropped)
	}
	p.Precision = l.settle(p.Precision)
	if w := p.Packed; w.Owner != "" {
		if w.K != p.K || w.N != p.N || w.Precision != p.Precision || w.Owner != l.Name() || (p.Batch > 1 && p.StrideB != 0) {
			panicf(op, "right-hand side packed as %d×%d %v by %s, product is %d×%d %v on %s",
				w.K, w.N, w.Precision, w.Owner, p.K, p.N, p.Precision, l.Name())
		}
	} else {
		rows, cols = p.K, p.N
		if p.TransB {
			rows, cols = cols, rows
		}
		need(op, "b", b, extent(p.Batch, p.StrideB, rows, cols, p.LDB))
	}
	if sizeC > 0 {
		l.leaf.matMul(c.Host, a.Host, b.Host, p)
	}
}

// pack checks the right-hand side and runs the level's body.
func (l *level) pack(b Buf, p Product) Packed {
	const op = "Pack"
	p = p.normal()
	sizes(op, p.N, p.K, p.LDB)
	rows, cols := p.K, p.N
	if p.TransB {
		rows, cols = cols, rows
	}
	need(op, "b", b, extent(1, 0, rows, cols, p.LDB))
	p.Precision = l.settle(p.Precision)
	return Packed{Wrap(l.leaf.pack(b.Host, p)), p.K, p.N, p.Precision, l.Name()}
}

// packReference stores b as K rows of N, rounded to the product's precision.
func packReference(b []float32, p Product) []float32 {
	w := make([]float32, p.K*p.N)
	for k := range p.K {
		for j := range p.N {
			if p.TransB {
				w[k*p.N+j] = rounded(b[j*p.LDB+k], p.Precision)
			} else {
				w[k*p.N+j] = rounded(b[k*p.LDB+j], p.Precision)
			}
		}
	}
	return w
}

// matMulReference computes each row of c in float64, k ascending.
func matMulReference(c, a, b []float32, p Product) {
	if p.Packed.Owner != "" {
		b, p.LDB, p.TransB = p.Packed.Buf.Host, p.N, false
	}
	strideAI, strideAK := p.LDA, 1
	if p.TransA {
		strideAI, strideAK = strideAK, strideAI
	}
	sum := sumRows
	if p.TransB {
		sum = sumColumns
	}
	parallelSpans(p.Batch*p.M, p.N*p.K, func(lo, hi int) {
		row := make([]float64, p.N)
		for r := lo; r < hi; r++ {
			s, i := r/p.M, r%p.M
			left := leftRow{a[min(s*p.StrideA+i*strideAI, len(a)):], strideAK, p.Precision}
			sum(row, left, b[min(s*p.StrideB, len(b)):], p)
			finishRow(c, row, s*p.StrideC+i*p.LDC, p)
		}
	})
}

// leftRow is a row of the left-hand side, wherever its elements lie.
type leftRow struct {
	a         []float32
	stride    int
	precision Precision
}

func (l leftRow) at(k int) float64 { return float64(rounded(l.a[k*l.stride], l.precision)) }

// sumRows is row = left·b for b as K rows, four of them at a time.
func sumRows(row []float64, left leftRow, b []float32, p Product) {
	clear(row)
	k := 0
	for ; k+4 <= p.K; k += 4 {
		x0, x1, x2, x3 := left.at(k), left.at(k+1), left.at(k+2), left.at(k+3)
		b0, b1, b2, b3 := b[k*p.LDB:][:p.N], b[(k+1)*p.LDB:][:p.N], b[(k+2)*p.LDB:][:p.N], b[(k+3)*p.LDB:][:p.N]
		for j, y := range row {
			y += x0 * float64(rounded(b0[j], p.Precision))
			y += x1 * float64(rounded(b1[j], p.Precision))
			y += x2 * float64(rounded(b2[j], p.Precision))
			row[j] = y + x3*float64(rounded(b3[j], p.Precision))
		}
	}
	for ; k < p.K; k++ {
		x := left.at(k)
		for j, y := range b[k*p.LDB:][:p.N] {
			row[j] += x * float64(rounded(y, p.Precision))
		}
	}
}

// sumColumns is the same for b as N columns, four of them at a time.
func sumColumns(row []float64, left leftRow, b []float32, p Product) {
	j := 0
	for ; j+4 <= p.N; j += 4 {
		b0, b1, b2, b3 := b[j*p.LDB:][:p.K], b[(j+1)*p.LDB:][:p.K], b[(j+2)*p.LDB:][:p.K], b[(j+3)*p.LDB:][:p.K]
		var y0, y1, y2, y3 float64
		for k := range p.K {
			x := left.at(k)
			y0 += x * float64(rounded(b0[k], p.Precision))
			y1 += x * float64(rounded(b1[k], p.Precision))
			y2 += x * float64(rounded(b2[k], p.Precision))
			y3 += x * float64(rounded(b3[k], p.Precision))
		}
		row[j], row[j+1], row[j+2], row[j+3] = y0, y1, y2, y3
	}
	for ; j < p.N; j++ {
		row[j] = 0
		for k, y := range b[j*p.LDB:][:p.K] {
			row[j] += left.at(k) * float64(rounded(y, p.Precision))
		}
	}
}

// finishRow writes the row of sums at c[at:], through the epilogue.
func finishRow(c []float32, row []float64, at int, p Product) {
	for j, s := range row {
		s *= float64(p.Scale)
		if p.Add {
			s += float64(c[at+j])
		}
		if p.Bias.Len != 0 {
			s += float64(p.Bias.Host[j])
		}
		if p.Pre.Len != 0 {
			p.Pre.Host[at+j] = float32(s)
		}
		s = p.Act.value(s)
		if p.DropRate > 0 {
			s *= keep(p.DropKey, uint64(at+j), p.DropRate)
		}
		if p.Residual.Len != 0 {
			s += float64(p.Residual.Host[at+j])
		}
		c[at+j] = float32(s)
	}
}
