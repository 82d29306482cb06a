// Tests of what is not an operation: memory, levels, threads, sums of errors.

package kernels_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"ecalf/kernels"
)

func TestEveryLevelHasEveryOperation(t *testing.T) {
	for _, be := range kernels.CPUs() {
		ops := reflect.ValueOf(be.Ops()).Elem()
		for i := range ops.NumField() {
			if ops.Field(i).IsNil() {
				t.Errorf("%s lacks %s", be.Name(), ops.Type().Field(i).Name)
			}
		}
	}
}

func TestBest(t *testing.T) {
	tests := []struct{ level, name, err string }{
		{"generic", "cpu/generic", ""},
		{"", kernels.CPUs()[len(kernels.CPUs())-1].Name(), ""},
		{"avx1024", "", `ECALF_LEVEL: cpu level "avx1024" is unknown or not supported here: choose one of generic`},
	}
	for _, tt := range tests {
		t.Setenv("ECALF_LEVEL", tt.level)
		be, err := kernels.Best()
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("level %q: %v", tt.level, err)
		case tt.err == "" && be.Name() != tt.name:
			t.Errorf("level %q gave %s, want %s", tt.level, be.Name(), tt.name)
		case tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)):
			t.Errorf("level %q: error %v, want %s…", tt.level, err, tt.err)
		}
	}
}

func TestBufSlice(t *testing.T) {
	host := kernels.Wrap([]float32{0, 1, 2, 3}).Slice(1, 3)
	if host.Len != 2 || len(host.Host) != 2 || cap(host.Host) != 2 || host.Host[0] != 1 {
		t.Errorf("host slice is %+v", host)
	}
	device := kernels.Buf{Dev: 1000, Len: 4}.Slice(1, 3) // 4 bytes an element
	if device.Dev != 1004 || device.Len != 2 || device.Host != nil {
		t.Errorf("device slice is %+v", device)
	}
	mustPanic(t, "Buf.Slice", func() { host.Slice(1, 3) })
}

func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if s, ok := recover().(string); !ok || !strings.Contains(s, name) {
			t.Errorf("no panic that names %s", name)
		}
	}()
	f()
}

func TestParallelCallsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		calls := make([]atomic.Int32, n)
		kernels.Parallel(n, func(i int) {
			calls[i].Add(1)
			kernels.Parallel(3, func(int) {}) // loops may nest
		})
		for i := range calls {
			if c := calls[i].Load(); c != 1 {
				t.Errorf("n %d: index %d was called %d times", n, i, c)
			}
		}
	}
}

// TestParallelFromMany has callers that share the pool, on more threads than cores and on one, with pauses after which
// the workers are asleep.
func TestParallelFromMany(t *testing.T) {
	defer kernels.SetThreads(kernels.Threads())
	for _, threads := range []int{5, 1, 3} {
		kernels.SetThreads(threads)
		var callers sync.WaitGroup
		var calls atomic.Int64
		for caller := range 4 {
			callers.Go(func() {
				for round := range 200 {
					kernels.Parallel(round%7, func(int) { calls.Add(1) })
					if round%50 == caller {
						time.Sleep(time.Millisecond)
					}
				}
			})
		}
		callers.Wait()
		want := int64(0)
		for round := range 200 {
			want += int64(4 * (round % 7))
		}
		if got := calls.Load(); got != want {
			t.Errorf("%d threads: %d calls, want %d", threads, got, want)
		}
	}
}

func TestParallelPanics(t *testing.T) {
	mustPanic(t, "index 7", func() {
		kernels.Parallel(100, func(i int) {
			if i == 7 {
				panic("index 7")
			}
		})
	})
	TestParallelCallsEachOnce(t) // the pool survives
}

