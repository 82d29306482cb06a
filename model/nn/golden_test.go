// Layers, optimisers, schedules and number formats against PyTorch.

package nn

import (
	"path/filepath"
	"strings"
	"testing"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// golden.safetensors is what PyTorch computes in float64, written by testdata/golden.py.
func golden(t *testing.T) *File {
	t.Helper()
	f, err := Open(filepath.Join("testdata", "golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func read(t *testing.T, f *File, name string) Array {
	t.Helper()
	a, err := f.Read(name)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// roundings is a tolerance relative to the largest value: each of the operations behind
// a result, some twenty in a layer and its gradient, sums at most 35 rounded terms.
const roundings = 20 * 35 / float64(1<<24)

// Layers give PyTorch's results and gradients for PyTorch's parameters.
func TestLayersAgainstPyTorch(t *testing.T) {
	type forward func(tp *tensor.Tape, in map[string]*tensor.Tensor) *tensor.Tensor
	encoder := func(c EncoderConfig) func(b Build) forward {
		return func(b Build) forward {
			l := NewEncoderLayer(b, c)
			return func(tp *tensor.Tape, in map[string]*tensor.Tensor) *tensor.Tensor { return l.Forward(tp, in["x"]) }
		}
	}
	for name, build := range map[string]func(b Build) forward{
		"encoder-post": encoder(EncoderConfig{Width: 12, Heads: 3, Hidden: 20, Act: kernels.ReLU}),
		"encoder-pre":  encoder(EncoderConfig{Width: 12, Heads: 3, Hidden: 20, Act: kernels.GELU, PreNorm: true}),
		"cross-attention": func(b Build) forward {
			a := NewMultiheadAttention(b, 12, 3, 0)
			return func(tp *tensor.Tape, in map[string]*tensor.Tensor) *tensor.Tensor {
				return a.Cross(tp, in["x"], in["memory"])
			}
		},
		"revin": func(b Build) forward {
			r := NewRevIN(b, 3)
			return func(tp *tensor.Tape, in map[string]*tensor.Tensor) *tensor.Tensor {
				h, m := r.Norm(tp, in["x"])
				h = tp.MatMul(in["w"], tp.Unary(kernels.Tanh, h), tensor.Factors{})
				return r.Denorm(tp, h, m)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachBackend(t, func(t *testing.T, be kernels.Backend) {
				f := golden(t)
				b := NewBuild(be, 1)
				layer := build(b)
				if err := SetState(b.Params(), func(p string) (Array, error) { return f.Read(name + "/param/" + p) }); err != nil {
					t.Fatal(err)
				}
				in, params := map[string]*tensor.Tensor{}, 0
				for _, n := range f.Names() {
					if key, ok := strings.CutPrefix(n, name+"/in/"); ok {
						a := read(t, f, n)
						in[key] = tensor.From(be, a.Values, a.Shape...)
						in[key].Track()
					}
					if strings.HasPrefix(n, name+"/param/") {
						params++
					}
				}
				if params != len(b.Params()) {
					t.Fatalf("%d parameters, PyTorch has %d", len(b.Params()), params)
				}
				tp := tensor.NewTape(be, 0)
				tp.Precision = kernels.FP32
				tp.Train(1)
				y := layer(tp, in)
				near(t, "y", read(t, f, name+"/y").Values, y.Values(), roundings)
				dy := read(t, f, name+"/dy")
				loss := tp.Affine(tp.MeanAll(tp.Mul(y, tp.Input(dy.Values, dy.Shape...))), float32(y.Len()), 0)
				tp.Backward(loss)
				gradient := func(key string, x *tensor.Tensor) {
					got := make([]float32, x.Len())
					be.Download(got, x.Grad())
					near(t, "gradient of "+key, read(t, f, name+"/grad/"+key).Values, got, roundings)
				}
				for key, x := range in {
					gradient("in/"+key, x)
				}
				for _, p := range b.Params() {
					gradient("param/"+p.Name, p.Tensor)
				}
			})
		})
	}
}

// setGradient gives p the gradient g: that of the loss Σ p·g.
func setGradient(tp *tensor.Tape, step int, p *Param, g []float32) {
	tp.Train(uint32(step))
	loss := tp.MeanAll(tp.Mul(p.Tensor, tp.Input(g, p.Tensor.Shape()...)))
	tp.Backward(tp.Affine(loss, float32(len(g)), 0))
}

func TestAdamAgainstPyTorch(t *testing.T) {
	for name, config := range map[string]AdamConfig{
		"adam":       {},
		"adam-decay": {Beta1: 0.8, Beta2: 0.95, Eps: 1e-6, WeightDecay: 0.1},
		"adamw":      {WeightDecay: 0.1, Decoupled: true},
	} {
		t.Run(name, func(t *testing.T) {
			eachBackend(t, func(t *testing.T, be kernels.Backend) {
				f := golden(t)
				start, grads, path := read(t, f, "adam/start"), read(t, f, "adam/grads"), read(t, f, "adam/"+name)
				n := len(start.Values)
				at := func(a Array, step int) []float32 { return a.Values[step*n : (step+1)*n] }

				b := NewBuild(be, 1)
				p := b.Param("p", Zeros, start.Shape...)
				p.Tensor.Upload(start.Values)
				adam := NewAdam(be, config, Group{Params: b.Params(), LR: 0.03})
				tp := tensor.NewTape(be, 0)
				for step := range 10 {
					setGradient(tp, step, p, at(grads, step))
					adam.Step(1)
					// Each step rounds a handful of times; the errors of ten steps add up.
					near(t, "parameter", at(path, step), p.Tensor.Values(), 10*8.0/(1<<24))
					if step == 4 { // a checkpoint in the middle changes nothing
						state := adam.Peek()
						adam = NewAdam(be, config, Group{Params: b.Params(), LR: 0.03})
						if err := adam.SetState(Find(state)); err != nil {
							t.Fatal(err)
						}
					}
				}
			})
		})
	}
}

func TestClipAgainstPyTorch(t *testing.T) {
	be := best()
	f := golden(t)
	grad, norm := read(t, f, "clip/grad"), read(t, f, "clip/norm").Values[0]
	b := NewBuild(be, 1)
	p := b.Param("p", Zeros, grad.Shape...)
	adam := NewAdam(be, AdamConfig{}, Group{Params: b.Params()})
	setGradient(tensor.NewTape(be, 0), 0, p, grad.Values)
	got := adam.GradNorm()
	near(t, "norm", []float32{norm}, []float32{float32(got)}, 4.0/(1<<24))
	clipped := grad.Values
	for i := range clipped {
		clipped[i] *= float32(Clip(got, 1.5))
	}
	near(t, "clipped gradient", read(t, f, "clip/clipped").Values, clipped, 4.0/(1<<24))
	if Clip(1, 1.5) != 1 {
		t.Error("a short gradient is scaled")
	}
}

func TestCosineAgainstPyTorch(t *testing.T) {
	f := golden(t)
	for name, period := range map[string]int{"cosine-20": 20, "cosine-10": 10} {
		want := read(t, f, "schedule/"+name).Values
		var got []float32
		schedule := Cosine(5e-4, 1e-8, period)
		for epoch := range want {
			got = append(got, float32(schedule(epoch)))
		}
		// PyTorch multiplies step by step in float64, the closed form does not: they agree
		// to the rounding of the file's float32.
		near(t, name, want, got, 1.0/(1<<23))
	}
}

// Conversions give PyTorch's bits, and the file's half-precision values read as they
// were meant.
func TestHalfAgainstPyTorch(t *testing.T) {
	f := golden(t)
	numbers := read(t, f, "half/f32").Values
	for _, dtype := range []string{"F16", "BF16"} {
		want := read(t, f, "half/"+strings.ToLower(dtype)).Values
		for i, x := range numbers {
			var got [1]float32
			decoders[dtype](got[:], encoders[dtype](nil, x))
			if got[0] != want[i] {
				t.Errorf("%s of %v is %v, want %v", dtype, x, got[0], want[i])
			}
		}
	}
}
