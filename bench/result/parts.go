// Models without one of their parts, held against the model as it is: an ablation, a row per part.

package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// PartsListing holds every form of a model that a suite has under a label, and the other models as they are, against the
// model as it is: over the rows (data set and horizon) of both the change of MSE and MAE, and that of MSE in each row.
func PartsListing(records []Record, o Options) *Listing {
	o.References = nil
	l := &Listing{opts: o, csv: [][]string{{"suite", "setting", "against", "model", "backbone", "dataset", "horizon", "metric", "change_percent", "p"}}}
	for _, b := range BuildTable(records, o).blocks {
		for _, whole := range b.wholes(o) {
			l.all = append(l.all, b.partsSheet(whole))
			for _, p := range whole.parts {
				for _, r := range p.rows {
					for m, d := range []*Difference{r.MSE, r.MAE} {
						if d != nil && d.Percent != nil {
							l.csv = append(l.csv, []string{b.suite, b.setting, whole.name, p.name, whole.backbone, r.Dataset, strconv.Itoa(r.Horizon),
								metricNames[m], some(*d.Percent).digits(), pointed(d.P).digits()})
						}
					}
				}
			}
		}
	}
	return l
}

// whole is a model as it is, on one backbone, and what is held against it.
type whole struct {
	column
	backbone string
	parts    []part
}

// part is a column and its comparison with the whole, which has rows.
type part struct {
	column
	rows []Pair
	Overall
}

// wholes are the models of b that the suite itself has under a label too.
func (b *block) wholes(o Options) (all []whole) {
	var backbones []string
	for _, r := range b.records {
		if r.Cell.Suite == b.suite && r.Cell.Variant != "" {
			backbones = appendNew(backbones, r.Cell.Backbone)
		}
	}
	for _, backbone := range backbones {
		var same []Record // by suites beside too, as if it were one
		var labelled []string
		for _, r := range b.records {
			if r.Cell.Backbone != "" && r.Cell.Backbone != backbone {
				continue
			}
			if r.Cell.Suite == b.suite && r.Cell.Variant != "" {
				labelled = appendNew(labelled, r.Cell.Model)
			}
			r.Cell.Suite = b.suite
			same = append(same, r)
		}
		side, columns := Side{Records: same}, columnsOf(same, o)
		for _, c := range columns {
			if c.labelled || !slices.Contains(labelled, c.model) {
				continue
			}
			w := whole{column: c, backbone: backbone}
			for _, form := range []bool{true, false} { // forms of the model, then other models as they are
				for _, other := range columns {
					if other.labelled != form || (other.model == c.model) != form {
						continue
					}
					both := compare(side, side, []match{{"", c.variant, other.variant}})
					if overall, ok := both.Overall(); ok {
						w.parts = append(w.parts, part{other, both.Rows, overall})
					}
				}
			}
			if len(w.parts) > 0 {
				all = append(all, w)
			}
		}
	}
	return all
}

// partsSheet has a row per part: over all its rows, and for every row of the block the change of MSE.
func (b *block) partsSheet(w whole) sheet {
	s := sheet{title: "suite " + b.suite + ", setting " + b.setting + ": changes against " + w.label,
		label: b.suite + "-" + b.setting + "-" + w.label, left: 1, keys: 2, heads: []head{{"", ""}, {"", "rows"}}}
	mse, mae := metricNames[0], metricNames[1]
	s.heads = append(s.heads, head{mse, "change"}, head{mse, "lower"}, head{mse, "lower*"}, head{mse, "higher*"}, head{mae, "change"}, head{mae, "lower"})
	var shown []row
	for _, r := range b.rows {
		if r.horizon != 0 && slices.ContainsFunc(w.parts, func(p part) bool { return p.at(r) != nil }) {
			shown = append(shown, r)
			s.heads = append(s.heads, head{r.dataset, strconv.Itoa(r.horizon)})
		}
	}
	for i, p := range w.parts {
		line := plainTexts([]string{strings.TrimPrefix(p.label, w.label+" "), strconv.Itoa(p.Rows),
			percent(p.Percent[0]), strconv.Itoa(p.Better[0]), strconv.Itoa(p.Surely[0]), strconv.Itoa(p.Worse[0]), percent(p.Percent[1]), strconv.Itoa(p.Better[1])})
		for _, r := range shown {
			t := text{}
			if d := p.at(r); d != nil && d.Percent != nil {
				t.s = percent(*d.Percent)
				if d.P != nil && *d.P < Significant {
					t.tail = "*"
				}
			}
			line = append(line, t)
		}
		s.add(line, i > 0 && p.labelled != w.parts[i-1].labelled)
	}
	s.notes = []string{
		fmt.Sprintf("change of the errors by going from %s to the row's model: the geometric mean over the rows (data set and horizon) of both; above 0 the row's model is worse", w.label),
		fmt.Sprintf("lower counts the rows in which the row's model has the lower error; * has p < %v, by Welch's t test over seeds or, where a side has one seed, the paired t test over blocks of test windows; not corrected for the number of rows", Significant),
		"under a data set: the change of MSE at that horizon",
	}
	return s
}

// at is the difference of MSE in a row of a block, nil if there is none.
func (p part) at(r row) *Difference {
	for _, q := range p.rows {
		if q.Dataset == r.dataset && q.Horizon == r.horizon {
			return q.MSE
		}
	}
	return nil
}
