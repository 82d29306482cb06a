// The training loop: epochs of shuffled batches, early stopping on validation, a checkpoint after epochs.

package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"ecalf/bench/result"
	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// evalBatch is how many windows a trained model forecasts at once in evaluation: 256, fewer where there are many
// channels, so that activations take some hundred megabytes at most.
func evalBatch(w model.Windows) int {
	const values = 1 << 20
	return min(256, max(1, values/(w.Lookback()*w.Channels())))
}

// trainer trains one model. What a resumed run needs besides the model's weights is in its fields and in adam and stop.
type trainer struct {
	recipe   Recipe
	protocol Protocol
	seed     int64
	weights  string // source of the backbone's; "" without one
	commit   string // of the program; "" where it is not known
	model    model.Model
	tape     *tensor.Tape
	adam     *nn.Adam
	stop     *nn.Stopping
	step     uint32         // training steps so far
	epochs   []result.Epoch // that are over

	tell  func(format string, args ...any) // hears of an epoch under way; nil: nobody does
	every time.Duration                    // at most that often

	lookback, horizon, channels int
	x, y                        []float32 // room for one batch
}

func newTrainer(be kernels.Backend, m model.Model, r Recipe, p Protocol, c model.Config, precision kernels.Precision) *trainer {
	t := &trainer{
		recipe: r, protocol: p, seed: c.Seed, model: m, tape: tensor.NewTape(be, uint64(c.Seed)),
		adam:     nn.NewAdam(be, nn.AdamConfig{WeightDecay: r.Decay, Decoupled: true}, nn.Groups(m.Params())...),
		stop:     nn.NewStopping(r.Patience, m.Params()),
		lookback: c.Lookback, horizon: c.Horizon, channels: c.Channels,
	}
	t.tape.Precision = precision
	if c.Backbone != nil {
		t.weights = c.Backbone.Source
	}
	return t
}

// fit trains until the recipe says stop and leaves the model with the weights of the best epoch. saved is called after
// every epoch; an error of it ends the training. A step whose loss or gradient is not finite ends it with an error.
func (t *trainer) fit(ctx context.Context, train, val model.Windows, saved func() error) error {
	for epoch := len(t.epochs); epoch < t.recipe.Epochs && !t.stop.Over(); epoch++ {
		began := time.Now()
		for i := range t.adam.Groups {
			g := &t.adam.Groups[i]
			g.LR = t.recipe.schedule(g.Name)(epoch)
		}
		loss, watched, err := t.trainEpoch(ctx, train, epoch)
		if err != nil {
			return err
		}
		mse, err := t.validate(ctx, val, epoch)
		if err != nil {
			return err
		}
		t.stop.Observe(mse)
		t.epochs = append(t.epochs, result.Epoch{Epoch: epoch + 1, Train: loss, Val: mse, Seconds: time.Since(began).Seconds(), Watched: watched})
		if err := saved(); err != nil {
			return err
		}
	}
	return t.stop.Restore()
}

// trainEpoch goes once through all windows in an order drawn from seed and epoch, and returns the mean loss of a window
// and the means of what the model shows.
func (t *trainer) trainEpoch(ctx context.Context, w model.Windows, epoch int) (float64, map[string]float64, error) {
	order := rand.New(rand.NewPCG(uint64(t.seed), uint64(epoch))).Perm(w.Len())
	if t.protocol.DropLast {
		order = wholeBatches(order, t.recipe.Batch)
	}
	observer, _ := t.model.(model.Observer)
	var watched map[string]float64
	if observer != nil {
		watched = map[string]float64{}
	}
	total := 0.0
	began := time.Now()
	told := began
	for first := 0; first < len(order); first += t.recipe.Batch {
		if err := ctx.Err(); err != nil {
			return 0, nil, err
		}
		batch := order[first:min(first+t.recipe.Batch, len(order))]
		loss, err := t.trainStep(w, batch)
		if err != nil {
			return 0, nil, fmt.Errorf("epoch %d, step %d: %w", epoch+1, first/t.recipe.Batch+1, err)
		}
		total += loss * float64(len(batch))
		if observer != nil {
			for name, v := range observer.Observe() {
				if !finite(v) {
					return 0, nil, fmt.Errorf("epoch %d, step %d: %s is %v", epoch+1, first/t.recipe.Batch+1, name, v)
				}
				watched[name] += v * float64(len(batch)) / float64(len(order))
			}
		}
		if done := first + len(batch); t.tell != nil && done < len(order) && time.Since(told) >= t.every {
			told = time.Now()
			left := time.Duration(float64(told.Sub(began)) / float64(done) * float64(len(order)-done))
			t.tell("epoch %d of %d, step %d of %d: loss %.4f, %v of steps left in it", epoch+1, t.recipe.Epochs, first/t.recipe.Batch+1,
				(len(order)+t.recipe.Batch-1)/t.recipe.Batch, total/float64(done), left.Round(time.Second))
		}
	}
	return total / float64(len(order)), watched, nil
}

// trainStep takes one step on the windows of those numbers and returns their loss.
func (t *trainer) trainStep(w model.Windows, batch []int) (float64, error) {
	t.inputs(len(batch), func(j int) []float32 { return w.Rows(batch[j], 1) })
	out := t.horizon * t.channels
	t.y = grown(t.y, len(batch)*out)
	for j, i := range batch {
		copy(t.y[j*out:], w.Target(i))
	}
	tp := t.tape
	tp.Train(t.step)
	t.step++
	x := tp.Input(t.x, len(batch), t.lookback, t.channels) // (B, L, C)
	y := tp.Input(t.y, len(batch), t.horizon, t.channels)  // (B, H, C)
	forecast := t.model.Forward(tp, x)
	task := tp.Loss(t.recipe.lossKind(), forecast.Pred, y)
	loss := task
	if forecast.Aux != nil {
		loss = tp.Add(task, forecast.Aux)
	}
	tp.Backward(loss)
	norm := t.adam.GradNorm()
	var value [1]float32
	task.Download(value[:])
	if !finite(float64(value[0]) + norm) {
		return 0, fmt.Errorf("the loss is %v and the gradient's norm %v: a smaller lr or a clip may keep them finite", value[0], norm)
	}
	scale := 1.0
	if t.recipe.Clip > 0 {
		scale = nn.Clip(norm, t.recipe.Clip)
	}
	t.adam.Step(scale)
	return float64(value[0]), nil
}

// Predict is model.Forecaster's, in evaluation: no dropout.
func (t *trainer) Predict(dst, rows []float32, n int) {
	t.inputs(n, func(j int) []float32 { return rows[j*t.channels:] })
	t.tape.Eval()
	t.forecast(dst, n)
}

// inputs gathers the inputs of n windows; window j's begins at rows(j).
func (t *trainer) inputs(n int, rows func(j int) []float32) {
	in := t.lookback * t.channels
	t.x = grown(t.x, n*in)
	for j := range n {
		copy(t.x[j*in:(j+1)*in], rows(j))
	}
}

// forecast writes the forecasts of the n gathered inputs to dst (n, H, C), in the step that the tape has begun.
func (t *trainer) forecast(dst []float32, n int) {
	t.model.Forward(t.tape, t.tape.Input(t.x, n, t.lookback, t.channels)).Pred.Download(dst)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// grown returns a slice of n values, s's memory if it has room.
func grown(s []float32, n int) []float32 {
	if cap(s) < n {
		return make([]float32, n)
	}
	return s[:n]
}
