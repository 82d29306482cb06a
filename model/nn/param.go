// Package nn holds the layers that the models are built from, their parameters and
// initialisation, the optimisers and schedules, and checkpoints in the safetensors
// format.
//
// param.go says what a parameter is and how layers get theirs; layers are plain structs
// with a Forward, in one file per family. Shape letters: B samples, T tokens, D width of
// a token, L look-back, H horizon, C channels; "…" stands for any leading axes.
package nn

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// Param is a named tensor of a model: a parameter, or see Build.State.
type Param struct {
	Name   string
	Tensor *tensor.Tensor
	Group  string // of the optimiser (see Groups); "" unless the model says otherwise
	Frozen bool   // gets no gradient, no optimiser state, and products may keep packed copies
}

// Freeze makes p constant.
func (p *Param) Freeze() {
	p.Frozen = true
	p.Tensor.Freeze()
}

// Freeze makes all of params constant.
func Freeze(params ...*Param) {
	for _, p := range params {
		p.Freeze()
	}
}

// Count is the number of elements of all params, and of those that are trained.
func Count(params []*Param) (all, trained int) {
	for _, p := range params {
		all += p.Tensor.Len()
		if p.Tensor.Trains() {
			trained += p.Tensor.Len()
		}
	}
	return all, trained
}

// Build is where layers get their parameters: the list of a model's parameters, and the
// name that the present layer has in it.
//
//	b := nn.NewBuild(be, seed)
//	embed := nn.NewLinear(b.In("embed"), 96, 512) // embed.weight, embed.bias
//	…
//	params := b.Params()
type Build struct {
	model  *build
	prefix string
}

type build struct {
	backend kernels.Backend
	seed    int64
	params  []*Param
	names   map[string]bool
}

// NewBuild begins a model whose initial weights are drawn from seed.
func NewBuild(be kernels.Backend, seed int64) Build {
	return Build{model: &build{backend: be, seed: seed, names: map[string]bool{}}}
}

// In is the place of a part of the model: names get "name." before them.
func (b Build) In(name string) Build {
	b.prefix += name + "."
	return b
}

// At is In of the i-th part of a list: "name.i.".
func (b Build) At(name string, i int) Build { return b.In(fmt.Sprintf("%s.%d", name, i)) }

// Backend is where the parameters are.
func (b Build) Backend() kernels.Backend { return b.model.backend }

// Params are the parameters that layers have got so far, in that order.
func (b Build) Params() []*Param { return b.model.params }

// Param adds a trainable parameter. Its first values depend on the seed and its full
// name alone, not on what else the model has. A name that is taken panics.
func (b Build) Param(name string, init Init, shape ...int) *Param {
	p := b.State(name, init, shape...)
	p.Tensor.Track()
	return p
}

// State adds an array that is no parameter but changes with the training and belongs to
// its checkpoints and to the best epoch, such as running statistics.
func (b Build) State(name string, init Init, shape ...int) *Param {
	p := &Param{Name: b.prefix + name, Tensor: tensor.New(b.model.backend, shape...)}
	if b.model.names[p.Name] {
		panic("nn: two parameters are called " + p.Name)
	}
	b.model.names[p.Name] = true
	b.model.params = append(b.model.params, p)
	values := make([]float32, p.Tensor.Len())
	init(values, stream(b.model.seed, p.Name))
	p.Tensor.Upload(values)
	return p
}

// tensorOf is p's tensor, nil of a parameter left out.
func tensorOf(p *Param) *tensor.Tensor {
	if p == nil {
		return nil
	}
	return p.Tensor
}
