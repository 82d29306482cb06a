// The form of a model that validation chooses, row by row.

package result

import (
	"fmt"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// ChosenLabel stands behind a model's name for the form of it that validation chooses. A suite gives it to no variant.
const ChosenLabel = "chosen"

// form is a model as it is or under one of its suite's labels, in one row of a table.
type form struct {
	label   string
	records []Record // with a result
}

// validation is the mean over the seeds of the validation MSE, none if a seed has none.
func (f form) validation() optional {
	var v []float64
	for _, r := range f.records {
		mse, ok := r.Fitted["val_mse"]
		if !ok {
			return optional{}
		}
		v = append(v, mse)
	}
	return optional{stat.Mean(v, nil), len(v) > 0}
}

// choice is what was chosen in a row, and among how many.
type choice struct {
	form
	among int
}

// chooseForms picks of every model, on every backbone, in every row (data set, horizon, setting) the form with the lowest
// validation MSE in the mean over its seeds, of equal ones the first. A form that has none, or fewer seeds than another, does not
// compete. Test errors play no part.
func chooseForms(records []Record) (choices []choice) {
	type place struct {
		suite, setting, dataset, data, model, backbone, protocol string
		horizon, lookback                                        int
		channels                                                 int64
		external                                                 bool
	}
	var places []place
	forms := map[place][]form{}
	for _, r := range records {
		if r.Status != OK {
			continue
		}
		c := r.Cell
		at := place{c.Suite, c.Setting, c.Dataset, c.DataSHA256, c.Model, c.Backbone, c.Protocol, c.Horizon, c.Lookback, c.ChannelsSeed, c.External}
		places = appendNew(places, at)
		i := slices.IndexFunc(forms[at], func(f form) bool { return f.label == c.Variant })
		if i < 0 {
			i = len(forms[at])
			forms[at] = append(forms[at], form{label: c.Variant})
		}
		forms[at][i].records = append(forms[at][i].records, r)
	}
	for _, at := range places {
		var best choice
		var lowest float64
		for _, f := range forms[at] {
			v := f.validation()
			if !v.ok || len(f.records) < len(best.records) {
				continue
			}
			if len(f.records) > len(best.records) {
				best = choice{}
			}
			if best.among++; best.among == 1 || v.v < lowest {
				best.form, lowest = f, v.v
			}
		}
		if best.among > 0 {
			choices = append(choices, best)
		}
	}
	return choices
}

// asChosen is c under ChosenLabel; its hyper-parameters, which may differ from row to row, tell no columns apart.
func asChosen(c Cell) Cell {
	c.Variant, c.Params, c.Recipe = ChosenLabel, nil, nil
	return c
}

// chosen are the records of the chosen forms.
func chosen(choices []choice) (records []Record) {
	for _, c := range choices {
		for _, r := range c.records {
			r.Cell = asChosen(r.Cell)
			records = append(records, r)
		}
	}
	return records
}

// choiceNotes say which form of a model was chosen where.
func choiceNotes(choices []choice, column variant) []string {
	var rows grouped
	for _, c := range choices {
		cell := c.records[0].Cell
		label := cell.Model
		if c.label != "" {
			label += " " + c.label
		}
		if !column.holds(asChosen(cell)) {
			continue
		}
		how := "without another form to choose from, " + label
		if c.among > 1 {
			how = fmt.Sprintf("chosen of %d forms by validation MSE, %s", c.among, label)
		}
		rows.add(how, fmt.Sprintf("%s/%d", cell.Dataset, cell.Horizon))
	}
	return rows.lines()
}
