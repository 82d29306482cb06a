package train

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// probe is a model that repeats its look-back, L = H, times a trained number, through dropout in a Noisy part, and tells
// what it was given.
type probe struct {
	params  []*nn.Param
	batches []int // of every Forward
	last    int
	lost    bool // what it shows is no number
}

// newProbe has one parameter, and a second one, of no effect, in the group proj if that is wanted.
func newProbe(be kernels.Backend, proj bool) *probe {
	b := nn.NewBuild(be, 1)
	b.Param("w", nn.Ones, 1)
	b.Param("in_proj", nn.Ones, 1).Group = map[bool]string{true: model.ProjectionGroup}[proj]
	return &probe{params: b.Params()}
}

func (p *probe) Params() []*nn.Param { return p.params }

func (p *probe) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	p.last = x.Shape()[0]
	p.batches = append(p.batches, p.last)
	for _, w := range p.params {
		x = tp.Mul(x, w.Tensor)
	}
	var y *tensor.Tensor
	tp.Noisy(func() { y = tp.Dropout(x, 0.5) })
	return model.Output{Pred: y}
}

// Observe shows the size of the last batch.
func (p *probe) Observe() map[string]float64 {
	return map[string]float64{"batch": float64(p.last) * p.scale()}
}

// scale is 1, or what no number may be where the test wants it so.
func (p *probe) scale() float64 {
	if p.lost {
		return math.NaN()
	}
	return 1
}

// probed are n windows of look-back and horizon 2 of one channel.
func probed(n int) rows {
	values := make([]float32, n+3)
	for i := range values {
		values[i] = float32(i%7) - 3
	}
	return rows{values, 2, 2, 1}
}

func probeTrainer(t *testing.T, p *probe, protocol string, r Recipe) *trainer {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	if p.params == nil {
		*p = *newProbe(be, true)
	}
	r.Epochs, r.Patience, r.Loss = 1, 1, "mse"
	return newTrainer(be, p, r, Protocols[protocol], model.Config{Lookback: 2, Horizon: 2, Channels: 1, Seed: 5}, kernels.FP32)
}

// Which batches training and validation see, by protocol, number of windows and batch.
func TestProtocolBatches(t *testing.T) {
	for _, c := range []struct {
		protocol   string
		n, batch   int
		train, val []int
		watched    float64 // mean batch size over the epoch's windows
	}{
		{"standard", 10, 4, []int{4, 4, 2}, []int{10}, (4*4 + 4*4 + 2*2) / 10.0},
		{"calf-official", 10, 4, []int{4, 4}, []int{4, 4}, 4},
		{"calf-official", 8, 4, []int{4, 4}, []int{4, 4}, 4},
		{"calf-official", 3, 4, []int{3}, []int{3}, 3}, // fewer than a batch: they are kept
	} {
		var p probe
		tr := probeTrainer(t, &p, c.protocol, Recipe{Batch: c.batch, LR: 1e-9, Schedule: "constant"})
		if err := tr.fit(context.Background(), probed(c.n), probed(c.n), func() error { return nil }); err != nil {
			t.Fatal(err)
		}
		if want := slices.Concat(c.train, c.val); !slices.Equal(p.batches, want) {
			t.Errorf("%s, %d windows in batches of %d: %v, want %v", c.protocol, c.n, c.batch, p.batches, want)
		}
		e := tr.epochs[0]
		if len(e.Watched) != 1 || math.Abs(e.Watched["batch"]-c.watched) > 1e-12 {
			t.Errorf("%s: watched %v, want the batch %v alone", c.protocol, e.Watched, c.watched)
		}
	}
}

// A watched number that is none ends the training and says which: it is a part of the loss that went wrong.
func TestWatchedNumbersAreNumbers(t *testing.T) {
	var p probe
	tr := probeTrainer(t, &p, "standard", Recipe{Batch: 4, LR: 1e-9, Schedule: "constant"})
	p.lost = true
	err := tr.fit(context.Background(), probed(10), probed(10), func() error { return nil })
	if err == nil || !strings.Contains(err.Error(), "epoch 1, step 1: batch is NaN") {
		t.Errorf("error %v, want one that names the number", err)
	}
}

// Standard validation is the MSE over all windows without dropout; the official one has dropout, other draws in every
// epoch, and the same ones again.
func TestValidation(t *testing.T) {
	var p probe
	w := probed(40)
	calm := 0.0 // of repeating the look-back
	for i := range w.Len() {
		for j, y := range w.Target(i) {
			d := float64(y - w.Rows(i, 1)[j])
			calm += d * d / float64(2*w.Len())
		}
	}
	mse := func(protocol string, epoch int) float64 {
		t.Helper()
		v, err := probeTrainer(t, &p, protocol, Recipe{Batch: 8, LR: 0.1, Schedule: "constant"}).validate(context.Background(), w, epoch)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if got := mse("standard", 0); math.Abs(got-calm) > 1e-6*calm {
		t.Errorf("standard: %v, want %v", got, calm)
	}
	first, again, second := mse("calf-official", 0), mse("calf-official", 0), mse("calf-official", 1)
	if first == calm || first != again || first == second {
		t.Errorf("calf-official: %v, again %v, next epoch %v; without dropout %v", first, again, second, calm)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := probeTrainer(t, &p, "calf-official", Recipe{Batch: 8}).validate(ctx, w, 0); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// proj_lr is the constant rate of the group proj, whatever the schedule of the rest; without it the group goes with the rest.
func TestLearningRatesOfGroups(t *testing.T) {
	for _, c := range []struct {
		projLR float64
		want   []float64 // of group "" and "proj" in epochs 0, 1, 2: halving begins after the second
	}{
		{0, []float64{0.01, 0.01, 0.01, 0.01, 0.005, 0.005}},
		{0.002, []float64{0.01, 0.002, 0.01, 0.002, 0.005, 0.002}},
	} {
		var p probe
		tr := probeTrainer(t, &p, "standard", Recipe{Batch: 4, LR: 0.01, ProjLR: c.projLR, Schedule: "halving"})
		tr.recipe.Epochs, tr.stop.Patience = 3, 3
		var got []float64
		err := tr.fit(context.Background(), probed(8), probed(8), func() error {
			for _, g := range tr.adam.Groups {
				got = append(got, g.LR)
			}
			return nil
		})
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("proj_lr %v: rates %v, %v; want %v", c.projLR, got, err, c.want)
		}
	}
}

// proj_lr for a model without such parameters is a mistake, not a wish.
func TestProjLRWithoutGroup(t *testing.T) {
	c := trainedCell(1, 0.001)
	c.Recipe = []byte(strings.Replace(string(c.Recipe), `"batch"`, `"proj_lr":0.1,"batch"`, 1))
	rec, err := Run(context.Background(), job(t, c))
	if err != nil || !strings.Contains(rec.Reason, "leave proj_lr out") {
		t.Errorf("%s (%s), %v", rec.Status, rec.Reason, err)
	}
}
