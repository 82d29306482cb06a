// Evaluation with the dropout of some parts of a model left on.

package tensor

import (
	"slices"
	"testing"

	"ecalf/kernels"
)

// Dropout inside Noisy draws in EvalNoisy what it draws in the training step of the same number, with every operation
// that has a dropout of its own, and nothing anywhere else: not outside Noisy, not in Eval, not in the step after.
func TestNoisy(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		const b, n, d = 2, 5, 8
		values := normal(generator(1), b*n*3*d)
		w := From(be, normal(generator(2), 3*d*d), d, 3*d) // (out, in)
		run := func(begin func(*Tape), wrap func(*Tape, func())) []float32 {
			tp := NewTape(be, 7)
			begin(tp)
			var y *Tensor // (b, n, d)
			wrap(tp, func() {
				x := tp.Dropout(tp.Input(values, b, n, 3*d), 0.3)
				h := tp.SelfAttention(x, Heads{A: 2, Dropout: 0.3})
				y = tp.Linear(x, w, Fused{Dropout: 0.3, Residual: h})
			})
			return y.Values()
		}
		inside := func(tp *Tape, f func()) { tp.Noisy(f) }
		outside := func(_ *Tape, f func()) { f() }
		after := func(tp *Tape, f func()) { tp.Noisy(func() {}); f() }
		eval := func(tp *Tape) { tp.Eval() }
		noisy := func(tp *Tape) { tp.EvalNoisy(3) }
		calm, trained := run(eval, outside), run(func(tp *Tape) { tp.Train(3) }, outside)
		for _, c := range []struct {
			name  string
			begin func(*Tape)
			wrap  func(*Tape, func())
			want  []float32
		}{
			{"EvalNoisy, inside", noisy, inside, trained},
			{"EvalNoisy, outside", noisy, outside, calm},
			{"EvalNoisy, after the part", noisy, after, calm},
			{"Eval, inside", eval, inside, calm},
			{"Eval after EvalNoisy", func(tp *Tape) { tp.EvalNoisy(3); tp.Eval() }, inside, calm},
			{"Train, inside", func(tp *Tape) { tp.Train(3) }, inside, trained},
			{"Train after EvalNoisy, outside", func(tp *Tape) { tp.EvalNoisy(2); tp.Train(3) }, outside, trained},
		} {
			if !slices.Equal(run(c.begin, c.wrap), c.want) {
				t.Errorf("%s: other values than expected", c.name)
			}
		}
		if slices.Equal(calm, trained) || slices.Equal(run(func(tp *Tape) { tp.EvalNoisy(4) }, inside), trained) {
			t.Error("the values do not depend on dropout and step")
		}
	})
}
