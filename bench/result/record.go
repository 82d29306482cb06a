// Package result keeps what the runs measured: a record per cell, the append-only store the records live in,
// and everything read off them: tables, comparisons, and the published numbers printed beside.
//
// Reading order: record.go, store.go, table.go, compare.go.
package result

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states a record can be in.
const (
	OK           = "ok"           // trained and scored
	Failed       = "failed"       // tried, and stopped for Record.Reason; may be tried again
	Inapplicable = "inapplicable" // cannot be run at all, for Record.Reason
)

// Cell is what was asked for, and so a record's identity: nothing measured and nothing about the machine
// belongs here. Two cells with the same ID are the same cell.
type Cell struct {
	Suite    string          `json:"suite"`
	Dataset  string          `json:"dataset"` // as in the published tables: "ETTh1", or "ETTh1->ETTm2" for zero-shot
	Horizon  int             `json:"horizon"`
	Lookback int             `json:"lookback"`
	Setting  string          `json:"setting"` // "full", "10%", "5%" or "zero"
	Percent  int             `json:"percent"` // share of the training rows; 100 is all of them
	Model    string          `json:"model"`
	Params   json.RawMessage `json:"params,omitempty"`   // the model's own; a JSON object; nil, null and {} all say none
	Recipe   json.RawMessage `json:"recipe,omitempty"`   // how it is trained; as Params
	Backbone string          `json:"backbone,omitempty"` // that the model adapts, never "auto"
	Variant  string          `json:"variant,omitempty"`  // what a suite calls the model with these Params, where it has several
	Protocol string          `json:"protocol"`           // how it was trained and scored: "standard"

	// Seed is 0 for a model that draws no random number: it runs once, whatever seeds its suite names.
	Seed int64 `json:"seed,omitempty"`
	// ChannelsSeed draws the order of the channels; 0 is the file's.
	ChannelsSeed int64 `json:"channels_seed,omitempty"`
	// DataSHA256 is set for a CSV of the user's own only: its bytes are its identity.
	DataSHA256 string `json:"data_sha256,omitempty"`
	// External says that the predictions were made elsewhere and only scored here.
	External bool `json:"external,omitempty"`
}

// Sets are the data sets that the cell's model is trained and validated on, and tested on: two in zero-shot, else twice
// the same.
func (c Cell) Sets() (train, test string) {
	if train, test, ok := strings.Cut(c.Dataset, "->"); ok {
		return train, test
	}
	return c.Dataset, c.Dataset
}

// ID is the first 16 bytes, in hex, of the SHA-256 of the cell's canonical JSON: keys sorted, no spaces, empty
// fields left out, one spelling per number (1, 1.0 and 1e0 are 1). It panics if Params or Recipe is not JSON.
func (c Cell) ID() string {
	c.Params, c.Recipe = canonicalObject("Params", c.Params), canonicalObject("Recipe", c.Recipe)
	sum := sha256.Sum256(canonical(encode(c)))
	return hex.EncodeToString(sum[:16])
}

// TrainingID is the same for cells whose models are trained alike: those of zero-shot that differ in nothing but the set they are
// tested on. For other cells it is their ID.
func (c Cell) TrainingID() string {
	if train, test := c.Sets(); train != test {
		c.Dataset = train + "->"
	}
	return c.ID()
}

// canonicalObject is a field of a Cell in its one spelling, nil if it says nothing.
func canonicalObject(field string, raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return nil
	}
	if !json.Valid(raw) {
		panic(fmt.Sprintf("result: Cell.%s is not JSON: %q", field, raw))
	}
	if c := canonical(raw); string(c) != "{}" && string(c) != "null" {
		return c
	}
	return nil
}

// canonical rewrites valid JSON with sorted keys, no spaces and one spelling per number.
func canonical(raw []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // a float64 would fold large integers together
	var v any
	if err := d.Decode(&v); err != nil {
		panic("result: canonical form: " + err.Error())
	}
	return encode(canonicalNumbers(v)) // encoding/json sorts the keys of maps
}

func canonicalNumbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k := range v {
			v[k] = canonicalNumbers(v[k])
		}
	case []any:
		for i := range v {
			v[i] = canonicalNumbers(v[i])
		}
	case json.Number:
		if i, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return i
		}
		if f, err := v.Float64(); err == nil && f != 0 {
			return f
		} else if err == nil {
			return 0 // and not -0
		}
	}
	return v
}

// encode is json.Marshal that leaves <, > and & readable.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("result: " + err.Error()) // only a type or a number JSON has no form for; see Record.finite
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Record is what one cell gave. What was not measured is absent, never zero.
type Record struct {
	ID     string `json:"id"` // Cell.ID(); Append fills it in
	Cell   Cell   `json:"cell"`
	Status string `json:"status"`           // OK, Failed or Inapplicable
	Reason string `json:"reason,omitempty"` // why it is not OK

	Windows int       `json:"windows,omitempty"` // test windows scored
	MSE     *float64  `json:"mse,omitempty"`     // mean over windows, steps and channels, on scaled data
	MAE     *float64  `json:"mae,omitempty"`
	Blocks  []float64 `json:"blocks,omitempty"` // MSE of each of 20 equal runs of consecutive test windows, for paired tests

	Fitted map[string]float64 `json:"fitted,omitempty"` // what validation chose: "ridge", "val_mse", …
	Epochs []Epoch            `json:"epochs,omitempty"`

	Env      Environment `json:"env"`
	Cost     Cost        `json:"cost"`
	Started  time.Time   `json:"started,omitzero"`
	Finished time.Time   `json:"finished,omitzero"`
}

