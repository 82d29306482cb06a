// What a training run leaves after every epoch, so that the next run goes on with the same bits.

package train

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

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
	Cell        string         `json:"cell"`     // its TrainingID
	Computed    string         `json:"computed"` // back end, precision, the backbone's weights: a run goes on with what it began with
	Commit      string         `json:"commit"`   // of the program that ran the epochs that name none
	SHA256      string         `json:"sha256"`   // of all arrays: see digest
	Step        uint32         `json:"step"`
	Epochs      []result.Epoch `json:"epochs"`
	BestEpoch   int            `json:"best_epoch"`
	BestLoss    float64        `json:"best_loss"`
	FitSeconds  float64        `json:"fit_seconds"`
	CPUSeconds  float64        `json:"cpu_seconds"`
	WallSeconds float64        `json:"wall_seconds"`
}

// pace keeps checkpoints from costing more than a tenth of a training: those of a language model are some hundred
// megabytes, and an epoch of few-shot training takes seconds.
type pace struct {
	last   time.Time     // end of the last save
	cost   time.Duration // of it
	epochs int           // that it holds
}

// due says whether to save after this epoch: always where saving is quick.
func (p *pace) due() bool { return p.cost < 100*time.Millisecond || time.Since(p.last) >= 9*p.cost }

func (p *pace) took(d time.Duration, epochs int) { p.last, p.cost, p.epochs = time.Now(), d, epochs }

// save writes the state after an epoch to path, whole or not at all.
func (t *trainer) save(path, cell string, spent result.Cost) error {
	arrays := prefixed(weightsPrefix, nn.Peek(nn.Trained(t.model.Params())))
	arrays = append(arrays, prefixed(bestPrefix, t.stop.Best)...)
	arrays = append(arrays, prefixed(optimiserPrefix, t.adam.Peek())...)
	p := progress{Cell: cell, Computed: t.computed(), Commit: t.commit, SHA256: digest(arrays), Step: t.step, Epochs: t.epochs, BestEpoch: t.stop.BestEpoch, BestLoss: t.stop.BestLoss,
		FitSeconds: *spent.FitSeconds, CPUSeconds: *spent.CPUSeconds, WallSeconds: *spent.WallSeconds}
	meta, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := nn.Save(path, arrays, "F32", map[string]string{"progress": string(meta)}); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	return nil
}

// load goes on from a checkpoint of the same training, and returns what was spent before. ok is false where there is none.
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
	var arrays []nn.Array
	for _, name := range f.Names() {
		a, err := f.Read(name)
		if err != nil {
			return spent, false, err
		}
		arrays = append(arrays, a)
	}
	switch {
	case p.Cell != cell || len(p.Epochs) == 0 || p.BestEpoch < 0 || p.BestEpoch >= len(p.Epochs):
		return spent, false, fmt.Errorf("%s: not a checkpoint of this cell's training", path)
	case p.Computed != t.computed():
		return spent, false, fmt.Errorf("%s: computed with %s, this run computes with %s", path, p.Computed, t.computed())
	case p.SHA256 != digest(arrays):
		return spent, false, fmt.Errorf("%s: its checksum does not match", path)
	}
	all := nn.Find(arrays)
	under := func(prefix string) nn.Lookup {
		return func(name string) (nn.Array, error) { return all(prefix + name) }
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
	for i := range p.Epochs {
		if e := &p.Epochs[i]; e.Commit == "" && p.Commit != t.commit {
			e.Commit = p.Commit
		} else if e.Commit == t.commit {
			e.Commit = ""
		}
	}
	t.step, t.epochs = p.Step, p.Epochs
	t.stop.Epochs, t.stop.BestEpoch, t.stop.BestLoss = len(p.Epochs), p.BestEpoch, p.BestLoss
	return result.Cost{FitSeconds: &p.FitSeconds, CPUSeconds: &p.CPUSeconds, WallSeconds: &p.WallSeconds}, true, nil
}

// computed names what the trainer's bits depend on besides the cell.
func (t *trainer) computed() string {
	with := t.tape.Backend().Name() + " in " + t.tape.Precision.String()
	if t.weights != "" {
		with += " on " + t.weights
	}
	return with
}

// digest is the SHA-256 of arrays: names, shapes and bits, in their order.
func digest(arrays []nn.Array) string {
	h := sha256.New()
	for _, a := range arrays {
		fmt.Fprintf(h, "%s %v\n", a.Name, a.Shape)
		bytes := make([]byte, 0, 4*len(a.Values))
		for _, v := range a.Values {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
		}
		h.Write(bytes)
	}
	return hex.EncodeToString(h.Sum(nil))
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
