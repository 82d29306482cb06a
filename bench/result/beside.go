// Records of one suite beside those of another.

package result

// Beside returns those of others, records of other suites, that may stand in the tables of own: in rows that own has, at
// the same look-back and under the same protocol, where own has none of their column (model, label and backbone), and
// without shuffled channels.
func Beside(own, others []Record) []Record {
	type row struct {
		dataset, setting, protocol, data string
		horizon, lookback, percent       int
	}
	type place struct {
		row
		model, variant, backbone string
	}
	rowOf := func(c Cell) row {
		return row{c.Dataset, c.Setting, c.Protocol, c.DataSHA256, c.Horizon, c.Lookback, c.Percent}
	}
	placeOf := func(c Cell) place { return place{rowOf(c), c.Model, c.Variant, c.Backbone} }
	rows, taken := map[row]bool{}, map[place]bool{}
	for _, r := range own {
		rows[rowOf(r.Cell)], taken[placeOf(r.Cell)] = true, true
	}
	var joined []Record
	for _, r := range others {
		if c := r.Cell; rows[rowOf(c)] && !taken[placeOf(c)] && c.ChannelsSeed == 0 {
			joined = append(joined, r)
		}
	}
	return joined
}
