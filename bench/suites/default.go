// How a model is trained where no suite says it.

package suites

import (
	"encoding/json"
	"slices"
)

// defaults are the suites whose hyper-parameters stand for a model on data that no suite knows, the first that has it.
var defaults = []string{"baselines", "long"}

// Default returns the hyper-parameters and the recipe of a model for data of the user's own: what the suites that come
// with the program say of it before their cases for single data sets. ok is false where none has a recipe for it.
func Default(model string, horizon int) (params, recipe json.RawMessage, ok bool) {
	for _, name := range defaults {
		s, err := Load(name)
		if err != nil {
			continue // a test loads every suite
		}
		i := slices.IndexFunc(s.Models, func(m Model) bool { return m.Name == model && m.Train != nil })
		if i < 0 {
			continue
		}
		if params, recipe, err = s.Models[i].at("", horizon, 100); err == nil {
			return params, recipe, true
		}
	}
	return nil, nil, false
}
