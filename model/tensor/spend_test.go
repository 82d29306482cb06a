// Memory that a product gives back at once: less is taken, and nothing else changes.

package tensor

import (
	"testing"

	"ecalf/kernels"
)

// spending is a stack of pre-norm blocks as a language model's, width 8, with frozen products but for the last one.
type spending struct {
	be             kernels.Backend
	x, gamma, out  *Tensor
	up, down       *Tensor
	layers, hidden int
	spend          bool
}

func newSpending(be kernels.Backend, spend bool) *spending {
	const width, hidden = 8, 32
	r := generator(11)
	s := &spending{be: be, layers: 4, hidden: hidden, spend: spend,
		x: From(be, normal(r, 48*width), 48, width), gamma: From(be, normal(r, width), width), out: From(be, normal(r, 3*width), 3, width),
		up: From(be, normal(r, hidden*width), hidden, width), down: From(be, normal(r, hidden*width), width, hidden)}
	s.x.Track()
	s.gamma.Track()
	s.out.Track()
	s.up.Freeze()
	s.down.Freeze()
	return s
}

func (s *spending) forward(tp *Tape) *Tensor {
	x := tp.Affine(s.x, 1, 0)
	for range s.layers {
		x = tp.Scope(func() *Tensor {
			h := tp.LayerNorm(x, 1e-5, Affine{Gamma: s.gamma})
			h = tp.Linear(h, s.up, Fused{Act: kernels.GELU, Spend: s.spend})
			return tp.Linear(h, s.down, Fused{Dropout: 0.1, Residual: x, Spend: s.spend})
		})
	}
	return tp.Linear(x, s.out, Fused{Spend: s.spend}) // trained: its gradient reads x, which stays
}

func TestSpend(t *testing.T) {
	be := kernels.CPUs()[0]
	var taken [2]int
	var values, trained [2][]float32
	for i, spend := range []bool{false, true} {
		s := newSpending(be, spend)
		tp := NewTape(be, 1)
		for step := range 2 { // the second one works in the memory of the first
			tp.Train(uint32(step))
			tp.Backward(tp.MeanAll(tp.Unary(kernels.Square, s.forward(tp))))
		}
		taken[i] = tp.arena.taken
		for _, p := range []*Tensor{s.x, s.gamma, s.out} {
			g := make([]float32, p.Grad().Len)
			be.Download(g, p.Grad())
			trained[i] = append(trained[i], g...)
		}
		tp.Eval()
		values[i] = s.forward(tp).Values()
		tp.Eval()
		sameBits(t, values[i], s.forward(tp).Values())
	}
	sameBits(t, trained[0], trained[1])
	sameBits(t, values[0], values[1])
	// A block keeps the argument of its activation and its result, and gives back the norm's result (48·8 floats) and
	// that of the activation (48·32), which the next block takes again.
	if saved, want := taken[0]-taken[1], (4-1)*48*(8+32); saved < want {
		t.Errorf("a step takes %d floats, %d without spending: %d less, want %d or more", taken[1], taken[0], saved, want)
	}
}

func TestSpentIsNotUsedAgain(t *testing.T) {
	be := kernels.CPUs()[0]
	s := newSpending(be, true)
	tp := NewTape(be, 1)
	tp.Train(0)
	x := tp.LayerNorm(s.x, 1e-5, Affine{Gamma: s.gamma})
	tp.Linear(x, s.up, Fused{Spend: true})
	defer func() {
		if recover() == nil {
			t.Error("a spent tensor was used")
		}
	}()
	tp.Unary(kernels.Tanh, x)
}

// What a backward pass reads stays: the result of an activation without a copy of its argument, attention's, parameters
// and views.
func TestSpendKeepsWhatIsRead(t *testing.T) {
	be := kernels.CPUs()[0]
	s := newSpending(be, true)
	tp := NewTape(be, 1)
	tp.Train(0)
	h := tp.LayerNorm(s.x, 1e-5, Affine{Gamma: s.gamma})
	for name, x := range map[string]*Tensor{
		"tanh": tp.Unary(kernels.Tanh, h), "attention": tp.SelfAttention(tp.Reshape(s.x, 2, 8, 24), Heads{A: 1}),
		"relu": tp.Linear(h, s.up, Fused{Act: kernels.ReLU}), "parameter": s.x, "view": tp.Rows(h, 0, 5),
	} {
		w := s.up
		if x.Dim(-1) == s.hidden {
			w = s.down
		}
		tp.Linear(x, w, Fused{Spend: true})
		if x.Buf.Len != x.Len() {
			t.Errorf("%s: its memory was given back", name)
		}
	}
}
