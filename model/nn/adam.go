// The Adam optimiser over groups of parameters, and the norm of their gradients.

package nn

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"ecalf/kernels"
)

// AdamConfig are the numbers of Adam; the zero value means PyTorch's defaults.
type AdamConfig struct {
	Beta1, Beta2, Eps float64 // 0 means 0.9, 0.999, 1e-8
	WeightDecay       float64
	Decoupled         bool // AdamW (Loshchilov & Hutter 2019): decay is not part of the gradient
}

// Group is a set of parameters with a learning rate of their own.
type Group struct {
	Name   string
	Params []*Param
	LR     float64 // may be changed between steps
}

// Groups divides those of params that get gradients by their Group, in the order in which
// those first appear.
func Groups(params []*Param) []Group {
	var groups []Group
	for _, p := range params {
		if !p.Tensor.Trains() {
			continue
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == p.Group })
		if i < 0 {
			i = len(groups)
			groups = append(groups, Group{Name: p.Group})
		}
		groups[i].Params = append(groups[i].Params, p)
	}
	return groups
}

// Adam is Kingma & Ba 2015 with PyTorch's arithmetic. Only parameters that are trained
// have moments.
type Adam struct {
	Groups []Group

	be     kernels.Backend
	config AdamConfig
	slots  map[*Param]*slot
	total  kernels.Buf // room for GradNorm's sum
	norm   [1]float32
}

// slot is the state of one parameter.
type slot struct {
	m, v kernels.Buf
	step int // updates so far: those of the steps in which the parameter had a gradient
}

// NewAdam returns an optimiser of the given groups; a parameter is in one of them only.
func NewAdam(be kernels.Backend, config AdamConfig, groups ...Group) *Adam {
	for _, d := range []struct {
		field *float64
		value float64
	}{{&config.Beta1, 0.9}, {&config.Beta2, 0.999}, {&config.Eps, 1e-8}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	a := &Adam{Groups: groups, be: be, config: config, slots: map[*Param]*slot{}, total: be.Alloc(1)}
	seen := map[*Param]bool{}
	for _, g := range groups {
		for _, p := range g.Params {
			if seen[p] {
				panic("nn: parameter " + p.Name + " is in two groups")
			}
			seen[p] = true
		}
	}
	return a
}

// Step updates every parameter that has a gradient, multiplied by gradScale (see Clip; 1
// leaves it alone).
func (a *Adam) Step(gradScale float64) {
	ops := a.be.Ops()
	for _, g := range a.Groups {
		for _, p := range g.Params {
			grad := p.Tensor.Grad()
			if grad.Len == 0 {
				continue
			}
			s := a.slot(p)
			s.step++
			ops.Adam(p.Tensor.Buf, s.m, s.v, grad, grad.Len, kernels.Adam{
				LR: g.LR, Beta1: a.config.Beta1, Beta2: a.config.Beta2, Eps: a.config.Eps,
				WeightDecay: a.config.WeightDecay, Decoupled: a.config.Decoupled,
				GradScale: gradScale, Step: s.step,
			})
		}
	}
}

// slot is the state of p, made when it is first needed.
func (a *Adam) slot(p *Param) *slot {
	s, ok := a.slots[p]
	if !ok {
		s = &slot{m: a.be.Alloc(p.Tensor.Len()), v: a.be.Alloc(p.Tensor.Len())}
		a.slots[p] = s
	}
	return s
}

// GradNorm is the Euclidean norm of the gradients of all parameters together; NaN or
// infinite if one of them is. It waits for the back end.
func (a *Adam) GradNorm() float64 {
	sum := a.norm[:]
	a.be.Ops().Fill(a.total, 1, 0)
	for _, g := range a.Groups {
		for _, p := range g.Params {
			if grad := p.Tensor.Grad(); grad.Len != 0 {
				a.be.Ops().SumSquares(kernels.Onto(a.total), grad, grad.Len)
			}
		}
	}
	a.be.Download(sum, a.total)
	return math.Sqrt(float64(sum[0]))
}

// Clip is the factor that brings gradients of the given norm down to at most limit, as
// PyTorch's clip_grad_norm_ does: limit/(norm + 1e-6) where that is below 1.
func Clip(norm, limit float64) float64 { return min(1, limit/(norm+1e-6)) }

// Peek returns the moments and step counts, to be saved in a checkpoint before the next step changes them: "NAME.m" and
// "NAME.v" of the parameter's shape, and "NAME.step", one number.
func (a *Adam) Peek() []Array {
	var all []Array
	for _, g := range a.Groups {
		for _, p := range g.Params {
			s, ok := a.slots[p]
			if !ok {
				continue
			}
			all = append(all, Array{p.Name + ".m", p.Tensor.Shape(), kernels.Peek(a.be, s.m)},
				Array{p.Name + ".v", p.Tensor.Shape(), kernels.Peek(a.be, s.v)},
				Array{p.Name + ".step", nil, []float32{float32(s.step)}})
		}
	}
	return all
}

// SetState is the way back: steps go on as they would have after Peek. Parameters whose
// moments are not found (ErrNotFound) begin anew.
func (a *Adam) SetState(find Lookup) error {
	for _, g := range a.Groups {
		for _, p := range g.Params {
			m, err := find(p.Name + ".m")
			if errors.Is(err, ErrNotFound) {
				delete(a.slots, p)
				continue
			}
			v, errV := find(p.Name + ".v")
			step, errStep := find(p.Name + ".step")
			if err := errors.Join(err, errV, errStep); err != nil {
				return fmt.Errorf("optimiser state: %w", err)
			}
			if n := p.Tensor.Len(); len(m.Values) != n || len(v.Values) != n || len(step.Values) != 1 || !(step.Values[0] >= 1) {
				return fmt.Errorf("optimiser state of %s: %d and %d moments and step %v, want %d, %d and a number from 1 on",
					p.Name, len(m.Values), len(v.Values), step.Values, n, n)
			}
			s := a.slot(p)
			a.be.Upload(s.m, m.Values)
			a.be.Upload(s.v, v.Values)
			s.step = int(step.Values[0])
		}
	}
	return nil
}