// TestSquaredAbsErrors has sums that are exact in float64, and one whose bits depend
// on the order of addition: 1 is lost when added to 1e16 alone, but not 1+1.
func TestSquaredAbsErrors(t *testing.T) {
	long := make([]float32, 19)
	var sse, sae float64
	for i := range long {
		long[i] = float32(i) - 9
		sse += float64((i - 9) * (i - 9))
		sae += math.Abs(float64(i - 9))
	}
	tests := []struct {
		pred     []float32
		sse, sae float64
	}{
		{nil, 0, 0},
		{[]float32{-3}, 9, 3},
		{long, sse, sae},
		{[]float32{1e8, 1, 0, 0, 0, 1}, 1e16 + 2, 1e8 + 2}, // lanes 1 and 5 meet before lane 0
		{[]float32{1e8, 0, 0, 0, 1, 0, 0, 0, 1}, 1e16, 1e8 + 2},
	}
	for _, tt := range tests {
		sse, sae := kernels.SquaredAbsErrors(tt.pred, make([]float32, len(tt.pred)))
		if sse != tt.sse || sae != tt.sae {
			t.Errorf("%v: %v %v, want %v %v", tt.pred, sse, sae, tt.sse, tt.sae)
		}
	}
	if sse, sae := kernels.SquaredAbsErrors([]float32{float32(math.NaN())}, []float32{0}); sse == sse || sae == sae {
		t.Errorf("NaN gave %v %v", sse, sae)
	}
	mustPanic(t, "SquaredAbsErrors", func() { kernels.SquaredAbsErrors(nil, long) })
}

func TestRoundBF16(t *testing.T) {
	tests := []struct{ in, want uint32 }{ // bit patterns; bfloat16 keeps the upper 16
		{0x3f800000, 0x3f800000},
		{0x3f808000, 0x3f800000}, // tie, even stays
		{0x3f818000, 0x3f820000}, // tie, odd goes up
		{0x3f808001, 0x3f810000},
		{0x7f7fffff, 0x7f800000}, // the largest float32 becomes infinite
		{0xff800000, 0xff800000},
		{0x80000001, 0x80000000},
	}
	for _, tt := range tests {
		if got := math.Float32bits(kernels.RoundBF16(math.Float32frombits(tt.in))); got != tt.want {
			t.Errorf("%#x rounds to %#x, want %#x", tt.in, got, tt.want)
		}
	}
	if x := kernels.RoundBF16(math.Float32frombits(0x7f800001)); x == x {
		t.Error("a NaN with low bits only became", x)
	}
}

// TestPhilox checks the generator against the known answers of the Random123
// distribution (kat_vectors, philox4x32 10).
func TestPhilox(t *testing.T) {
	tests := []struct {
		key   kernels.Key
		block uint64
		want  [4]uint32
	}{
		{kernels.Key{}, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{kernels.Key{^uint64(0), ^uint32(0), ^uint32(0)}, ^uint64(0), [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{kernels.Key{0x299f31d0a4093822, 0x13198a2e, 0x03707344}, 0x85a308d3243f6a88, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	}
	for _, tt := range tests {
		if got := tt.key.Philox(tt.block); got != tt.want {
			t.Errorf("%+v block %#x: %#x, want %#x", tt.key, tt.block, got, tt.want)
		}
	}
}

// Sums of errors have the bits that eight lanes folded as a tree have, at every length and alignment, and read nothing
// beyond the end.
func TestErrorsAreSummedInEightLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pred, target := make([]float32, 300), make([]float32, 300)
	for i := range pred {
		pred[i], target[i] = float32(r.NormFloat64()), float32(1e3*r.NormFloat64())
	}
	for start := range 9 {
		for n := range 200 {
			p, y := pred[start:start+n], target[start+1:start+1+n]
			sse, sae := kernels.SquaredAbsErrors(p, y)
			var s, a [8]float64
			for i := range p {
				d := float64(p[i]) - float64(y[i])
				s[i%8] += float64(d * d) // the conversion forbids a fused multiply-add
				a[i%8] += math.Abs(d)
			}
			wantSSE := ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
			wantSAE := ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]))
			if sse != wantSSE || sae != wantSAE {
				t.Fatalf("start %d, n %d: %v and %v, want %v and %v", start, n, sse, sae, wantSSE, wantSAE)
			}
		}
	}
}

