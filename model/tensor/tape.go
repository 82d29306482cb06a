// The tape: it makes the tensors of a step, records how each passes its gradient on,
// and runs the record backwards.

package tensor

import "ecalf/kernels"

// Tape is the workplace of one model on one back end. It is used step by step:
//
//	tp.Train(step)                    // or tp.Eval()
//	loss := tp.Loss(kernels.MSE, model(tp, tp.Input(x, b, l, c)), tp.Input(y, b, h, c))
//	tp.Backward(loss)                 // gradients are in the parameters' Grad
//
// Nothing is recorded, computed or kept for tensors that no parameter led to. Memory is
// reused from step to step: from the second one of the same shapes on, a step takes
// none from the back end, and from the Go heap a few small records whose number does
// not depend on the batch. A tape is not safe for concurrent use.
type Tape struct {
	Precision kernels.Precision // of all matrix products; Auto unless set

	be    kernels.Backend
	ops   *kernels.Ops
	arena arena
	slab  slab

	training bool
	noisy    noise
	nodes    []node
	leaves   []*Tensor // parameters that have a gradient in this step

	seed        uint64
	step, draws uint32
}

// noise is how dropout behaves in an evaluation.
type noise struct {
	allowed bool // by EvalNoisy
	inside  bool // a Noisy part of the model
}

// node is one entry of the record: back reads y's gradient and writes its parts of
// those of y's inputs.
type node struct {
	y    *Tensor
	back func()
}

// NewTape returns a tape in evaluation. Dropout draws from seed.
func NewTape(be kernels.Backend, seed uint64) *Tape {
	return &Tape{be: be, ops: be.Ops(), arena: arena{be: be}, seed: seed}
}

// Backend is where the tape's tensors are.
func (tp *Tape) Backend() kernels.Backend { return tp.be }

// Train begins a training step. All tensors of the step before are gone and the
// parameters' gradients with them. Dropout draws from the tape's seed and step alone,
// so that a resumed run draws what the uninterrupted one did.
func (tp *Tape) Train(step uint32) {
	tp.begin()
	tp.training, tp.step = true, step
}

// Eval begins an evaluation: nothing is recorded and nothing dropped. All tensors of the
// step before are gone and the parameters' gradients with them.
func (tp *Tape) Eval() {
	tp.begin()
	tp.training = false
}

// Training says whether this is a training step.
func (tp *Tape) Training() bool { return tp.training }

// EvalNoisy begins an evaluation as Eval does, in which dropout inside a Noisy part of the
// model draws as in the training step of that number. It is there for protocols of public
// code that validates with parts of the model in training mode.
func (tp *Tape) EvalNoisy(step uint32) {
	tp.Eval()
	tp.noisy.allowed, tp.step = true, step
}

// Noisy runs f, a part of a model whose dropout stays on in EvalNoisy. After any other
// beginning of a step it changes nothing.
func (tp *Tape) Noisy(f func()) {
	before := tp.noisy.inside
	tp.noisy.inside = true
	f()
	tp.noisy.inside = before
}

// Scope is f(), a part of a model that leaves no tensor behind but its result. In
// evaluation the memory of the others is used again: a stack of layers takes that of one
// layer and of every layer's result.
func (tp *Tape) Scope(f func() *Tensor) *Tensor {
	before := len(tp.arena.live)
	y := f()
	if !tp.training {
		tp.arena.freeSince(before, y.base().Buf)
	}
	return y
}

func (tp *Tape) begin() {
	for _, t := range tp.leaves {
		if t.writer == tp {
			t.writer = nil
		}
	}
	tp.leaves = tp.leaves[:0]
	tp.clearNodes()
	tp.slab.reset()
	tp.arena.reset()
	tp.draws, tp.noisy = 0, noise{}
}

func (tp *Tape) clearNodes() {
	clear(tp.nodes)
	tp.nodes = tp.nodes[:0]
}

// Input returns a constant of this step with the given values, which are copied.
func (tp *Tape) Input(values []float32, shape ...int) *Tensor {
	t := tp.result(dimsOf("Input", shape))
	t.Upload(values)
	return t
}

