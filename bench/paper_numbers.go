// The numbers in the text of the paper, each under a name.

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"ecalf/bench/data"
	"ecalf/bench/result"
)

// notYetRun stands for a number without records.
const notYetRun = "not yet run"

// paperNumbers defines every number of the text: \ecalfnumber{name}{value}, for \result{name}. Every name is defined
// whatever the records are, so that a name that is not is a slip of the text.
func paperNumbers(records map[string][]result.Record, pairs []paperPair) []byte {
	b := bytes.NewBufferString(generatedHead)
	define := func(name string, value any, ok bool) {
		text := fmt.Sprint(value)
		if !ok {
			text = notYetRun
		}
		fmt.Fprintf(b, "\\ecalfnumber{%s}{%s}\n", name, strings.ReplaceAll(strings.ReplaceAll(text, "−", "$-$"), "%", `\%`))
	}
	for _, suite := range paperSuites {
		count := map[string]int{}
		var sets []string
		for _, r := range records[suite] {
			count[r.Status]++
			count[""]++
			sets = appendNew(sets, r.Cell.Dataset)
		}
		define(suite+"/records", count[""], true)
		define(suite+"/failed", count[result.Failed], true)
		define(suite+"/sets", len(sets), true)
	}
	seen := map[string]bool{}
	for _, p := range pairs {
		at := strings.TrimSuffix(p.setting, "%") + "/" + strings.ReplaceAll(p.rival, " ", "-")
		if seen[at] { // the text speaks of the first backbone, the table of all
			continue
		}
		seen[at] = true
		define(at+"/backbone", p.backbone, p.ok)
		define(at+"/rows", p.Rows, p.ok)
		for m, metric := range []string{"mse", "mae"} {
			define(at+"/"+metric, fmt.Sprintf("%.3f", p.A[m]), p.ok)
			define(at+"/ours/"+metric, fmt.Sprintf("%.3f", p.B[m]), p.ok)
			define(at+"/change/"+metric, signed(p.Percent[m])+"%", p.ok)
			define(at+"/lower/"+metric, p.Better[m], p.ok)
		}
	}
	seconds, memory, cells := costRatios(records)
	define("cost/cells", cells, true)
	define("cost/seconds", fmt.Sprintf("%.2f", seconds), cells > 0)
	define("cost/memory", fmt.Sprintf("%.2f", memory), cells > 0)
	return b.Bytes()
}

// costRatios are what an epoch of ours takes in seconds and peak memory as a multiple of CALF's, in the mean over the
// cells, seeds included, that both were trained on by the same build on the same back end at the same precision: between
// builds kernels change.
func costRatios(records map[string][]result.Record) (seconds, memory float64, cells int) {
	type twin struct {
		suite, dataset, setting, backbone, backend, precision, cpu, commit string
		horizon                                                            int
		seed                                                               int64
	}
	calf := map[twin]result.Record{}
	for _, model := range []string{"CALF", ours} {
		for _, suite := range paperSuites {
			for _, r := range records[suite] {
				c := r.Cell
				if c.Model != model || c.Variant != "" || r.Status != result.OK || len(r.Epochs) == 0 || r.Cost.PeakRSSBytes == nil {
					continue
				}
				at := twin{c.Suite, c.Dataset, c.Setting, c.Backbone, r.Env.Backend, r.Env.Precision, r.Env.CPU, r.Env.Commit, c.Horizon, c.Seed}
				if model == "CALF" {
					calf[at] = r
				} else if other, ok := calf[at]; ok {
					seconds += epochSeconds(r) / epochSeconds(other)
					memory += *r.Cost.PeakRSSBytes / *other.Cost.PeakRSSBytes
					cells++
				}
			}
		}
	}
	return seconds / float64(max(1, cells)), memory / float64(max(1, cells)), cells
}

// epochSeconds is the mean of an epoch's processor seconds, which other work on the machine hardly moves; on a GPU, which
// they say nothing of, the median of the epochs' seconds.
func epochSeconds(r result.Record) float64 {
	if r.Env.GPU == "" && r.Cost.CPUSeconds != nil {
		return *r.Cost.CPUSeconds / float64(len(r.Epochs))
	}
	var s []float64
	for _, e := range r.Epochs {
		s = append(s, e.Seconds)
	}
	slices.Sort(s)
	return s[len(s)/2]
}

// recipeTexts are the values of a recipe under keys, empty where it has none.
func recipeTexts(recipe json.RawMessage, keys []string) ([]string, error) {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(recipe, &values); err != nil {
		return nil, fmt.Errorf("recipe: %w", err)
	}
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = strings.Trim(string(values[k]), `"`)
	}
	return texts, nil
}

// dataListing is the paper's table of data sets.
func dataListing() *result.Listing {
	heads := []string{"data set", "channels", "rows", "train", "validation", "test"}
	for _, h := range tableHorizons {
		heads = append(heads, fmt.Sprintf("H=%d", h))
	}
	var rows [][]string
	for _, s := range data.Specs {
		train, val, test := s.Split.Rows(s.Rows)
		row := []string{s.Name}
		for _, n := range []int{s.Channels, s.Rows, train, val, test} {
			row = append(row, fmt.Sprint(n))
		}
		for _, h := range tableHorizons {
			row = append(row, fmt.Sprint(test-h+1))
		}
		rows = append(rows, row)
	}
	return result.PlainListing("The data sets: rows of each part, and the test windows that every model is scored on at each horizon", "data", 1, heads, rows)
}
