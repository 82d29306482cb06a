// Protocols: which windows training and validation go through, and how.

package train

import (
	"context"
	"math/rand/v2"

	"ecalf/kernels"
	"ecalf/model"
)

// Protocol says how training and validation go through their windows. The test part is the same under each: every window,
// no dropout, once.
type Protocol struct {
	DropLast bool // training drops the last batch of an epoch if it is not full
	// NoisyValidation goes through the validation windows in an order drawn for the epoch, drops the last batch if it is
	// not full, and leaves on the dropout of the model's tensor.Tape.Noisy parts: a pretrained backbone.
	NoisyValidation bool
}

// Protocols are the ways a cell may be trained, by name. "standard": no window is dropped, evaluation has no dropout.
// "calf-official": what the public code of CALF (AAAI 2025) does.
var Protocols = map[string]Protocol{
	"standard":      {},
	"calf-official": {DropLast: true, NoisyValidation: true},
}

// wholeBatches is order without what does not fill a batch; all of it where that would be nothing.
func wholeBatches(order []int, batch int) []int {
	if len(order) < batch {
		return order
	}
	return order[:len(order)/batch*batch]
}

// validationDraws sets the random numbers of noisy validations apart from those of training steps, in the tape's step and
// in the order of windows.
const validationDraws = 1 << 31

// validate returns the MSE on the validation windows, as the protocol has it.
func (t *trainer) validate(ctx context.Context, w model.Windows, epoch int) (float64, error) {
	if !t.protocol.NoisyValidation {
		score, err := Evaluate(ctx, t, w, evalBatch(w), 1)
		return score.MSE, err
	}
	batch := t.recipe.Batch
	order := wholeBatches(rand.New(rand.NewPCG(uint64(t.seed), validationDraws+uint64(epoch))).Perm(w.Len()), batch)
	size := w.Horizon() * w.Channels()
	dst := make([]float32, min(batch, len(order))*size)
	steps := (len(order) + batch - 1) / batch
	squared := 0.0
	for step := range steps {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		windows := order[step*batch : min((step+1)*batch, len(order))]
		t.inputs(len(windows), func(j int) []float32 { return w.Rows(windows[j], 1) })
		t.tape.EvalNoisy(validationDraws + uint32(epoch*steps+step))
		t.forecast(dst[:len(windows)*size], len(windows))
		for j, i := range windows {
			sum, _ := kernels.SquaredAbsErrors(dst[j*size:(j+1)*size], w.Target(i))
			squared += sum
		}
	}
	return squared / float64(len(order)*size), nil
}
