// A comparison in a few numbers.

package result

// Overall is what a comparison says over its rows. [2]s are of MSE and MAE; a row without a metric counts for the other.
type Overall struct {
	Rows    int
	A, B    [2]float64 // means over the rows
	Better  [2]int     // rows in which B is lower
	Surely  [2]int     // of these, rows whose p is below Significant
	Worse   [2]int     // rows in which B is higher and p is below Significant
	Percent [2]float64 // the geometric mean of the ratios B/A, less 1, in percent
}

// Overall sums c up; it is not ok if no cell has both metrics on both sides.
func (c *Comparison) Overall() (s Overall, ok bool) {
	for _, r := range c.Rows {
		if r.MSE == nil || r.MAE == nil {
			continue
		}
		s.Rows++
		for m, d := range []*Difference{r.MSE, r.MAE} {
			s.A[m] += d.A.Mean
			s.B[m] += d.B.Mean
			sure := d.P != nil && *d.P < Significant
			switch {
			case d.B.Mean < d.A.Mean:
				s.Better[m]++
				if sure {
					s.Surely[m]++
				}
			case d.B.Mean > d.A.Mean && sure:
				s.Worse[m]++
			}
		}
	}
	if s.Rows == 0 {
		return s, false
	}
	for m, g := range []*float64{c.GeomeanMSE, c.GeomeanMAE} {
		s.A[m] /= float64(s.Rows)
		s.B[m] /= float64(s.Rows)
		if g != nil {
			s.Percent[m] = 100 * (*g - 1)
		}
	}
	return s, true
}
