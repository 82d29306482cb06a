// The columns of a table: which records of a model stand in one column, and what the columns are called.

package result

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// traits are what can set a model's variants apart, each with how a column's label says it.
var traits = []struct {
	of    func(Cell) string
	label func(string) string
	traitKind
}{
	{func(c Cell) string { return string(canonicalObject("Params", c.Params)) }, nil, traitKind{behindLabel: true}}, // see paramLabels
	{func(c Cell) string { return string(canonicalObject("Recipe", c.Recipe)) }, recipeLabel, traitKind{behindLabel: true}},
	{func(c Cell) string { return c.Backbone }, func(s string) string { return "(" + s + ")" }, traitKind{inCSV: true, always: true}},
	{func(c Cell) string { return c.Protocol }, func(s string) string { return s }, traitKind{inCSV: true}},
	{func(c Cell) string { return strconv.Itoa(c.Lookback) }, func(s string) string { return "L=" + s }, traitKind{}},
	{func(c Cell) string { return c.DataSHA256 }, func(s string) string { return "data " + s[:min(8, len(s))] }, traitKind{}},
	{func(c Cell) string { return c.Variant }, func(s string) string { return s }, traitKind{always: true}},
	{channelOrder, func(s string) string { return s }, traitKind{always: true}},
	{func(c Cell) string { return map[bool]string{true: "external"}[c.External] }, func(s string) string { return s }, traitKind{}},
}

// traitKind says how a trait divides columns.
type traitKind struct {
	inCSV       bool // CSV has a column of its own for it
	always      bool // a column has one value of it and names that, even if the model has no other in its row
	behindLabel bool // the label that a suite gives a variant stands for it: it divides no column of one label
}

// channelOrder names another order of channels than the file's.
func channelOrder(c Cell) string {
	if c.ChannelsSeed == 0 {
		return ""
	}
	return fmt.Sprintf("channels shuffled by %d", c.ChannelsSeed)
}

// variant is what the records of one column have in common: the model, and those traits that tell several records in one
// row of the table apart. Hyper-parameters that merely differ from data set to data set, say, split no column.
type variant struct {
	model  string
	splits []int // into traits
	values []string
}

func (v variant) holds(c Cell) bool {
	if v.model != c.Model {
		return false
	}
	for i, t := range v.splits {
		if traits[t].of(c) != v.values[i] {
			return false
		}
	}
	return true
}

// columnsOf returns the columns that records need, in the order of o.Models, then of first appearance.
func columnsOf(records []Record, o Options) []column {
	var models []string
	for _, m := range o.Models {
		if slices.ContainsFunc(records, func(r Record) bool { return r.Cell.Model == m }) {
			models = appendNew(models, m)
		}
	}
	for _, m := range modelsOf(records) {
		models = appendNew(models, m)
	}
	var columns []column
	for _, m := range models {
		splits := splitsOf(m, records)
		for t, trait := range traits {
			if trait.always && !slices.Contains(splits, t) && slices.ContainsFunc(records, func(r Record) bool { return r.Cell.Model == m && trait.of(r.Cell) != "" }) {
				splits = append(splits, t)
			}
		}
		slices.Sort(splits)
		for _, c := range variantsOf(m, records, splits) {
			c.bound = slices.Contains(o.Bounds, m)
			columns = append(columns, c)
		}
	}
	return columns
}

func modelsOf(records []Record) (models []string) {
	for _, r := range records {
		models = appendNew(models, r.Cell.Model)
	}
	return models
}

func suitesOf(records []Record) (suites []string) {
	for _, r := range records {
		suites = appendNew(suites, r.Cell.Suite)
	}
	return suites
}

// splitsOf returns the traits in which a model's records differ within some row of a table.
func splitsOf(model string, records []Record) (splits []int) {
	type place struct {
		suite, setting, dataset, label string
		horizon                        int
	}
	for t, trait := range traits {
		seen := map[place]string{}
		for _, r := range records {
			c := r.Cell
			if c.Model != model {
				continue
			}
			at, v := place{c.Suite, c.Setting, c.Dataset, "", c.Horizon}, trait.of(c)
			if trait.behindLabel {
				at.label = c.Variant
			}
			if old, ok := seen[at]; ok && old != v {
				splits = append(splits, t)
				break
			}
			seen[at] = v
		}
	}
	return splits
}

// variantsOf returns one model's columns, told apart by the traits splits, in the order of first appearance.
func variantsOf(model string, records []Record, splits []int) []column {
	var columns []column
	for _, r := range records {
		if r.Cell.Model != model || slices.ContainsFunc(columns, func(c column) bool { return c.holds(r.Cell) }) {
			continue
		}
		v := variant{model: model, splits: splits}
		for _, t := range splits {
			v.values = append(v.values, traits[t].of(r.Cell))
		}
		columns = append(columns, column{variant: v, labelled: r.Cell.Variant != "", external: r.Cell.External})
	}
	params := paramLabels(columns)
	for i := range columns {
		c := &columns[i]
		c.label, c.name = model, model
		for j, t := range c.splits {
			word := c.values[j]
			if label := traits[t].label; label == nil {
				word = params[word]
			} else if word != "" {
				word = label(word)
			}
			if word == "" {
				continue
			}
			c.label += " " + word
			if !traits[t].inCSV {
				c.name += " " + word
			}
		}
		if c.external {
			c.label += "‡"
		}
	}
	return columns
}

// recipeLabel tells two recipes apart by the head of their hash: they have too many fields to print.
func recipeLabel(recipe string) string {
	if recipe == "" {
		return ""
	}
	return "recipe " + sum([]byte(recipe))[:6]
}

// paramLabels says, for the hyper-parameters of one model's columns, how each differs from the others: the keys whose
// values are not the same in all of them.
func paramLabels(columns []column) map[string]string {
	objects := map[string]map[string]json.RawMessage{}
	for _, c := range columns {
		if len(c.splits) > 0 && c.splits[0] == 0 {
			var object map[string]json.RawMessage
			if c.values[0] != "" && json.Unmarshal([]byte(c.values[0]), &object) != nil {
				object = map[string]json.RawMessage{"params": json.RawMessage(c.values[0])} // not an object
			}
			objects[c.values[0]] = object
		}
	}
	labels := map[string]string{}
	for params, object := range objects {
		var words []string
		for _, k := range slices.Sorted(maps.Keys(object)) {
			for _, other := range objects {
				if string(other[k]) != string(object[k]) {
					words = append(words, k+"="+strings.Trim(string(object[k]), `"`))
					break
				}
			}
		}
		labels[params] = strings.Join(words, " ")
	}
	return labels
}
