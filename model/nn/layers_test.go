// What has no counterpart in PyTorch: adapters, names, groups, stopping, state.

package nn

import (
	"math"
	"slices"
	"testing"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// LoRA begins as its base, and is the base with weights W + α/r·B·A; only its own
// matrices get gradients and moments.
func TestLoRA(t *testing.T) {
	eachBackend(t, func(t *testing.T, be kernels.Backend) {
		const in, out, rank, batch = 6, 9, 2, 5
		for _, inOut := range []bool{false, true} {
			b := NewBuild(be, 3)
			base := NewLinear(b.In("base_layer"), in, out)
			if inOut {
				base = NewConv1D(b.In("conv"), in, out, 0.3)
			}
			lora := NewLoRA(b, base, in, out, rank, 8, 0)
			x := normal(1, batch*in)
			tp := tensor.NewTape(be, 0)
			tp.Precision = kernels.FP32
			run := func(adapted int) []float32 {
				tp.Eval()
				return lora.Forward(tp, tp.Input(x, batch, in), adapted, true).Values()
			}
			plain := func() []float32 {
				tp.Eval()
				return base.Forward(tp, tp.Input(x, batch, in)).Values()
			}
			if !slices.Equal(plain(), run(batch)) {
				t.Error("LoRA with B = 0 is not its base")
			}
			lora.B.Tensor.Upload(normal(2, out*rank))
			if part, none := run(2), plain(); slices.Equal(part[:2*out], none[:2*out]) || !slices.Equal(part[2*out:], none[2*out:]) {
				t.Error("LoRA on two samples changes others, or not these")
			}
			got := run(batch)
			w, a, bm := base.Weight.Tensor.Values(), lora.A.Tensor.Values(), lora.B.Tensor.Values()
			for o := range out {
				for i := range in {
					at := o*in + i
					if inOut {
						at = i*out + o
					}
					for r := range rank {
						w[at] += 8.0 / rank * bm[o*rank+r] * a[r*in+i]
					}
				}
			}
			base.Weight.Tensor.Upload(w)
			near(t, "adapted", plain(), got, 4*(in+rank)/float64(1<<24))

			adam := NewAdam(be, AdamConfig{}, Group{Params: b.Params(), LR: 1})
			tp.Train(1)
			y := lora.Forward(tp, tp.Input(x, batch, in), batch, true)
			tp.Backward(tp.MeanAll(tp.Mul(y, y)))
			adam.Step(1)
			var names []string
			for _, s := range adam.Peek() {
				names = append(names, s.Name)
			}
			want := []string{"lora_A.default.weight.m", "lora_A.default.weight.v", "lora_A.default.weight.step",
				"lora_B.default.weight.m", "lora_B.default.weight.v", "lora_B.default.weight.step"}
			if !slices.Equal(names, want) {
				t.Errorf("optimiser state of %v, want %v", names, want)
			}
			if !slices.Equal(base.Weight.Tensor.Values(), w) {
				t.Error("the frozen base was trained")
			}
		}
	})
}

// The learned table is added from its start; the fixed one holds the paper's numbers.
func TestPositions(t *testing.T) {
	be := best()
	b := NewBuild(be, 1)
	e := NewEmbedding(b.In("wpe"), 10, 2, 0.02)
	tp := tensor.NewTape(be, 0)
	x := normal(1, 2*3*2)
	y := e.Forward(tp, tp.Input(x, 2, 3, 2)).Values()
	table := e.Weight.Tensor.Values()
	for i := range y {
		if want := x[i] + table[i%6]; y[i] != want {
			t.Errorf("element %d is %v, want %v", i, y[i], want)
		}
	}
	s := Sinusoid(be, 3, 4).Values()
	for i, want := range []float64{
		0, 1, 0, 1,
		math.Sin(1), math.Cos(1), math.Sin(0.01), math.Cos(0.01), // 10000^(−2/4) = 0.01
		math.Sin(2), math.Cos(2), math.Sin(0.02), math.Cos(0.02),
	} {
		if s[i] != float32(want) {
			t.Errorf("sinusoid %d is %v, want %v", i, s[i], want)
		}
	}
}

// Initial values depend on seed and full name alone, and have the stated distributions.
func TestInit(t *testing.T) {
	be := best()
	values := func(seed int64, build func(b Build)) map[string][]float32 {
		b := NewBuild(be, seed)
		build(b)
		all := map[string][]float32{}
		for _, p := range b.Params() {
			all[p.Name] = p.Tensor.Values()
		}
		return all
	}
	one := values(1, func(b Build) { NewLinear(b.At("layer", 1), 64, 32); NewLinear(b.At("layer", 2), 64, 32) })
	other := values(1, func(b Build) { NewLinear(b.At("layer", 2), 64, 32) })
	if !slices.Equal(one["layer.2.weight"], other["layer.2.weight"]) {
		t.Error("weights depend on what else the model has")
	}
	if slices.Equal(one["layer.1.weight"], one["layer.2.weight"]) {
		t.Error("two layers have the same weights")
	}
	if again := values(2, func(b Build) { NewLinear(b.At("layer", 2), 64, 32) }); slices.Equal(again["layer.2.weight"], other["layer.2.weight"]) {
		t.Error("weights do not depend on the seed")
	}

	const n = 1 << 14
	for _, c := range []struct {
		name        string
		init        Init
		low, high   float64
		mean, stdev float64
	}{
		{"kaiming", KaimingUniform(64), -0.125, 0.125, 0, 0.125 / math.Sqrt(3)}, // 1/√64
		{"xavier", XavierUniform(8, 16), -0.5, 0.5, 0, 0.5 / math.Sqrt(3)},      // √(6/24)
		{"normal", Normal(0.02), -0.12, 0.12, 0, 0.02},                          // six deviations
		{"constant", Constant(0.3), 0.29, 0.31, 0.3, 0},
		{"ones", Ones, 1, 1, 1, 0},
		{"zeros", Zeros, 0, 0, 0, 0},
	} {
		x := values(5, func(b Build) { b.Param("w", c.init, n) })["w"]
		var sum, squares float64
		for _, v := range x {
			sum += float64(v)
			squares += (float64(v) - c.mean) * (float64(v) - c.mean)
			if float64(v) < c.low || float64(v) > c.high {
				t.Errorf("%s: %v outside [%v, %v]", c.name, v, c.low, c.high)
			}
		}
		// The mean of n draws lies within five of its standard errors, and so does, for
		// these distributions, their deviation.
		if e := math.Abs(sum/n - c.mean); e > 5*c.stdev/math.Sqrt(n)+1e-7 {
			t.Errorf("%s: mean %v, want %v", c.name, sum/n, c.mean)
		}
		if got := math.Sqrt(squares / n); math.Abs(got-c.stdev) > 5*c.stdev/math.Sqrt(n)+1e-7 {
			t.Errorf("%s: deviation %v, want %v", c.name, got, c.stdev)
		}
	}
}

// Parameters are grouped as the model says; frozen ones and state are not optimised.
func TestGroups(t *testing.T) {
	b := NewBuild(best(), 1)
	for _, p := range []struct{ name, group string }{{"a", ""}, {"b", "projection"}, {"c", ""}, {"frozen", ""}, {"d", "projection"}} {
		b.Param(p.name, Ones, 2).Group = p.group
	}
	b.Params()[3].Freeze()
	state := b.State("mean", Zeros, 3)
	var got []string
	for _, g := range Groups(b.Params()) {
		for _, p := range g.Params {
			got = append(got, g.Name+"/"+p.Name)
		}
	}
	if want := []string{"/a", "/c", "projection/b", "projection/d"}; !slices.Equal(got, want) {
		t.Errorf("groups %v, want %v", got, want)
	}
	if all, trained := Count(b.Params()); all != 13 || trained != 8 { // 5 parameters of 2 and a state of 3; 4 of 2
		t.Errorf("%d numbers, %d trained; want 13, 8", all, trained)
	}
	if state.Tensor.Trains() || len(Trained(b.Params())) != 5 {
		t.Error("state is a parameter, or not what training changes")
	}
}

func TestNamesAreUnique(t *testing.T) {
	b := NewBuild(best(), 1)
	b.Param("w", Zeros, 1)
	b.In("part").Param("w", Zeros, 1)
	defer func() {
		if recover() == nil {
			t.Error("a second parameter of one name does not panic")
		}
	}()
	b.Param("w", Zeros, 1)
}

// Decay is the field's adjust_learning_rate(optimizer, epoch + 1) after each epoch, which
// sets for the next one type1: lr·0.5^(epoch−1) and type3: lr below 3, then
// lr·0.9^(epoch−3), where epoch counts from 1 and is that of the epoch just done.
func TestDecay(t *testing.T) {
	type1, type3 := Decay(1, 1, 0.5), Decay(1, 3, 0.9)
	for epoch, want := range [][2]float64{{1, 1}, {1, 1}, {0.5, 1}, {0.25, 1}, {0.125, 0.9}, {0.0625, 0.81}} {
		if got := [2]float64{type1(epoch), type3(epoch)}; math.Abs(got[0]-want[0]) > 1e-15 || math.Abs(got[1]-want[1]) > 1e-15 {
			t.Errorf("epoch %d: %v, want %v", epoch, got, want)
		}
	}
}

func TestStopping(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name     string
		patience int
		losses   []float64
		stop     int // the epoch that ends the training, −1 for none
		best     int
	}{
		{"falling", 2, []float64{3, 2, 1}, -1, 2},
		{"rises twice", 2, []float64{3, 1, 2, 2}, 3, 1},
		{"a better one between", 2, []float64{3, 4, 2, 4, 5}, 4, 2},
		{"equal counts as better", 1, []float64{3, 3, 3}, -1, 2},
		{"not a number", 2, []float64{3, nan, nan}, 2, 0},
		{"nothing but that", 3, []float64{nan, nan, nan}, 2, -1},
		{"recovers", 2, []float64{nan, 3, nan, 2}, -1, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBuild(best(), 1)
			p, frozen := b.Param("w", Constant(-1), 1), b.Param("frozen", Zeros, 1)
			frozen.Freeze()
			s, stopped := NewStopping(c.patience, b.Params()), -1
			for epoch, loss := range c.losses {
				p.Tensor.Upload([]float32{float32(epoch)})
				if s.Observe(loss); s.Over() {
					stopped = epoch
					break
				}
			}
			if stopped != c.stop || s.BestEpoch != c.best {
				t.Errorf("stopped after epoch %d, best %d; want %d, %d", stopped, s.BestEpoch, c.stop, c.best)
			}
			if err := s.Restore(); err != nil {
				t.Fatal(err)
			}
			want := float32(c.best)
			if c.best < 0 { // nothing to go back to
				want = float32(len(c.losses) - 1)
			}
			if got := p.Tensor.Values()[0]; got != want {
				t.Errorf("weights are those of epoch %v, want %v", got, want)
			}
			if len(s.Best) > 1 {
				t.Error("frozen weights are copied")
			}
		})
	}
}

// Values that do not fit the model are refused by name.
func TestSetStateErrors(t *testing.T) {
	b := NewBuild(best(), 1)
	NewLinear(b.In("l"), 2, 3)
	good := State(b.Params())
	for name, arrays := range map[string][]Array{
		"missing":     good[:1],
		"other shape": {good[0], {"l.bias", []int{1, 3}, make([]float32, 3)}},
	} {
		if err := SetState(b.Params(), Find(arrays)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := SetState(b.Params(), Find(good)); err != nil {
		t.Error(err)
	}
	adam := NewAdam(best(), AdamConfig{}, Group{Params: b.Params()})
	bad := []Array{{"l.weight.m", nil, []float32{1}}, {"l.weight.v", nil, []float32{1}}, {"l.weight.step", nil, []float32{1}}}
	for name, arrays := range map[string][]Array{"moments of another size": bad, "moments without steps": bad[:2]} {
		if err := adam.SetState(Find(arrays)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
