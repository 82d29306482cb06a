// Tests of where the round numbers of an axis stand.

package figure

import (
	"strings"
	"testing"
)

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		low, high float64
		want      string
	}{
		{0, 4, "0 1 2 3 4"},
		{-16, 14, "-10 0 10"},
		{970.5, 984, "975 980"},
		{0, 0.0042, "0 0.002 0.004"},
		{-3e-9, 0, "-3e-09 -2e-09 -1e-09 0"},
	} {
		var got []string
		for _, tick := range Round(c.low, c.high, 4) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%v to %v: %v, want %s", c.low, c.high, got, c.want)
		}
	}
}
