//go:build cgo

// Matrix products by packed panels and register tiles: how one is split into tasks.

package kernels

import (
	"sync"

	"github.com/klauspost/cpuid/v2"

	"ecalf/kernels/internal/memory"
)

// tiling is one family of tile bodies. The right-hand side is packed into panels of nr
// columns; a task multiplies panels of mr rows by panels of nr columns.
type tiling struct {
	mr, nr int
	vector int // columns: a task may begin and end after any number of them
	most   int // multiplications of a task that take a few milliseconds: spanWork says why no longer
	waking int // multiplications that take as long as wakingWork
	// packedLen is the size of a packed right-hand side, scratchLen that of the space
	// a task over so many rows needs.
	packedLen  func(k, n int) int
	scratchLen func(rows, k int) int
	pack       func(dst, b []float32, p *Product, lo, hi int) // panels [lo, hi)
	multiply   func(t task)
	// aInPlace and bInPlace say whether rows of a and b may be read where they are stored, instead of panels.
	aInPlace, bInPlace bool
}

// task is a rectangle of one product of the batch.
type task struct {
	*Product
	c, a, scratch          []float32
	right                  right
	at                     int // of c[0] in the arrays of the epilogue
	row0, row1, col0, col1 int
}

// right is a right-hand side: packed, or where ld is not 0 rows that far apart, as they are stored.
type right struct {
	b  []float32
	ld int
}

func (t *tiling) packConstant(b []float32, p Product) []float32 {
	packed := memory.Aligned(t.packedLen(p.K, p.N))
	t.packAll(packed, b, &p)
	return packed
}

func (t *tiling) packAll(packed, b []float32, p *Product) {
	parallelSpans(ceil(p.N, t.nr), t.nr*p.K, func(lo, hi int) { t.pack(packed, b, p, lo, hi) })
}

func (t *tiling) matMul(c, a, b []float32, p Product) {
	if p.Batch > 1 && p.StrideB == 0 && !p.TransA && p.StrideA == p.M*p.LDA && p.StrideC == p.M*p.LDC {
		p.M, p.Batch = p.M*p.Batch, 1 // the same right-hand side for all: one tall product
	}
	const large = 1 << 24 // multiplications worth the whole pool
	if p.Batch == 1 || p.M*p.N*p.K >= large {
		for s := range p.Batch {
			t.split(c, a, b, &p, s)
		}
		return
	}
	const quick = vectorTask / spanWork // multiplications are that much quicker than elements
	parallelSpans(p.Batch, max(p.M*p.K+p.K*p.N+p.M*p.N, p.M*p.N*p.K/quick), func(lo, hi int) {
		packed := p.Packed.Buf.Host
		if p.Packed.Owner == "" {
			packed = memory.Borrow(t.packedLen(p.K, p.N))
			defer memory.GiveBack(packed)
		}
		for s := lo; s < hi; s++ {
			if p.Packed.Owner == "" {
				t.pack(packed, b[min(s*p.StrideB, len(b)):], &p, 0, ceil(p.N, t.nr))
			}
			t.rectangle(c, a, right{b: packed}, &p, s, 0, p.M, 0, p.N)
		}
	})
}

// split multiplies sample s on all threads.
func (t *tiling) split(c, a, b []float32, p *Product, s int) {
	b = b[min(s*p.StrideB, len(b)):]
	factor := right{b: p.Packed.Buf.Host}
	switch {
	case p.Packed.Owner != "":
	case t.readsInPlace(p):
		factor = right{b, p.LDB}
	case t.packsApart(p):
		t.splitWidth(c, a, b, p, s)
		return
	default:
		factor.b = memory.Borrow(t.packedLen(p.K, p.N))
		defer memory.GiveBack(factor.b)
		t.packAll(factor.b, b, p)
	}
	rows, cols := ceil(p.M, t.mr), ceil(p.N, t.nr)
	down, across := cut(rows, cols, highestTask()/t.mr, ceil(p.M*p.N*p.K, t.most))
	parallel(down*across, p.M*p.N*p.K >= t.waking, func(i int) {
		i, j := i/across, i%across
		t.rectangle(c, a, factor, p, s, i*rows/down*t.mr, min((i+1)*rows/down*t.mr, p.M),
			j*cols/across*t.nr, min((j+1)*cols/across*t.nr, p.N))
	})
}

