// Who is best and second in a row of a table, and who is first how often.

package result

import (
	"slices"
	"strconv"
)

// rank gives each row's best and second place and counts the first places. Values that are printed alike share a place.
func (b *block) rank() {
	b.firsts = make([]int, 2*len(b.columns))
	ranked := 0
	for _, c := range b.columns {
		if c.ranked() {
			ranked++
		}
	}
	if ranked < 2 {
		return
	}
	for _, w := range b.rows {
		full := 0
		for m := range metricNames {
			var values []float64
			for i, c := range b.columns {
				if v := w.entries[i].scores[m].mean; c.ranked() && v.ok {
					values = append(values, printed(v.v))
				}
			}
			full += len(values)
			if len(values) < 2 {
				continue
			}
			slices.Sort(values)
			values = slices.Compact(values)
			for i, c := range b.columns {
				s := &w.entries[i].scores[m]
				if at := slices.Index(values, printed(s.mean.v)); c.ranked() && s.mean.ok && at < 2 {
					s.place = at + 1
					b.marked = true
				}
			}
		}
		if w.horizon == 0 || full < 2*ranked {
			continue
		}
		b.complete++
		for i := range b.columns {
			for m := range metricNames {
				if w.entries[i].scores[m].place == 1 {
					b.firsts[2*i+m]++
				}
			}
		}
	}
}

// printed is v as tables show it, to three digits.
func printed(v float64) float64 {
	p, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 3, 64), 64)
	return p
}
