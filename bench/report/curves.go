// The curves of a suite's trainings: their losses, and what their models show.

package report

import (
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"slices"

	"ecalf/bench/result"
)

// gallery is the figures of one kind, by data set.
type gallery struct {
	Shelves []shelf
	Left    string // says how many figures are left out, and why
}

// shelf is the figures of one setting and data set.
type shelf struct {
	Name    string
	Open    bool
	Figures []figureOf
}

// figureOf is one model on one data set and horizon.
type figureOf struct {
	Caption string
	Panels  []panel
}

// panel is one plot of a figure.
type panel struct {
	Name string
	Keys []key
	SVG  template.HTML
}

// training is the records of one column, data set and horizon that have epochs, by seed.
type training struct {
	column  result.Column
	shelf   string
	caption string
	records []result.Record
}

func trainingsOf(columns []result.Column) (all []training) {
	settings := map[string]bool{}
	for _, c := range columns {
		settings[c.Setting] = true
	}
	for _, c := range columns {
		for _, r := range c.Records {
			if len(r.Epochs) == 0 {
				continue
			}
			t := training{column: c, shelf: r.Cell.Dataset, caption: fmt.Sprintf("%s, horizon %d", c.Label, r.Cell.Horizon)}
			if len(settings) > 1 {
				t.shelf += ", " + c.Setting
			}
			if last := len(all) - 1; last >= 0 && all[last].shelf == t.shelf && all[last].caption == t.caption {
				all[last].records = append(all[last].records, r)
				continue
			}
			t.records = []result.Record{r}
			all = append(all, t)
		}
	}
	return all
}

// galleries draws every training as long as the pictures take no more than budget bytes, a half for each gallery.
func galleries(columns []result.Column, seeds []int64, budget int) (curves, watched gallery, err error) {
	trainings := trainingsOf(columns)
	if curves, err = hang(trainings, budget/2, func(t training) ([]panel, error) { return t.losses(seeds) }); err != nil {
		return
	}
	trainings = slices.DeleteFunc(trainings, func(t training) bool { return !t.shows() })
	watched, err = hang(trainings, budget/2, training.shown)
	return
}

// shows says whether the model lets one watch anything.
func (t training) shows() bool {
	return slices.ContainsFunc(t.records, func(r result.Record) bool {
		return slices.ContainsFunc(r.Epochs, func(e result.Epoch) bool { return len(e.Watched) > 0 })
	})
}

// hang draws the panels of each training, and sorts the figures by shelf.
func hang(trainings []training, budget int, panelsOf func(training) ([]panel, error)) (gallery, error) {
	var g gallery
	bytes, left := 0, 0
	for _, t := range trainings {
		if bytes >= budget {
			left++
			continue
		}
		panels, err := panelsOf(t)
		if err != nil {
			return g, fmt.Errorf("%s, %s: %w", t.shelf, t.caption, err)
		}
		i := slices.IndexFunc(g.Shelves, func(s shelf) bool { return s.Name == t.shelf })
		if i < 0 {
			i = len(g.Shelves)
			g.Shelves = append(g.Shelves, shelf{Name: t.shelf, Open: i == 0})
		}
		g.Shelves[i].Figures = append(g.Shelves[i].Figures, figureOf{t.caption, panels})
		for _, p := range panels {
			bytes += len(p.SVG)
		}
	}
	if left > 0 {
		g.Left = fmt.Sprintf("The pictures of %d more trainings are left out, for the page to stay small; a report of one suite alone (--suite) has room for more, and the records have every epoch.", left)
	}
	return g, nil
}

// losses are the training loss and the validation MSE, a line per seed.
func (t training) losses(seeds []int64) ([]panel, error) {
	var train, val []line
	for _, r := range t.records {
		i := slices.Index(seeds, r.Cell.Seed)
		k := key{i % colours, fmt.Sprintf("seed %d", r.Cell.Seed)}
		best := int(r.Fitted["best_epoch"]) // 0 where there is none, as in a record that failed
		train = append(train, line{k, values(r.Epochs, func(e result.Epoch) float64 { return e.Train }), 0})
		val = append(val, line{k, values(r.Epochs, func(e result.Epoch) float64 { return e.Val }), best})
	}
	var panels []panel
	for _, p := range []struct {
		name  string
		lines []line
	}{{"training loss", train}, {"validation MSE", val}} {
		svg, err := plotted(t.shelf+", "+t.caption+": "+p.name, p.lines)
		if err != nil {
			return nil, err
		}
		panels = append(panels, panel{Name: p.name, SVG: svg})
	}
	return panels, nil
}

func values(epochs []result.Epoch, of func(result.Epoch) float64) []float64 {
	y := make([]float64, len(epochs))
	for i, e := range epochs {
		y[i] = of(e)
	}
	return y
}

// shown are the numbers that the model lets one watch, a panel per family; a colour per member, a line per seed.
func (t training) shown() ([]panel, error) {
	families := map[string][]string{} // the full names
	for _, r := range t.records {
		for _, e := range r.Epochs {
			for name := range e.Watched {
				if family, _ := result.FamilyOf(name); !slices.Contains(families[family], name) {
					families[family] = append(families[family], name)
				}
			}
		}
	}
	var panels []panel
	for _, family := range slices.Sorted(maps.Keys(families)) {
		p := panel{Name: cmp.Or(familyNames[family], family)}
		var lines []line
		for i, name := range slices.SortedFunc(slices.Values(families[family]), result.Naturally) {
			_, member := result.FamilyOf(name)
			k := key{i % colours, cmp.Or(memberNames[member], member)}
			p.Keys = append(p.Keys, k)
			for _, r := range t.records {
				if y := watchedValues(r.Epochs, name); len(y) > 0 {
					lines = append(lines, line{k, y, 0})
				}
			}
		}
		if family == "" && len(p.Keys) == 1 {
			p.Name, p.Keys = p.Keys[0].Text, nil
		}
		svg, err := plotted(t.shelf+", "+t.caption+": "+p.Name, lines)
		if err != nil {
			return nil, err
		}
		p.SVG = svg
		panels = append(panels, p)
	}
	return panels, nil
}

// familyNames and memberNames say in words what Enhanced CALF shows.
var (
	familyNames = map[string]string{
		"":            "in all",
		"score":       "alignment score by level",
		"share":       "share by level",
		"temperature": "temperature by level",
		"weight":      "weight by loss",
	}
	memberNames = map[string]string{"degree": "degree of alignment"}
)

// watchedValues are the values under name of the epochs from the first, up to one that lacks it.
func watchedValues(epochs []result.Epoch, name string) (y []float64) {
	for _, e := range epochs {
		v, ok := e.Watched[name]
		if !ok {
			break
		}
		y = append(y, v)
	}
	return y
}
