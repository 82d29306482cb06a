// Model files: the weights of a trained model with all that a forecast of new data needs to know about them.

package train

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"ecalf/model"
	"ecalf/model/nn"
)

// metaKey is where a model file's metadata holds its Meta as JSON.
const metaKey = "ecalf"

// Meta is what a model file says beside the weights.
type Meta struct {
	Model    string          `json:"model"` // its name in the Zoo
	Params   json.RawMessage `json:"params,omitempty"`
	Loss     string          `json:"loss"` // the task's, as in Recipe
	Lookback int             `json:"lookback"`
	Horizon  int             `json:"horizon"`
	Channels int             `json:"channels"`
	Season   int             `json:"season"`
	Columns  []string        `json:"columns"` // names of the channels, in the order that the model saw them
	Mean     []float64       `json:"mean"`    // of the scaler, per channel in the data's own units
	Std      []float64       `json:"std"`
	Backbone string          `json:"backbone,omitempty"` // never "auto"
	Weights  string          `json:"weights,omitempty"`  // the backbone's source
	Dataset  string          `json:"dataset"`            // it was trained on
	Seed     int64           `json:"seed"`

	Precision string `json:"precision"` // of the products in training
	Commit    string `json:"commit,omitempty"`
}

// SaveModel writes the weights of m to path as float32, frozen ones too, with meta beside them: whole or not at all. It
// makes the folder if there is none.
func SaveModel(path string, m model.Model, meta Meta) error {
	text, err := json.Marshal(meta)
	if err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	if err := nn.Save(path, model.Export(m), "F32", map[string]string{metaKey: string(text)}); err != nil {
		return fmt.Errorf("model file: %w", err)
	}
	return nil
}

// ModelFile is an open model file. Its Read is the nn.Lookup that model.Import takes.
type ModelFile struct {
	*nn.File
	Meta *Meta // nil in a file that another program wrote
}

// LoadModel opens a model file of ours, or any safetensors file with a model's weights, to be closed after use. What a
// file of ours says of itself is checked: positive sizes, and as many columns and scales as channels.
func LoadModel(path string) (*ModelFile, error) {
	f, err := nn.Open(path)
	if err != nil {
		return nil, err
	}
	text, ours := f.Metadata[metaKey]
	if !ours {
		return &ModelFile{f, nil}, nil
	}
	meta := &Meta{}
	if err = json.Unmarshal([]byte(text), meta); err == nil {
		err = meta.check()
	}
	if err != nil {
		_ = f.Close() // the first error is the one to tell
		return nil, fmt.Errorf("%s: its metadata %q: %w", path, metaKey, err)
	}
	return &ModelFile{f, meta}, nil
}

func (m *Meta) check() error {
	switch c := m.Channels; {
	case m.Model == "":
		return fmt.Errorf("it names no model")
	case m.Lookback < 1 || m.Horizon < 1 || c < 1:
		return fmt.Errorf("look-back %d, horizon %d and %d channels: want 1 or more each", m.Lookback, m.Horizon, c)
	case len(m.Columns) != c || len(m.Mean) != c || len(m.Std) != c:
		return fmt.Errorf("%d columns, %d means and %d deviations for %d channels", len(m.Columns), len(m.Mean), len(m.Std), c)
	}
	for i, std := range m.Std {
		if !(std > 0) {
			return fmt.Errorf("deviation %v of column %q: want a number above 0", std, m.Columns[i])
		}
	}
	return nil
}

// meta describes the model that the job trains.
func (job Job) meta(c model.Config, r Recipe) Meta {
	m := Meta{
		Model: job.Cell.Model, Params: c.Params, Loss: r.Loss, Lookback: c.Lookback, Horizon: c.Horizon, Channels: c.Channels,
		Season: c.Season, Columns: job.Set.Channels, Mean: job.Set.Mean, Std: job.Set.Std,
		Backbone: job.Cell.Backbone, Dataset: job.Set.Spec.Name, Seed: c.Seed, Precision: job.Precision.String(), Commit: job.Commit,
	}
	if c.Backbone != nil {
		m.Weights = c.Backbone.Source
	}
	return m
}
