// Records of one suite beside those of another.

package result

import "slices"

// Beside returns those of others, records of other suites, that may stand in the tables of own: of models that own has
// none of, without a label or shuffled channels, in rows that own has, at the same look-back and under the same protocol.
func Beside(own, others []Record) []Record {
	type row struct {
		dataset, setting, protocol, data string
		horizon, lookback, percent       int
	}
	rowOf := func(c Cell) row {
		return row{c.Dataset, c.Setting, c.Protocol, c.DataSHA256, c.Horizon, c.Lookback, c.Percent}
	}
	rows, models := map[row]bool{}, modelsOf(own)
	for _, r := range own {
		rows[rowOf(r.Cell)] = true
	}
	var joined []Record
	for _, r := range others {
		c := r.Cell
		if rows[rowOf(c)] && !slices.Contains(models, c.Model) && c.Variant == "" && c.ChannelsSeed == 0 {
			joined = append(joined, r)
		}
	}
	return joined
}
