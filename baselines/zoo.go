// Package baselines holds the models that CALF is measured against, one file each, and the Zoo that names them.
package baselines

import (
	"fmt"
	"slices"
	"strings"

	"ecalf/model"
)

// Entry is what the benchmark needs to know of a model before it builds it.
type Entry struct {
	About   string              // one line for `ecalf run --help` and the README
	Solve   model.NewClosedForm // builds a model that is fitted in closed form …
	Train   model.New           // … or one that is trained
	Bound   bool                // not a model but the error that no model can beat on average; known for the synthetic set alone
	Adapts  bool                // adapts a language model: its cells name a backbone
	Attends bool                // its channels look at prototypes: a model.Attender
	Ordered bool                // reads the channels in their order: in another one it forecasts otherwise
	Cost    float64             // relative cost of one forecast value, so that the cheapest cells run first
}

// Zoo names every model as the published tables do.
var Zoo = map[string]Entry{
	"Oracle":        {Bound: true, Cost: 0.1, About: "Bayes-optimal error of the synthetic set, in closed form"},
	"Naive":         {Solve: NewNaive, Cost: 1, About: "repeats the last value"},
	"SeasonalNaive": {Solve: NewSeasonalNaive, Cost: 1, About: "repeats the last season"},
	"Mean":          {Solve: NewMean, Cost: 1, About: "repeats the mean of the look-back"},
	"OLS":           {Solve: NewOLS, Cost: 10, About: "one linear map look-back → horizon for all channels, closed-form ridge"},
	"OLS+IN":        {Solve: NewOLSInstanceNorm, Cost: 10, About: "OLS on windows whose mean is taken off and given back"},
	"DLinear":       {Train: NewDLinear, Cost: 1e3, About: "trend and rest by a moving average, a linear map each (Zeng et al., AAAI 2023)"},
	"NLinear":       {Train: NewNLinear, Cost: 1e3, About: "a linear map of the look-back less its last value (Zeng et al., AAAI 2023)"},
	"RLinear":       {Train: NewRLinear, Cost: 1e3, About: "a linear map between reversible instance norms (Li et al., 2023)"},
	"iTransformer":  {Train: NewITransformer, Cost: 1e5, About: "attention over channels as tokens (Liu et al., ICLR 2024)"},
	"GPT4TS":        {Train: NewGPT4TS, Adapts: true, Cost: 1e7, About: "patches as a language model's words, its matrices frozen (Zhou et al., NeurIPS 2023)"},
	"CALF":          {Train: model.NewCALF, Adapts: true, Attends: true, Ordered: true, Cost: 1e7, About: "a language model's blocks adapted in step with a text branch (Liu et al., AAAI 2025)"},
	"EnhancedCALF":  {Train: model.NewEnhancedCALF, Adapts: true, Attends: true, Ordered: true, Cost: 1.2e7, About: "CALF with dynamic attention, multi-level distillation and adaptive alignment (reconstructed from the abstract)"},
	"PatchTST":      {Train: NewPatchTST, Cost: 1e6, About: "attention over patches of each channel (Nie et al., ICLR 2023)"},
}

// Names lists the Zoo in alphabetical order.
func Names() []string {
	names := make([]string, 0, len(Zoo))
	for name := range Zoo {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Find returns the entry of a model; an unknown name is an error that lists the known ones.
func Find(name string) (Entry, error) {
	if e, ok := Zoo[name]; ok {
		return e, nil
	}
	for known := range Zoo {
		if strings.EqualFold(known, name) {
			return Entry{}, fmt.Errorf("unknown model %q: did you mean %q?", name, known)
		}
	}
	return Entry{}, fmt.Errorf("unknown model %q: known are %s", name, strings.Join(Names(), ", "))
}

// Deterministic says whether the model draws no random numbers, so that one run tells everything.
func (e Entry) Deterministic() bool { return e.Train == nil }
