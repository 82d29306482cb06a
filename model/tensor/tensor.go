// Package tensor holds arrays with gradients: Tensor, the Tape that records what was
// computed from them and runs it backwards, and the differentiable operations, which
// are methods of Tape over kernels.Ops.
//
// tensor.go says what a tensor is, tape.go how gradients come about, arena.go where
// their memory is; the operations are in one file per family.
//
// # Conventions
//
// Shape letters are those of package kernels; "…" stands for any leading axes.
// Operations return a new tensor and leave their arguments alone. A tensor made by a
// tape lives until the tape's next Train or Eval. A wrong shape is a programmer's
// error and panics with the operation's name.
package tensor

import (
	"fmt"
	"sync"

	"ecalf/kernels"
)

// MaxDims is the largest number of axes.
const MaxDims = 5

// Tensor is a row-major array of float32 in the memory of one back end.
type Tensor struct {
	Buf  kernels.Buf // the values
	dims dims
	be   kernels.Backend

	needs bool // the loss's gradient is wanted: it is, or was computed from, something trainable
	keeps bool // it outlives the tape's steps: a parameter or a constant
	spare bool // the backward pass of the operation that made it does not read its values

	// A view shows elements [at, at+Len) of another tensor, root. Its gradient is that
	// part of root's. root is never itself a view; it is nil for one that is none.
	root *Tensor
	at   int

	grad   kernels.Buf // empty until the first part of it is written
	writer *Tape       // whose present step wrote grad; nil if none did

	packs *packs // of a frozen tensor
}

// packs are the copies of frozen values that products have packed for themselves. Tapes
// of several goroutines may share them.
type packs struct {
	sync.Mutex
	made map[packing]kernels.Packed
}

// packing says which part of the values was packed, and how.
type packing struct {
	at, k, n  int
	trans     bool
	precision kernels.Precision
}

// New returns a tensor of zeros that outlives all steps: a parameter (see Track) or a
// constant.
func New(be kernels.Backend, shape ...int) *Tensor {
	d := dimsOf("New", shape)
	return &Tensor{Buf: be.Alloc(d.len()), dims: d, be: be, keeps: true}
}

// From is New with the given values, which are copied.
func From(be kernels.Backend, values []float32, shape ...int) *Tensor {
	t := New(be, shape...)
	t.Upload(values)
	return t
}

// Shape returns the sizes of the axes. The slice must not be changed.
func (t *Tensor) Shape() []int { return t.dims.size[:t.dims.rank] }

// Rank is the number of axes.
func (t *Tensor) Rank() int { return t.dims.rank }

// Dim is the size of an axis; −1 is the last one.
func (t *Tensor) Dim(axis int) int { return t.dims.size[t.dims.axis("Dim", axis)] }

// Len is the number of elements.
func (t *Tensor) Len() int { return t.dims.len() }

// Upload replaces the values.
func (t *Tensor) Upload(values []float32) {
	if len(values) != t.Len() {
		panicf("Upload", "%d values for shape %v", len(values), t.dims)
	}
	t.be.Upload(t.Buf, values)
	t.base().forget()
}

// Download copies the values to dst, which has room for all of them, after all work
// on them is done.
func (t *Tensor) Download(dst []float32) {
	if len(dst) != t.Len() {
		panicf("Download", "room for %d values of shape %v", len(dst), t.dims)
	}
	t.be.Download(dst, t.Buf)
}

// Values returns a copy of the values.
func (t *Tensor) Values() []float32 {
	dst := make([]float32, t.Len())
	t.Download(dst)
	return dst
}

// Peek returns the values to be read before they change: see kernels.Peek.
func (t *Tensor) Peek() []float32 { return kernels.Peek(t.be, t.Buf) }

// Track makes a tensor from New trainable: Backward computes its gradient.
func (t *Tensor) Track() {
	t.mustKeep("Track")
	t.forget()
	t.needs, t.packs = true, nil
}

// Freeze makes a tensor from New constant: its gradient is not computed, the memory of
// one is released, and products may keep a packed copy of the values from now until
// the next Upload. Values must not be changed otherwise.
func (t *Tensor) Freeze() {
	t.mustKeep("Freeze")
	t.forget()
	if t.grad.Len != 0 {
		t.be.Free(t.grad)
	}
	t.needs, t.writer, t.grad = false, nil, kernels.Buf{}
	t.packs = &packs{made: map[packing]kernels.Packed{}}
}