// Backward computes the gradient of loss, a single number, with respect to every
// parameter that it was computed from. What was recorded is used up: one step has one
// loss, which may be a sum of several.
func (tp *Tape) Backward(loss *Tensor) {
	if loss.Len() != 1 || !loss.needs {
		panicf("Backward", "loss of shape %v, want one number that depends on a parameter, in training", loss.dims)
	}
	tp.ops.Fill(tp.grad(loss).Buf, 1, 1)
	for i := len(tp.nodes) - 1; i >= 0; i-- {
		n := tp.nodes[i]
		if n.y.grad.Len == 0 {
			continue // loss does not depend on it
		}
		n.back()
		tp.arena.free(n.y.grad)
		n.y.grad, n.y.writer = kernels.Buf{}, nil
	}
	tp.clearNodes()
}

// result returns an uninitialised tensor of this step computed from the given ones; nil
// stands for one left out.
func (tp *Tape) result(d dims, from ...*Tensor) *Tensor {
	t := tp.slab.next()
	*t = Tensor{Buf: tp.arena.alloc(d.len()), dims: d, be: tp.be}
	for _, x := range from {
		t.needs = t.needs || tp.training && x != nil && x.needs
	}
	return t
}

// spend gives x's memory back unless a backward pass will read its values; a later use of x panics then. Views and
// what outlives the step are left alone.
func (tp *Tape) spend(x *Tensor) {
	if x.root == nil && !x.keeps && (x.spare || !x.needs) {
		tp.arena.release(x.Buf)
		x.Buf = kernels.Buf{}
	}
}

// view returns elements [at, at+d.len()) of x with another shape.
func (tp *Tape) view(x *Tensor, d dims, at int) *Tensor {
	t := tp.slab.next()
	*t = Tensor{Buf: x.Buf.Slice(at, at+d.len()), dims: d, be: x.be, needs: x.needs && tp.training, root: x.base(), at: x.at + at}
	return t
}

// record notes how y's gradient is passed on. It is called for results that need one.
func (tp *Tape) record(y *Tensor, back func()) { tp.nodes = append(tp.nodes, node{y, back}) }

// grad is where back writes a part of t's gradient: nowhere if t needs none, over
// nothing for the first part, onto the sum for later ones. The part must be written.
func (tp *Tape) grad(t *Tensor) kernels.Grad {
	if t == nil || !t.needs {
		return kernels.Grad{}
	}
	b := t.base()
	first := b.writer != tp
	if first {
		b.writer = tp
		if !b.keeps {
			b.grad = tp.arena.alloc(b.Len())
		} else if tp.leaves = append(tp.leaves, b); b.grad.Len == 0 {
			b.grad = tp.be.Alloc(b.Len())
		}
	}
	if t.whole() {
		return kernels.Grad{Buf: b.grad, Add: !first}
	}
	if first {
		tp.ops.Fill(b.grad, b.Len(), 0)
	}
	return kernels.Onto(b.grad.Slice(t.at, t.at+t.Len()))
}

// gradSum is grad for operations that write some elements not at all or several times:
// what they add to is zero at first.
func (tp *Tape) gradSum(t *Tensor) kernels.Grad {
	d := tp.grad(t)
	if d.Len != 0 && !d.Add {
		tp.ops.Fill(d.Buf, d.Len, 0)
		d.Add = true
	}
	return d
}

// gradOver is grad for operations that may write dx over dy: if it is x's first part, it
// gets the memory of y's gradient, which is used up with it.
func (tp *Tape) gradOver(x, y *Tensor) kernels.Grad {
	b := x.base()
	if !x.needs || b.keeps || b.writer != nil || !x.whole() {
		return tp.grad(x)
	}
	b.grad, b.writer = y.grad, tp
	y.grad = kernels.Buf{}
	return kernels.Into(b.grad)
}

// pass adds y's gradient to that of x, which has as many elements, and uses it up.
func (tp *Tape) pass(x, y *Tensor) {
	dy := y.grad
	dx := tp.gradOver(x, y)
	if dx.Len != 0 && y.grad.Len != 0 { // not handed over
		tp.ops.Affine(dx, dy, dx.Len, 1, 0)
	}
}

// slab holds the Tensors of a step in pages that stay where they are.
type slab struct {
	pages []*[256]Tensor
	used  int
}

func (s *slab) next() *Tensor {
	page, i := s.used/256, s.used%256
	if page == len(s.pages) {
		s.pages = append(s.pages, new([256]Tensor))
	}
	s.used++
	return &s.pages[page][i]
}

// reset forgets all tensors, and with them the arrays that they show.
func (s *slab) reset() {
	for i := 0; i < s.used; i += 256 {
		clear(s.pages[i/256][:])
	}
	s.used = 0
}
