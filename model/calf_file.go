// CALF's checkpoints: the arrays of the public code's, both branches' copies of what they share among them.

package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecalf/model/nn"
)

// Export returns all arrays of a checkpoint, under the names of the public code for a GPT-2. What both branches share
// is there twice, as it is there.
func (m *CALF) Export() []nn.Array {
	arrays := nn.State(m.all)
	for _, p := range m.stack.Shared() {
		if name, ok := m.textName(p.Name); ok {
			a := nn.State([]*nn.Param{p})[0]
			a.Name = name
			arrays = append(arrays, a)
		}
	}
	return arrays
}

// Import takes the arrays of a checkpoint. An array that is missing, or has another shape than this model's settings
// give it, is an error; so are branches that do not share what they share here.
func (m *CALF) Import(find nn.Lookup) error {
	if err := nn.SetState(m.all, find); err != nil {
		return err
	}
	for _, p := range m.stack.Shared() {
		name, ok := m.textName(p.Name)
		if !ok {
			continue
		}
		a, err := find(name)
		if errors.Is(err, nn.ErrNotFound) {
			continue // a file without the text branch forecasts as well
		}
		if err != nil {
			return err
		}
		if !slices.Equal(a.Values, p.Tensor.Values()) {
			return fmt.Errorf("tensors %q and %q differ: the branches of a CALF share their frozen weights, this checkpoint's do not", p.Name, name)
		}
	}
	return nil
}

// textName is the name of the text branch's copy of a shared parameter; false if there is no text branch.
func (m *CALF) textName(name string) (string, bool) {
	if !m.params.Text {
		return "", false
	}
	for _, names := range branches {
		if rest, ok := strings.CutPrefix(name, names[0]+"."); ok {
			return names[1] + "." + strings.Replace(rest, ".base_layer.", ".", 1), true
		}
	}
	return "", false
}
