// The tape: reproducible steps, frozen parameters, memory.

package tensor

import (
	"math"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"ecalf/kernels"
)

func generator(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(stream, 7)) }

func sameBits(t *testing.T, want, got []float32) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	for i := range want {
		if math.Float32bits(want[i]) != math.Float32bits(got[i]) {
			t.Fatalf("element %d is %v, want %v", i, got[i], want[i])
		}
	}
}

// near fails if an element is off by more than relative times the largest of want.
func near(t *testing.T, want, got []float32, relative float64) {
	t.Helper()
	if len(want) != len(got) {
		t.Fatalf("%d values, want %d", len(got), len(want))
	}
	var top float64
	for _, v := range want {
		top = max(top, math.Abs(float64(v)))
	}
	for i := range want {
		if e := math.Abs(float64(want[i]) - float64(got[i])); !(e <= relative*top) {
			t.Fatalf("element %d is %v, want %v: off by %.3g, tolerance %.3g", i, got[i], want[i], e, relative*top)
		}
	}
}

// mlp is a small model that uses every way in which gradients meet: sums of branches,
// views, handed-over memory, dropout.
type mlp struct {
	be            kernels.Backend
	w1, b1, w2, g *Tensor
}

func newMLP(be kernels.Backend) *mlp {
	r := generator(1)
	param := func(shape ...int) *Tensor {
		t := From(be, normal(r, dimsOf("test", shape).len()), shape...)
		t.Track()
		return t
	}
	return &mlp{be, param(32, 16), param(32), param(16, 32), param(16)}
}

func (m *mlp) params() []*Tensor { return []*Tensor{m.w1, m.b1, m.w2, m.g} }

// loss is of a batch of n samples.
func (m *mlp) loss(tp *Tape, values []float32, n int) *Tensor {
	x := tp.Input(values[:n*16], n, 16)
	h := tp.Linear(x, m.w1, Fused{Bias: m.b1, Act: kernels.GELU, Dropout: 0.1})
	y := tp.Linear(h, m.w2, Fused{Residual: x})
	y = tp.Add(y, tp.Dropout(tp.Mul(y, m.g), 0.2))
	y = tp.Reshape(y, n*4, 4)
	return tp.Loss(kernels.MSE, y, tp.Reshape(x, n*4, 4))
}

func (m *mlp) step(tp *Tape, values []float32, n int) (out [][]float32) {
	loss := m.loss(tp, values, n)
	out = append(out, loss.Values())
	tp.Backward(loss)
	for _, p := range m.params() {
		g := make([]float32, p.Len())
		m.be.Download(g, p.Grad())
		out = append(out, g)
	}
	return out
}

// A step's numbers depend neither on the number of threads, nor on the steps before it,
// nor on what its memory held.
func TestStepIsReproducible(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		defer kernels.SetThreads(kernels.Threads())
		const n = 700 // enough work to be split over threads
		values := normal(generator(2), n*16)
		m := newMLP(be)
		tp := NewTape(be, 4)
		tp.Train(6)
		want := m.step(tp, values, n)
		for _, threads := range []int{1, 2, 5} {
			kernels.SetThreads(threads)
			tp := NewTape(be, 4)
			tp.Train(5)
			m.step(tp, values, n/2)
			tp.Eval()
			m.loss(tp, values, n)
			nan := float32(math.NaN())
			for _, c := range tp.arena.chunks {
				be.Ops().Fill(c, c.Len, nan)
			}
			tp.Train(6)
			for i, got := range m.step(tp, values, n) {
				sameBits(t, want[i], got)
			}
		}
		tp.Train(7)
		if other := m.step(tp, values, n); other[0][0] == want[0][0] {
			t.Error("step 7 drew the dropout of step 6")
		}
	})
}

