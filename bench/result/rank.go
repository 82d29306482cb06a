// Who is best and second in a row of a table, and who is first how often.

package result

import (
	"slices"
	"strconv"
)

// rank gives each row's best and second place and counts the first places. Values that are printed alike share a place.
func (b *block) rank() {
	b.firsts = make([]firsts, len(b.columns))
	for _, w := range b.rows {
		for m := range metricNames {
			var values []float64
			for i, c := range b.columns {
				if v := w.entries[i].scores[m].mean; c.ranked() && v.ok {
					values = append(values, printed(v.v))
				}
			}
			if len(values) < 2 {
				continue
			}
			b.marked = true
			slices.Sort(values)
			values = slices.Compact(values)
			for i, c := range b.columns {
				s := &w.entries[i].scores[m]
				if !c.ranked() || !s.mean.ok {
					continue
				}
				at := slices.Index(values, printed(s.mean.v))
				if at < 2 {
					s.place = at + 1
				}
				if w.horizon != 0 {
					b.firsts[i].of[m]++
					if at == 0 {
						b.firsts[i].won[m]++
					}
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