// TestShapePanics calls operations with one argument too short or one size that makes no
// sense; the panic names the operation and the argument.
func TestShapePanics(t *testing.T) {
	b := func(n int) kernels.Buf { return kernels.Wrap(make([]float32, n)) }
	tests := []struct {
		want string
		call func(o *kernels.Ops)
	}{
		{"MatMul: a has 5", func(o *kernels.Ops) { o.MatMul(b(4), b(5), b(6), kernels.Product{M: 2, N: 2, K: 3}) }},
		{"MatMul: b has 5", func(o *kernels.Ops) { o.MatMul(b(4), b(6), b(5), kernels.Product{M: 2, N: 2, K: 3}) }},
		{"MatMul: c has 3", func(o *kernels.Ops) { o.MatMul(b(3), b(6), b(6), kernels.Product{M: 2, N: 2, K: 3}) }},
		{"MatMul: rows of c overlap", func(o *kernels.Ops) { o.MatMul(b(9), b(6), b(6), kernels.Product{M: 2, N: 2, K: 3, LDC: 1}) }},
		{"MatMul: rate", func(o *kernels.Ops) { o.MatMul(b(6), b(6), b(6), kernels.Product{M: 2, N: 3, K: 2, DropRate: 1}) }},
		{"MatMul: dropout", func(o *kernels.Ops) {
			o.MatMul(b(9), b(6), b(6), kernels.Product{M: 2, N: 3, K: 2, LDC: 4, DropRate: 0.5})
		}},
		{"UnaryDropGrad: rate", func(o *kernels.Ops) {
			o.UnaryDropGrad(kernels.GELU, kernels.Into(b(3)), b(3), b(3), 3, -1, kernels.Key{})
		}},
		{"MatMul: bias has 1", func(o *kernels.Ops) { o.MatMul(b(4), b(6), b(6), kernels.Product{M: 2, N: 2, K: 3, Bias: b(1)}) }},
		{"MatMul: negative size", func(o *kernels.Ops) { o.MatMul(b(4), b(6), b(6), kernels.Product{M: -2, N: 2, K: 3}) }},
		{"MatMul: right-hand side packed as 3×2", func(o *kernels.Ops) {
			o.MatMul(b(4), b(8), kernels.Buf{}, kernels.Product{M: 2, N: 2, K: 4, Packed: o.Pack(b(6), kernels.Product{N: 2, K: 3})})
		}},
		{"Unary: y has 2", func(o *kernels.Ops) { o.Unary(kernels.Exp, b(2), b(3), 3) }},
		{"Binary: y has 1", func(o *kernels.Ops) { o.Binary(kernels.Add, b(6), b(6), b(1), kernels.PerColumn(3, 2)) }},
		{"BinaryGrad: strides", func(o *kernels.Ops) {
			o.BinaryGrad(kernels.Add, kernels.Grad{}, kernels.Into(b(9)), b(6), kernels.Buf{}, kernels.Buf{}, kernels.Spread{[3]int{1, 3, 2}, [3]int{0, 1, 3}})
		}},
		{"LayerNorm: rstd has 1", func(o *kernels.Ops) { o.LayerNorm(b(6), b(2), b(1), b(6), kernels.Buf{}, kernels.Buf{}, 2, 3, 0) }},
		{"Attention: 3 heads on 2", func(o *kernels.Ops) {
			o.Attention(b(9), b(9), b(9), b(9), b(9), kernels.Attention{B: 1, A: 3, KV: 2, Tq: 1, Tk: 1, D: 3})
		}},
		{"Attention: 2 queries before 1 keys", func(o *kernels.Ops) {
			o.Attention(b(9), b(9), b(9), b(9), b(9), kernels.Attention{B: 1, A: 1, Tq: 2, Tk: 1, D: 3, Causal: true})
		}},
		{"RoPE: head width 3", func(o *kernels.Ops) { o.RoPE(kernels.Into(b(3)), b(3), 1, 1, 1, 3, 1e4, false) }},
		{"Move: dst has 3", func(o *kernels.Ops) {
			o.Move(kernels.Into(b(3)), b(4), kernels.Layout{[4]int{1, 1, 1, 4}, [4]int{0, 0, 0, 1}, [4]int{0, 0, 0, 1}})
		}},
		{"Gather: index 1 is 2.5", func(o *kernels.Ops) { o.Gather(b(2), b(4), kernels.Wrap([]float32{1, 2.5}), 2, 4, 1) }},
		{"Gather: index 0 is 4", func(o *kernels.Ops) { o.Gather(b(1), b(4), kernels.Wrap([]float32{4}), 1, 4, 1) }},
		{"MovingAverage: width 2", func(o *kernels.Ops) { o.MovingAverage(b(4), b(4), 1, 4, 1, 2) }},
		{"Conv: w has 2", func(o *kernels.Ops) {
			o.Conv(b(2), b(4), b(2), kernels.Buf{}, kernels.Conv{B: 1, In: 1, H: 1, W: 4, Out: 1, KH: 1, KW: 3})
		}},
		{"Describe: phi has 10", func(o *kernels.Ops) { o.Describe(b(10), b(4), 1, 4, 1, 0) }},
		{"Describe: windows of no steps", func(o *kernels.Ops) { o.Describe(b(11), b(0), 1, 0, 1, 0) }},
		{"Distill: token has 0", func(o *kernels.Ops) {
			o.Distill(b(3), b(2), b(2), b(4), kernels.Buf{}, b(4), b(4), kernels.Distillation{B: 1, C: 2, D: 2})
		}},
		{"DistillGrad: dloss has 1", func(o *kernels.Ops) {
			o.DistillGrad(kernels.Grad{}, kernels.Grad{}, b(1), kernels.Buf{}, kernels.Buf{}, b(2), b(2), kernels.Buf{}, kernels.Buf{}, b(4), b(4), kernels.Distillation{B: 1, C: 2, D: 2})
		}},
		{"Contrast: tau has 0", func(o *kernels.Ops) { o.Contrast(b(1), b(2), b(2), b(6), b(6), kernels.Buf{}, 2, 3) }},
		{"ContrastGrad: cols has 1", func(o *kernels.Ops) {
			o.ContrastGrad(kernels.Grad{}, kernels.Grad{}, kernels.Grad{}, b(1), b(2), b(1), b(6), b(6), b(1), 2, 3)
		}},
		{"CKA: z has 5", func(o *kernels.Ops) { o.CKA(b(1), b(6), b(5), 2, 3) }},
		{"Dropout: rate 1", func(o *kernels.Ops) { o.Dropout(kernels.Into(b(1)), b(1), 1, 1, kernels.Key{}) }},
		{"Adam: step 0", func(o *kernels.Ops) { o.Adam(b(1), b(1), b(1), b(1), 1, kernels.Adam{}) }},
	}
	for _, be := range kernels.CPUs() {
		for _, tt := range tests {
			t.Run(be.Name()+"/"+tt.want, func(t *testing.T) {
				mustPanic(t, tt.want, func() { tt.call(be.Ops()) })
			})
		}
	}
}