// Epoch is one pass over the training windows.
type Epoch struct {
	Epoch   int     `json:"epoch"` // from 1
	Train   float64 `json:"train"` // mean training loss
	Val     float64 `json:"val"`   // validation MSE
	Seconds float64 `json:"seconds"`
	Commit  string  `json:"commit,omitempty"` // of the build that ran it, where a run of another build was gone on with

	Watched map[string]float64 `json:"watched,omitempty"` // means over the epoch of what the model shows, such as the parts of its loss
}

// Environment is what the cell ran on.
type Environment struct {
	Commit       string `json:"commit,omitempty"`
	Version      string `json:"version,omitempty"`
	Go           string `json:"go,omitempty"`
	OS           string `json:"os,omitempty"`
	Arch         string `json:"arch,omitempty"`
	CPU          string `json:"cpu,omitempty"`
	Cores        int    `json:"cores,omitempty"`
	Threads      int    `json:"threads,omitempty"`
	Level        string `json:"level,omitempty"`
	Backend      string `json:"backend,omitempty"`
	Precision    string `json:"precision,omitempty"`
	GPU          string `json:"gpu,omitempty"`
	Driver       string `json:"driver,omitempty"`
	DataSHA256   string `json:"data_sha256,omitempty"`
	TargetSHA256 string `json:"target_sha256,omitempty"` // of the set that is tested on, in zero-shot
	DataVerified bool   `json:"data_verified,omitempty"` // byte-identical with the public file, both in zero-shot
	Weights      string `json:"weights,omitempty"`
}

// Cost is what the cell took. An absent figure has its reason in Missing, under the figure's JSON name.
type Cost struct {
	WallSeconds  *float64          `json:"wall_seconds,omitempty"`
	CPUSeconds   *float64          `json:"cpu_seconds,omitempty"`
	FitSeconds   *float64          `json:"fit_seconds,omitempty"`
	EvalSeconds  *float64          `json:"eval_seconds,omitempty"`
	PeakRSSBytes *float64          `json:"peak_rss_bytes,omitempty"`
	Joules       *float64          `json:"joules,omitempty"`
	Missing      map[string]string `json:"missing,omitempty"`
}

// check says what makes r unfit for a store, or nil.
func (r *Record) check() error {
	switch {
	case r.ID != r.Cell.ID():
		return fmt.Errorf("id %q is not the id of the record's cell, %s", r.ID, r.Cell.ID())
	case r.Status != OK && r.Status != Failed && r.Status != Inapplicable:
		return fmt.Errorf("status %q is none of %s, %s, %s", r.Status, OK, Failed, Inapplicable)
	case r.Status != OK && r.Reason == "":
		return fmt.Errorf("a record with status %s needs a reason", r.Status)
	case r.Status != OK && (r.MSE != nil || r.MAE != nil || r.Blocks != nil):
		return fmt.Errorf("a record with status %s has no metrics", r.Status)
	case r.Status == OK && r.MSE == nil:
		return errors.New("a record with status ok needs an mse")
	case r.MSE != nil && *r.MSE < 0, r.MAE != nil && *r.MAE < 0:
		return errors.New("mse and mae are never negative")
	case r.Windows < 0:
		return errors.New("windows is never negative")
	}
	return nil
}

// settled is r as it is stored: identified, canonical, in UTC, and without a number JSON cannot carry. A metric,
// a fitted value or a loss that is not finite makes it a failed record that says which; a cost goes missing.
func (r Record) settled() Record {
	r.Cell.Params, r.Cell.Recipe = canonicalObject("Params", r.Cell.Params), canonicalObject("Recipe", r.Cell.Recipe)
	if r.ID == "" {
		r.ID = r.Cell.ID()
	}
	r.Started, r.Finished = r.Started.UTC(), r.Finished.UTC()

	var bad []string
	note := func(name string, vs ...float64) bool {
		ok := !slices.ContainsFunc(vs, notFinite)
		if !ok {
			bad = append(bad, name)
		}
		return ok
	}
	if r.MSE != nil {
		note("mse", *r.MSE)
	}
	if r.MAE != nil {
		note("mae", *r.MAE)
	}
	note("blocks", r.Blocks...)
	r.Fitted = maps.Clone(r.Fitted)
	for _, k := range slices.Sorted(maps.Keys(r.Fitted)) {
		if !note("fitted "+k, r.Fitted[k]) {
			delete(r.Fitted, k)
		}
	}
	for i, e := range r.Epochs {
		numbers := slices.AppendSeq([]float64{e.Train, e.Val, e.Seconds}, maps.Values(e.Watched))
		if !note(fmt.Sprintf("losses of epoch %d", e.Epoch), numbers...) {
			r.Epochs = r.Epochs[:i:i]
			break
		}
	}
	r.Cost = r.Cost.finite()
	if bad == nil {
		return r
	}
	if r.Status == OK {
		r.Status, r.MSE, r.MAE, r.Blocks = Failed, nil, nil, nil
	}
	reason := "not finite: " + strings.Join(bad, ", ")
	if r.Reason != "" {
		reason = r.Reason + "; " + reason
	}
	r.Reason = reason
	return r
}

// finite is c with every figure that is not finite moved to Missing.
func (c Cost) finite() Cost {
	c.Missing = maps.Clone(c.Missing)
	for _, f := range []struct {
		name string
		v    **float64
	}{
		{"wall_seconds", &c.WallSeconds}, {"cpu_seconds", &c.CPUSeconds}, {"fit_seconds", &c.FitSeconds},
		{"eval_seconds", &c.EvalSeconds}, {"peak_rss_bytes", &c.PeakRSSBytes}, {"joules", &c.Joules},
	} {
		if *f.v != nil && notFinite(**f.v) {
			if c.Missing == nil {
				c.Missing = map[string]string{}
			}
			*f.v, c.Missing[f.name] = nil, "the measured value is not finite"
		}
	}
	return c
}

func notFinite(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