// A frozen parameter gets no gradient and no memory for one, and neither does what only
// frozen parameters led to.
func TestFrozen(t *testing.T) {
	be := best()
	m := newMLP(be)
	values := normal(generator(2), 8*16)
	m.step(trainTape(be), values, 8)
	m.w1.Freeze()
	m.b1.Freeze()
	tp := trainTape(be)
	x := tp.Input(values, 8, 16)
	if h := tp.Linear(x, m.w1, Fused{Bias: m.b1, Act: kernels.GELU}); h.Trains() || len(tp.nodes) != 0 {
		t.Error("a result of frozen parameters alone is recorded")
	}
	loss := m.loss(tp, values, 8)
	nodes := len(tp.nodes)
	tp.Backward(loss)
	if m.w1.Grad().Len != 0 || m.w1.grad.Len != 0 {
		t.Error("a frozen parameter has gradient memory")
	}
	if m.w2.Grad().Len == 0 {
		t.Error("a trained parameter has no gradient")
	}
	// Linear, Mul, Dropout, Add and Loss; neither the first Linear nor the reshapes.
	if nodes != 5 {
		t.Errorf("%d operations recorded, want 5", nodes)
	}
}

func trainTape(be kernels.Backend) *Tape {
	tp := NewTape(be, 4)
	tp.Train(1)
	return tp
}

// Packed copies of frozen weights follow an Upload, through a view as well.
func TestFrozenUpload(t *testing.T) {
	be := best()
	w := From(be, []float32{1, 2}, 1, 2)
	w.Freeze()
	tp := NewTape(be, 0)
	for i, scale := range []float32{1, 10, 100} {
		tp.Eval()
		shown := w
		if i == 2 {
			shown = tp.Reshape(w, 2, 1)
		}
		shown.Upload([]float32{scale, 2 * scale})
		y := tp.Linear(tp.Input([]float32{3, 4}, 1, 2), w, Fused{}).Values()
		if want := 11 * scale; y[0] != want { // 1·3 + 2·4
			t.Errorf("product is %v, want %v", y[0], want)
		}
	}
}

func TestEvalRecordsNothing(t *testing.T) {
	be := best()
	m := newMLP(be)
	values := normal(generator(2), 8*16)
	tp := NewTape(be, 4)
	tp.Eval()
	a := m.loss(tp, values, 8)
	if a.Trains() || len(tp.nodes) != 0 {
		t.Error("evaluation is recorded")
	}
	first := a.Values()
	tp.Eval()
	sameBits(t, first, m.loss(tp, values, 8).Values())
	defer func() {
		if recover() == nil {
			t.Error("Backward of an evaluation does not panic")
		}
	}()
	tp.Backward(a)
}

// In evaluation a further layer of a stack takes the memory of its result alone, and the
// numbers are the same.
func TestScope(t *testing.T) {
	be := best()
	const n, width = 100, 64
	w := From(be, normal(generator(1), width*width), width, width)
	values := normal(generator(2), n*width)
	run := func(layers int, scoped bool) ([]float32, int) {
		tp := NewTape(be, 0)
		tp.Eval()
		x := tp.Input(values, n, width)
		for range layers {
			layer := func() *Tensor {
				h := tp.LayerNorm(tp.Linear(x, w, Fused{Act: kernels.GELU}), 1e-5, Affine{})
				h = tp.Scope(func() *Tensor { return tp.Reshape(tp.Linear(h, w, Fused{}), width, n) })
				return tp.Add(tp.Reshape(h, n, width), x)
			}
			if scoped {
				x = tp.Scope(layer)
			} else {
				x = layer()
			}
		}
		return x.Values(), tp.arena.used
	}
	want, _ := run(6, false)
	got, six := run(6, true)
	sameBits(t, want, got)
	if _, two := run(2, true); six != two+4*n*width {
		t.Errorf("six layers take %d floats, two %d: want %d for each of the others", six, two, n*width)
	}
}

// Tapes of several goroutines may share frozen parameters.
func TestFrozenIsShared(t *testing.T) {
	be := best()
	w := From(be, normal(generator(1), 64*64), 64, 64)
	w.Freeze()
	x := normal(generator(2), 8*64)
	results := make([][]float32, 4)
	var done sync.WaitGroup
	for i := range results {
		done.Go(func() {
			tp := NewTape(be, 0)
			tp.Eval()
			results[i] = tp.Linear(tp.Input(x, 8, 64), w, Fused{}).Values()
		})
	}
	done.Wait()
	for _, r := range results[1:] {
		sameBits(t, results[0], r)
	}
}