// TestDropoutRate: the share of kept elements of a fair generator is within five standard
// deviations √(p(1−p)/n) of 1−p, and other keys keep others.
func TestDropoutRate(t *testing.T) {
	const n, rate = 1 << 16, 0.1
	x, y, z := make([]float32, n), make([]float32, n), make([]float32, n)
	for i := range x {
		x[i] = 1
	}
	be := kernels.CPUs()[len(kernels.CPUs())-1]
	for _, other := range []kernels.Key{{Seed: 2}, {Seed: 1 << 40}, {Seed: 1, Step: 1}, {Seed: 1, Op: 1}} {
		be.Ops().Dropout(kernels.Into(kernels.Wrap(y)), kernels.Wrap(x), n, rate, kernels.Key{Seed: 1})
		be.Ops().Dropout(kernels.Into(kernels.Wrap(z)), kernels.Wrap(x), n, rate, other)
		var kept, both float64
		for i := range y {
			if y[i] != 0 {
				kept++
				if z[i] != 0 {
					both++
				}
			}
		}
		for _, s := range []struct{ share, want float64 }{{kept / n, 1 - rate}, {both / n, (1 - rate) * (1 - rate)}} {
			if math.Abs(s.share-s.want) > 5*math.Sqrt(s.want*(1-s.want)/n) {
				t.Errorf("key %+v: share %v, want %v", other, s.share, s.want)
			}
		}
	}
}

// TestDFT multiplies by the bases: a cosine of frequency 2 has n/2 in its real part there and
// nothing elsewhere; all frequencies give the series back.
func TestDFT(t *testing.T) {
	for _, n := range []int{1, 2, 7, 8, 96} {
		freqs := n/2 + 1
		x, spectrum, back := make([]float32, n), make([]float32, 2*freqs), make([]float32, n)
		for i := range x {
			x[i] = float32(math.Cos(2 * math.Pi * 2 * float64(i) / float64(n)))
		}
		ops := kernels.CPUs()[0].Ops()
		ops.MatMul(kernels.Wrap(spectrum), kernels.Wrap(x), kernels.Wrap(kernels.DFTBasis(n, freqs)), kernels.Product{M: 1, N: 2 * freqs, K: n})
		ops.MatMul(kernels.Wrap(back), kernels.Wrap(spectrum), kernels.Wrap(kernels.InverseDFTBasis(n, freqs)), kernels.Product{M: 1, N: n, K: 2 * freqs})
		tolerance := float64(n) * float64(n) / (1 << 22) // two sums of n terms up to n
		for i := range x {
			if math.Abs(float64(back[i]-x[i])) > tolerance {
				t.Errorf("n %d: element %d came back as %v, was %v", n, i, back[i], x[i])
			}
		}
		if n < 5 {
			continue // frequency 2 does not exist
		}
		for f, v := range spectrum {
			want := 0.0
			if f == 2 {
				want = float64(n) / 2
			}
			if math.Abs(float64(v)-want) > tolerance {
				t.Errorf("n %d: component %d is %v, want %v", n, f, v, want)
			}
		}
	}
	mustPanic(t, "DFTBasis: 6 frequencies of 8", func() { kernels.DFTBasis(8, 6) })
}

