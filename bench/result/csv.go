// Tables as CSV, for scripts.

package result

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// csvHeader is an interface that scripts rely on: it never changes.
var csvHeader = []string{"suite", "dataset", "horizon", "setting", "model", "backbone", "protocol", "seeds", "windows",
	"mse", "mse_sd", "mae", "mae_sd", "published_mse", "published_mae"}

// WriteCSV writes a line per data set, horizon and model, without averages. Numbers have six digits behind the point;
// an empty field was not measured. A model of which a row has several variants bears their label; a reference has its
// published numbers only.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	c.Write(csvHeader)
	for _, b := range t.blocks {
		for _, r := range b.rows {
			for i, e := range r.entries {
				if r.horizon == 0 || len(e.records) == 0 && !(b.columns[i].reference && e.scores[0].published.ok) {
					continue
				}
				c.Write([]string{b.suite, r.dataset, strconv.Itoa(r.horizon), b.setting, b.columns[i].name, e.backbone, e.protocol,
					count(e.seeds), count(e.windows), e.scores[0].mean.digits(), e.scores[0].sd.digits(), e.scores[1].mean.digits(), e.scores[1].sd.digits(),
					e.scores[0].published.digits(), e.scores[1].published.digits()})
			}
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}

// count writes n, or nothing for 0.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (o optional) digits() string {
	if !o.ok {
		return ""
	}
	return strconv.FormatFloat(o.v, 'f', 6, 64)
}
