// What a training run leaves after every epoch, so that the next run goes on with the same bits.

package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ecalf/bench/result"
	"ecalf/model/nn"
)

// The arrays of a checkpoint are named as the model's parameters behind one of these.
const (
	weightsPrefix   = "weights/"
	bestPrefix      = "best/"
	optimiserPrefix = "optimiser/"
)

// progress is the part of a checkpoint that is not arrays.
type progress struct {
	Cell        string         `json:"cell"` // its ID
	Step        uint32         `json:"step"`
	Epochs      []result.Epoch `json:"epochs"`
	BestEpoch   int            `json:"best_epoch"`
	BestLoss    float64        `json:"best_loss"`
	FitSeconds  float64        `json:"fit_seconds"`
	CPUSeconds  float64        `json:"cpu_seconds"`
	WallSeconds float64        `json:"wall_seconds"`
}

// save writes the state after an epoch to path, whole or not at all.
func (t *trainer) save(path, cell string, spent result.Cost) error {
	p := progress{Cell: cell, Step: t.step, Epochs: t.epochs, BestEpoch: t.stop.BestEpoch, BestLoss: t.stop.BestLoss,
		FitSeconds: *spent.FitSeconds, CPUSeconds: *spent.CPUSeconds, WallSeconds: *spent.WallSeconds}
	meta, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	arrays := prefixed(weightsPrefix, nn.State(nn.Trained(t.model.Params())))
	arrays = append(arrays, prefixed(bestPrefix, t.stop.Best)...)
	arrays = append(arrays, prefixed(optimiserPrefix, t.adam.State())...)
	if err := nn.Save(path, arrays, "F32", map[string]string{"progress": string(meta)}); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// load goes on from a checkpoint of the same cell, and returns what was spent before. ok is false where there is none.
// After an error the trainer may hold a part of the checkpoint and must not be used.
func (t *trainer) load(path, cell string) (spent result.Cost, ok bool, err error) {
	f, err := nn.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return spent, false, nil
	}
	if err != nil {
		return spent, false, err
	}
	defer f.Close()
	var p progress
	if err := json.Unmarshal([]byte(f.Metadata["progress"]), &p); err != nil {
		return spent, false, fmt.Errorf("%s: its progress: %w", path, err)
	}
	if p.Cell != cell || len(p.Epochs) == 0 || p.BestEpoch < 0 || p.BestEpoch >= len(p.Epochs) {
		return spent, false, fmt.Errorf("%s: not a checkpoint of this cell", path)
	}
	under := func(prefix string) nn.Lookup {
		return func(name string) (nn.Array, error) { return f.Read(prefix + name) }
	}
	trained := nn.Trained(t.model.Params())
	if err := nn.SetState(trained, under(bestPrefix)); err != nil {
		return spent, false, fmt.Errorf("%s: %w", path, err)
	}
	t.stop.Best = nn.State(trained)
	if err := nn.SetState(trained, under(weightsPrefix)); err != nil {
		return spent, false, fmt.Errorf("%s: %w", path, err)
	}
	if err := t.adam.SetState(under(optimiserPrefix)); err != nil {
		return spent, false, fmt.Errorf("%s: %w", path, err)
	}
	t.step, t.epochs = p.Step, p.Epochs
	t.stop.Epochs, t.stop.BestEpoch, t.stop.BestLoss = len(p.Epochs), p.BestEpoch, p.BestLoss
	return result.Cost{FitSeconds: &p.FitSeconds, CPUSeconds: &p.CPUSeconds, WallSeconds: &p.WallSeconds}, true, nil
}

// prefixed renames arrays.
func prefixed(prefix string, arrays []nn.Array) []nn.Array {
	out := make([]nn.Array, len(arrays))
	for i, a := range arrays {
		a.Name = prefix + a.Name
		out[i] = a
	}
	return out
}
