// Making parameters of a backbone's tensors: which are trained, which are frozen, which are shared.

package llm

import (
	"fmt"
	"slices"

	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// loader makes parameters and keeps the first error, after which they are zeros.
type loader struct {
	root    nn.Build
	from    *weights.Backbone
	options Options
	shared  []*nn.Param
	err     error
}

// in is the place of a part of one stream.
func (l *loader) in(stream int, part string) nn.Build {
	b := l.root.In(l.options.Names[stream])
	if part != "" {
		b = b.In(part)
	}
	return b
}

// init gives a parameter the values of a tensor.
func (l *loader) init(name string, shape ...int) nn.Init {
	if l.err != nil {
		return nn.Zeros
	}
	a, err := l.from.Tensor(name)
	switch {
	case err != nil:
		l.err = err
	case !slices.Equal(a.Shape, shape):
		l.err = fmt.Errorf("tensor %q has shape %v, its kind of block wants %v", name, a.Shape, shape)
	default:
		return nn.Values(a)
	}
	return nn.Zeros
}

// linear is a frozen map that all streams share, K → N: its weight is the tensor source.weight, (N, K), or (K, N) with
// a bias beside it for inOut. Its parameters stand in b.
func (l *loader) linear(b nn.Build, source string, in, out int, inOut bool) *nn.Linear {
	f := &nn.Linear{InOut: inOut}
	if inOut {
		f.Weight = b.Param("weight", l.init(source+".weight", in, out), in, out)
		f.Bias = b.Param("bias", l.init(source+".bias", out), out)
		l.shared = append(l.shared, f.Bias)
	} else {
		f.Weight = b.Param("weight", l.init(source+".weight", out, in), out, in)
	}
	f.Freeze()
	l.shared = append(l.shared, f.Weight)
	return f
}

// adapted is a linear with an adapter for the first stream, if there are any.
func (l *loader) adapted(part, source string, in, out int, inOut bool) projection {
	b := l.in(0, part)
	o := l.options.LoRA
	if o == nil {
		return projection{base: l.linear(b, source, in, out, inOut)}
	}
	base := l.linear(b.In("base_layer"), source, in, out, inOut)
	return projection{base: base, lora: nn.NewLoRA(b, base, in, out, o.Rank, o.Alpha, o.Dropout)}
}

// projection is a frozen map, adapted for the first stream or not.
type projection struct {
	base *nn.Linear
	lora *nn.LoRA
}

// forward maps x (S·B, T, K) to (S·B, T, N); spend is tensor.Fused's.
func (p projection) forward(tp *tensor.Tape, x *tensor.Tensor, streams int, spend bool) *tensor.Tensor {
	if p.lora == nil {
		return p.base.Fused(tp, x, tensor.Fused{Spend: spend})
	}
	return p.lora.Forward(tp, x, x.Dim(0)/streams, spend)
}

// affine is a norm's map for each stream; that of the second is frozen.
func (l *loader) affine(part string, bias bool) (maps []tensor.Affine) {
	d := l.from.Width
	for stream := range l.options.Streams {
		b := l.in(stream, part)
		m := tensor.Affine{}
		param := func(name string) *tensor.Tensor {
			p := b.Param(name, l.init(part+"."+name, d), d)
			if stream > 0 {
				p.Freeze()
			}
			return p.Tensor
		}
		m.Gamma = param("weight")
		if bias {
			m.Beta = param("bias")
		}
		maps = append(maps, m)
	}
	return maps
}

// learnedPositions are tables for a backbone that has none: zero at first.
func (l *loader) learnedPositions(s *Stack) {
	for stream := range l.options.Streams {
		b := l.in(stream, "wpe")
		s.positions = append(s.positions, &nn.Embedding{Weight: b.Param("weight", nn.Zeros, l.from.Positions, l.from.Width)})
	}
}
