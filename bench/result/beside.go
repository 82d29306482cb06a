// Records of one suite beside those of another.

package result

// Beside returns those of others, records of other suites, that may stand in the tables of own: in columns (model, label
// and backbone) that own has none of, in rows that own has, at the same look-back and under the same protocol, without
// shuffled channels.
func Beside(own, others []Record) []Record {
	type row struct {
		dataset, setting, protocol, data string
		horizon, lookback, percent       int
	}
	type column struct{ model, variant, backbone string }
	rowOf := func(c Cell) row {
		return row{c.Dataset, c.Setting, c.Protocol, c.DataSHA256, c.Horizon, c.Lookback, c.Percent}
	}
	columnOf := func(c Cell) column { return column{c.Model, c.Variant, c.Backbone} }
	rows, columns := map[row]bool{}, map[column]bool{}
	for _, r := range own {
		rows[rowOf(r.Cell)], columns[columnOf(r.Cell)] = true, true
	}
	var joined []Record
	for _, r := range others {
		if c := r.Cell; rows[rowOf(c)] && !columns[columnOf(c)] && c.ChannelsSeed == 0 {
			joined = append(joined, r)
		}
	}
	return joined
}