// cut splits rows by cols tiles into down by across tasks, least or more. They are at most so high as is said, for the second
// cache to hold their rows. Two a thread are the fewest, as many for each thread where there are rows enough; only where there
// are not, they are cut in width, which has each of them prepare its rows anew.
func cut(rows, cols, highest, least int) (down, across int) {
	least = max(least, 2*Threads())
	down = min(ceil(max(least, ceil(rows, highest)), Threads())*Threads(), rows)
	return down, min(ceil(least, down), ceil(cols, 4))
}

// splitWidth multiplies sample s on all threads, each of which packs columns of b that no other then reads.
func (t *tiling) splitWidth(c, a, b []float32, p *Product, s int) {
	rows, vectors := ceil(p.M, t.mr), ceil(p.N, t.vector)
	groups := min(Threads(), ceil(p.N, t.nr))
	down, _ := cut(rows, vectors, highestTask()/t.mr, ceil(p.M*p.N*p.K, t.most))
	down = ceil(down, groups)
	size := t.packedLen(p.K, ceil(vectors, groups)*t.vector)
	packed := memory.Borrow(groups * size)
	defer memory.GiveBack(packed)
	once := make([]sync.Once, groups)
	parallel(groups*down, p.M*p.N*p.K >= t.waking, func(i int) {
		g, i := i/down, i%down
		lo, hi := g*vectors/groups*t.vector, min((g+1)*vectors/groups*t.vector, p.N)
		once[g].Do(func() {
			part, from := *p, lo
			part.N = hi - lo
			if p.TransB {
				from *= p.LDB
			}
			t.pack(packed[g*size:], b[from:], &part, 0, ceil(part.N, t.nr))
		})
		factor := right{b: packed[g*size-t.packedLen(p.K, t.nr)/t.nr*lo:]} // columns are counted from the first of b
		t.rectangle(c, a, factor, p, s, i*rows/down*t.mr, min((i+1)*rows/down*t.mr, p.M), lo, hi)
	})
}

// packsApart reports whether threads had better pack b apart: few rows of it, and rows of a that are not packed, which each
// thread would do with all of them.
func (t *tiling) packsApart(p *Product) bool {
	return t.aInPlace && !p.TransA && p.Precision == FP32 && few(p)
}

// readsInPlace reports whether b is read as it is stored: rows of whole vectors, few of them. To pack them would cost a second
// hand-over to the other threads.
func (t *tiling) readsInPlace(p *Product) bool {
	return t.bInPlace && !p.TransB && p.Precision == FP32 && p.N%memory.LineFloats == 0 && few(p)
}

// few reports whether all of b stays in the second cache beside what else is read.
func few(p *Product) bool { return 2*4*p.K*p.N < secondCache() }

// highestTask is the number of rows of which a block takes seven tenths of the second cache. The rest is for the panels of b.
func highestTask() int { return min(7*secondCache()/10/(4*blockDepth), 256) }

// secondCache is the size of a core's second cache in bytes, 1 MiB where it is unknown.
func secondCache() int {
	if size := cpuid.CPU.Cache.L2; size > 0 {
		return size
	}
	return 1 << 20
}

// rectangle computes rows [row0, row1) and columns [col0, col1) of sample s.
func (t *tiling) rectangle(c, a []float32, factor right, p *Product, s, row0, row1, col0, col1 int) {
	space := memory.Borrow(t.scratchLen(row1-row0, p.K))
	defer memory.GiveBack(space)
	at := s * p.StrideC
	t.multiply(task{p, c[at:], a[min(s*p.StrideA, len(a)):], space, factor, at, row0, row1, col0, col1})
}
