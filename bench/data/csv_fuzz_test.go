// This file fuzzes the CSV reader.

package data

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"
)

// FuzzReadCSV: no file panics, and what is read from one, written again as CSV,
// reads the same.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("date,a,b\n2016-07-01 00:00:00,1,-2.5\n2016-07-01 01:00:00,3e2,.5\n"))
	f.Add([]byte("\uFEFFdate,\"a, \"\"b\"\"\",\xb5\r\n2016/7/1 0:00,\" 12.994000434875488 \",1e-45\r\n\r\n"))
	f.Add([]byte("date,a\n2016-07-01,0.1\n2016-07-01,9007199254740993\n2016-07-09,-0"))
	f.Add([]byte("a,b\n1,2\n3,4\n"))
	f.Add([]byte("date,a\n,2\n,4\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if got, err := readCSV(bytes.NewReader(file), "fuzz.csv", true); err == nil && len(got.Values) != got.Rows*len(got.Channels) {
			t.Fatalf("%d values for %d rows of %d channels", len(got.Values), got.Rows, len(got.Channels))
		}
		got, err := readCSV(bytes.NewReader(file), "fuzz.csv", false)
		if err != nil {
			return
		}
		again, err := readCSV(bytes.NewReader(rewrite(got)), "again.csv", false)
		if err != nil {
			t.Fatalf("rewritten: %v", err)
		}
		same := func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }
		if !slices.Equal(again.Channels, got.Channels) || !slices.EqualFunc(again.Values, got.Values, same) || !again.Dates.First.Equal(got.Dates.First) {
			t.Errorf("\n   read %+v\nrewritten %+v", got, again)
		}
	})
}

// rewrite returns a table as CSV, all of it on its first date.
func rewrite(t *Table) []byte {
	var b bytes.Buffer
	header := csv.NewWriter(&b)
	header.Write(append([]string{"date"}, t.Channels...))
	header.Flush()
	date := t.Dates.First.Format(time.DateTime)
	for row := range t.Rows {
		b.WriteString(date)
		for _, v := range t.Values[row*t.C : (row+1)*t.C] {
			b.WriteByte(',')
			b.Write(strconv.AppendFloat(nil, float64(v), 'g', -1, 32))
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}
