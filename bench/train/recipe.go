// How a model is trained: the numbers that a suite gives for it.

package train

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
)

// Recipe is everything about a training run that is not the model itself. A suite states every field that has no
// default here, so that a record's cell says all that was done.
type Recipe struct {
	Epochs   int     `json:"epochs"`   // at most
	Batch    int     `json:"batch"`    // windows per step; the last batch of an epoch may be smaller, or is dropped: see Protocol
	LR       float64 `json:"lr"`       // of Adam, at the first epoch
	ProjLR   float64 `json:"proj_lr"`  // of the model's parameters in model.ProjectionGroup, without a schedule; 0, the default: as the rest
	Schedule string  `json:"schedule"` // "constant", "halving" (after every epoch but the first, the field's type1) or "cosine"
	TMax     int     `json:"t_max"`    // epochs of half a cosine period, for "cosine"
	Patience int     `json:"patience"` // epochs without a better validation MSE before it stops
	Loss     string  `json:"loss"`     // "mse", "l1" or "smooth_l1"
	Clip     float64 `json:"clip"`     // largest norm of the gradient; 0, the default, does not clip
	Decay    float64 `json:"decay"`    // weight decay, decoupled as in AdamW; default 0
}

var (
	schedules = []string{"constant", "halving", "cosine"}
	losses    = []string{"mse", "l1", "smooth_l1"}
)

// cosineLow is the learning rate at the bottom of the cosine, as in CALF's public code.
const cosineLow = 1e-8

// schedule is the learning rate of a group of parameters per epoch.
func (r Recipe) schedule(group string) nn.Schedule {
	if group == model.ProjectionGroup && r.ProjLR > 0 {
		return nn.Flat(r.ProjLR)
	}
	switch r.Schedule {
	case "halving":
		return nn.Decay(r.LR, 1, 0.5)
	case "cosine":
		return nn.Cosine(r.LR, cosineLow, r.TMax)
	}
	return nn.Flat(r.LR)
}

// lossKind is the task loss.
func (r Recipe) lossKind() kernels.LossKind {
	switch r.Loss {
	case "l1":
		return kernels.L1
	case "smooth_l1":
		return kernels.SmoothL1
	}
	return kernels.MSE
}

// ParseRecipe reads a recipe strictly: an unknown key, a missing field or a number out of range is an error.
func ParseRecipe(raw json.RawMessage) (Recipe, error) {
	var r Recipe
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, err
	}
	switch {
	case r.Epochs < 1 || r.Batch < 1 || r.Patience < 1:
		return r, errors.New("epochs, batch and patience: want 1 or more each")
	case !(r.LR > 0 && r.LR < 1):
		return r, fmt.Errorf("lr %v: want a number between 0 and 1", r.LR)
	case !(r.ProjLR >= 0 && r.ProjLR < 1):
		return r, fmt.Errorf("proj_lr %v: want a number from 0, which is the rate of the rest, to 1", r.ProjLR)
	case !slices.Contains(schedules, r.Schedule):
		return r, fmt.Errorf("schedule %q: want one of %s", r.Schedule, strings.Join(schedules, ", "))
	case (r.Schedule == "cosine") != (r.TMax > 0):
		return r, errors.New("t_max goes with the schedule cosine, and only with it")
	case !slices.Contains(losses, r.Loss):
		return r, fmt.Errorf("loss %q: want one of %s", r.Loss, strings.Join(losses, ", "))
	case r.Clip < 0 || r.Decay < 0:
		return r, errors.New("clip and decay: want 0 or more")
	}
	return r, nil
}
