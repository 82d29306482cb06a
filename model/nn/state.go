// State: the values of parameters on their way to and from a checkpoint.

package nn

import (
	"errors"
	"fmt"
	"slices"

	"ecalf/model/tensor"
)

// Array is a named array in host memory.
type Array struct {
	Name   string
	Shape  []int
	Values []float32
}

// Lookup finds an array by name; the error of one that is not there is ErrNotFound.
type Lookup func(name string) (Array, error)

// ErrNotFound is the error of a Lookup that has nothing of the name.
var ErrNotFound = errors.New("not found")

// Find is the Lookup in a list.
func Find(arrays []Array) Lookup {
	at := make(map[string]int, len(arrays))
	for i, a := range arrays {
		at[a.Name] = i
	}
	return func(name string) (Array, error) {
		i, ok := at[name]
		if !ok {
			return Array{}, fmt.Errorf("tensor %q: %w", name, ErrNotFound)
		}
		return arrays[i], nil
	}
}

// State returns a copy of the values of params.
func State(params []*Param) []Array { return stateOf(params, (*tensor.Tensor).Values) }

// Peek returns the values of params, to be read before they change: see kernels.Peek.
func Peek(params []*Param) []Array { return stateOf(params, (*tensor.Tensor).Peek) }

func stateOf(params []*Param, values func(*tensor.Tensor) []float32) []Array {
	all := make([]Array, len(params))
	for i, p := range params {
		all[i] = Array{p.Name, slices.Clone(p.Tensor.Shape()), values(p.Tensor)}
	}
	return all
}

// SetState gives params the values found under their names. The first one that is
// missing or has another shape is an error; those before it have their values by then.
func SetState(params []*Param, find Lookup) error {
	for _, p := range params {
		a, err := find(p.Name)
		if err != nil {
			return err
		}
		if !slices.Equal(a.Shape, p.Tensor.Shape()) {
			return fmt.Errorf("tensor %q has shape %v, the model wants %v: was it saved with other settings?",
				p.Name, a.Shape, p.Tensor.Shape())
		}
		p.Tensor.Upload(a.Values)
	}
	return nil
}

// Trained returns those of params that training changes: all but the frozen ones.
func Trained(params []*Param) []*Param {
	var some []*Param
	for _, p := range params {
		if !p.Frozen {
			some = append(some, p)
		}
	}
	return some
}