func (t *Tensor) mustKeep(op string) {
	if !t.keeps || t.root != nil {
		panicf(op, "tensor %v belongs to a step; only one from New can be a parameter", t.dims)
	}
}

// Trains reports whether the gradient of the loss is computed for t.
func (t *Tensor) Trains() bool { return t.needs }

// Grad is the gradient that Backward left, of t's shape; empty if this step's loss did
// not depend on t. Only tensors from New keep theirs.
func (t *Tensor) Grad() kernels.Buf {
	if t.writer == nil {
		return kernels.Buf{}
	}
	return t.grad
}

// base is the tensor that owns t's memory.
func (t *Tensor) base() *Tensor {
	if t.root != nil {
		return t.root
	}
	return t
}

// whole reports whether t shows all of its base.
func (t *Tensor) whole() bool { return t.root == nil || t.root.Len() == t.Len() }

// forget releases packed copies of values that have changed.
func (t *Tensor) forget() {
	if t.packs == nil {
		return
	}
	for _, p := range t.packs.made {
		t.be.Free(p.Buf)
	}
	clear(t.packs.made)
}

// pack returns t packed as the right-hand side of p if its values are frozen, else the
// zero Packed.
func (t *Tensor) pack(p kernels.Product) kernels.Packed {
	packs := t.base().packs
	if packs == nil {
		return kernels.Packed{}
	}
	packs.Lock()
	defer packs.Unlock()
	key := packing{t.at, p.K, p.N, p.TransB, p.Precision}
	w, ok := packs.made[key]
	if !ok {
		w = t.be.Ops().Pack(t.Buf, p)
		packs.made[key] = w
	}
	return w
}

// dims are the sizes of up to MaxDims axes.
type dims struct {
	rank int
	size [MaxDims]int
}

func dimsOf(op string, shape []int) (d dims) {
	if len(shape) > MaxDims {
		panicf(op, "%d axes, at most %d are possible", len(shape), MaxDims)
	}
	for _, n := range shape {
		if n < 0 {
			panicf(op, "negative size %d", n)
		}
		d.size[d.rank] = n
		d.rank++
	}
	return d
}

func (d dims) String() string { return fmt.Sprint(d.size[:d.rank]) }

func (d dims) len() int {
	n := 1
	for _, s := range d.size[:d.rank] {
		n *= s
	}
	return n
}

// axis turns −1 … −rank into an index.
func (d dims) axis(op string, axis int) int {
	i := axis
	if i < 0 {
		i += d.rank
	}
	if i < 0 || i >= d.rank {
		panicf(op, "axis %d of %v", axis, d)
	}
	return i
}

// split cuts d before its last n axes.
func (d dims) split(n int) (lead, last dims) {
	return dimsOf("split", d.size[:d.rank-n]), dimsOf("split", d.size[d.rank-n:d.rank])
}

// append is d with more axes at its end.
func (d dims) append(sizes ...int) dims {
	if d.rank+len(sizes) > MaxDims {
		panicf("shape", "%v and %v are more than %d axes", d, sizes, MaxDims)
	}
	for _, n := range sizes {
		d.size[d.rank] = n
		d.rank++
	}
	return d
}

// around is the product of the sizes before axis, that of axis, and the product of
// those after it.
func (d dims) around(axis int) (outer, mid, inner int) {
	outer, mid, inner = 1, d.size[axis], 1
	for i, n := range d.size[:d.rank] {
		switch {
		case i < axis:
			outer *= n
		case i > axis:
			inner *= n
		}
	}
	return outer, mid, inner
}

// with is d with another size of one axis.
func (d dims) with(axis, n int) dims {
	d.size[axis] = n
	return d
}

// without is d less one axis.
func (d dims) without(axis int) dims {
	copy(d.size[axis:], d.size[axis+1:])
	d.rank--
	d.size[d.rank] = 0 // shapes are compared as arrays
	return d
}

// strides are the distances between neighbours along each axis.
func (d dims) strides() (s [MaxDims]int) {
	n := 1
	for i := d.rank - 1; i >= 0; i-- {
		s[i] = n
		n *= d.size[i]
	}
	return s
}

// panicf stops the program because a caller broke the contract of op.
func panicf(op, format string, args ...any) {
	panic("tensor: " + op + ": " + fmt.Sprintf(format, args...))
}

// sameShape panics unless a and b have equal shapes.
func sameShape(op string, a, b *Tensor) {
	if a.dims != b.dims {
		panicf(op, "shapes %v and %v differ", a.dims, b.dims)
	}
}