func TestAllocIsAligned(t *testing.T) {
	be := kernels.CPUs()[0]
	for _, n := range []int{0, 1, 1 << 10, 1 << 20} {
		b := be.Alloc(n)
		if b.Len != n || len(b.Host) != n {
			t.Errorf("Alloc(%d) has %d and %d elements", n, b.Len, len(b.Host))
		}
		if n > 1 && uintptr(unsafe.Pointer(&b.Host[0]))%64 != 0 {
			t.Errorf("Alloc(%d) begins at %p, within a cache line", n, &b.Host[0])
		}
		be.Free(b)
	}
}

// TestAllocationsDoNotGrow: an operation may allocate a little for the hand-over to threads,
// but a batch 64 times as large must not make it more.
func TestAllocationsDoNotGrow(t *testing.T) {
	be := kernels.CPUs()[len(kernels.CPUs())-1]
	ops := be.Ops()
	const most = 64 * 64 * 64
	a, b, c, d := be.Alloc(most), be.Alloc(most), be.Alloc(most), be.Alloc(most)
	tests := map[string]func(batch int){
		"MatMul batched": func(n int) {
			ops.MatMul(c, a, b, kernels.Product{M: 8, N: 8, K: 8, Batch: n, StrideA: 64, StrideB: 64, StrideC: 64})
		},
		"MatMul":    func(n int) { ops.MatMul(c, a, b, kernels.Product{M: 8 * n, N: 8, K: 8}) },
		"Attention": func(n int) { ops.Attention(c, d, a, b, b, kernels.Attention{B: n, A: 2, Tq: 7, Tk: 7, D: 8}) },
		"LayerNorm": func(n int) { ops.LayerNorm(c, b, d, a, kernels.Buf{}, kernels.Buf{}, n, 64, 1e-5) },
		"Loss":      func(n int) { ops.Loss(kernels.MSE, kernels.Into(c), a, b, n*4096) },
		"Distill": func(n int) {
			ops.Distill(d, c, c, d.Slice(3, d.Len), d.Slice(most/2, d.Len), a, b, kernels.Distillation{B: n, C: 8, D: 64})
		},
		"RoPE": func(n int) { ops.RoPE(kernels.Into(c), a, n, 4, 2, 16, 1e4, false) },
	}
	for name, f := range tests {
		f(64) // the pool, scratch and tables are made once
		small, large := testing.AllocsPerRun(20, func() { f(1) }), testing.AllocsPerRun(20, func() { f(64) })
		if large > small+16 {
			t.Errorf("%s: %v allocations for one sample, %v for 64", name, small, large)
		}
	}
}

// A large result whose rows begin on cache lines is written past the caches; where it does
// not, it is not. 1031·1024 is beyond a mebi, with edges in rows of every tile.
func TestStreamedProductsHaveTheSameBits(t *testing.T) {
	const m, n, k = 1031, 1024, 5
	for _, be := range append(kernels.CPUs()[1:], kernels.Emulated()...) {
		for _, prec := range []kernels.Precision{kernels.FP32, kernels.BF16} {
			a, b, bias := be.Alloc(m*k), be.Alloc(k*n), be.Alloc(n)
			for i, x := range [][]float32{a.Host, b.Host, bias.Host} {
				for j := range x {
					x[j] = float32((j*7+i*3)%11) - 5
				}
			}
			var c, pre [2]kernels.Buf
			for skip := range c { // one element on: no longer on cache lines
				c[skip], pre[skip] = be.Alloc(m*n+1).Slice(skip, m*n+skip), be.Alloc(m*n+1).Slice(skip, m*n+skip)
				be.Ops().MatMul(c[skip], a, b, kernels.Product{M: m, N: n, K: k, Precision: prec, Bias: bias, Act: kernels.GELU, Pre: pre[skip]})
			}
			if !slices.Equal(c[0].Host, c[1].Host) || !slices.Equal(pre[0].Host, pre[1].Host) {
				t.Errorf("%s, %v: streamed results differ", be.Name(), prec)
			}
		}
	}
}