// The steady state takes nothing from the back end, no array of the batch's size from
// the Go heap, and for the tape's records a number that does not depend on the batch.
func TestSteadyStateAllocations(t *testing.T) {
	values := normal(generator(2), 512*16)
	perStep := func(be *counting, n int) (objects float64, bytes uint64) {
		m := newMLP(be)
		tp := NewTape(be, 4)
		step := func() {
			tp.Train(1)
			tp.Backward(m.loss(tp, values, n))
		}
		for range 3 {
			step()
		}
		var before, after runtime.MemStats
		arrays := be.arrays
		runtime.ReadMemStats(&before)
		objects = testing.AllocsPerRun(10, step) // 11 steps
		runtime.ReadMemStats(&after)
		if be.arrays != arrays {
			t.Errorf("batch %d: %d arrays taken from the back end in 11 steps", n, be.arrays-arrays)
		}
		return objects, (after.TotalAlloc - before.TotalAlloc) / 11
	}
	if _, bytes := perStep(&counting{Backend: best()}, 512); bytes >= 512*16*4 {
		t.Errorf("%d bytes of the Go heap a step: an array of the batch has %d", bytes, 512*16*4)
	}
	small, _ := perStep(&counting{Backend: best(), ops: &idle}, 8)
	large, _ := perStep(&counting{Backend: best(), ops: &idle}, 512)
	if small != large {
		t.Errorf("%v heap objects a step at batch 8, %v at 512", small, large)
	}
}

// counting is a back end that counts the arrays taken from it, and may have other Ops.
type counting struct {
	kernels.Backend
	ops    *kernels.Ops
	arrays int
}

func (c *counting) Alloc(n int) kernels.Buf {
	c.arrays++
	return c.Backend.Alloc(n)
}

func (c *counting) Ops() *kernels.Ops {
	if c.ops != nil {
		return c.ops
	}
	return c.Backend.Ops()
}

// idle are operations that do nothing, so that what is left is the tape's own work.
var idle = kernels.Ops{
	MatMul:        func(c, a, b kernels.Buf, p kernels.Product) {},
	UnaryGrad:     func(op kernels.UnaryOp, dx kernels.Grad, dy, x kernels.Buf, n int) {},
	UnaryDropGrad: func(op kernels.UnaryOp, dx kernels.Grad, dy, x kernels.Buf, n int, rate float32, key kernels.Key) {},
	Affine:        func(y kernels.Grad, x kernels.Buf, n int, alpha, beta float32) {},
	Binary:        func(op kernels.BinaryOp, z, x, y kernels.Buf, v kernels.Spread) {},
	BinaryGrad:    func(op kernels.BinaryOp, dx, dy kernels.Grad, dz, x, y kernels.Buf, v kernels.Spread) {},
	Sum:           func(y kernels.Grad, x kernels.Buf, outer, mid, inner int, scale float32) {},
	Fill:          func(y kernels.Buf, n int, value float32) {},
	Dropout:       func(y kernels.Grad, x kernels.Buf, n int, rate float32, key kernels.Key) {},
	Loss:          func(kind kernels.LossKind, loss kernels.Grad, x, y kernels.Buf, n int) {},
	LossGrad:      func(kind kernels.LossKind, dx, dy kernels.Grad, dloss, x, y kernels.Buf, n int) {},
}

// The memory of a step is there once: the chunks of the first step, which found out how much it takes, are gone.
func TestStepMemoryIsThereOnce(t *testing.T) {
	const n, layers = 1 << 20, 16 // 4 MiB an activation
	be := kernels.CPUs()[0]
	x := From(be, make([]float32, n), n)
	x.Track()
	tp := NewTape(be, 0)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for step := range 3 {
		tp.Train(uint32(step))
		h := x
		for range layers {
			h = tp.Unary(kernels.Tanh, h)
		}
		tp.Backward(tp.MeanAll(h))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	// The activations, their gradients (one or two at a time) and that of x.
	if grown := after.HeapAlloc - before.HeapAlloc; grown > (layers+4)*4*n {
		t.Errorf("the heap has grown by %d activations, want those of one step, %d, and some for gradients", grown/(4*n), layers)
	}
	runtime.KeepAlive(tp)
}
