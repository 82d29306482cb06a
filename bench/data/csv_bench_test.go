// This file measures the CSV reader on files of the shape of Traffic and of ETT.

package data

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"
)

// writeLike writes a file of rows × c numbers of so many decimals below one, an
// hour apart. Six decimals give Traffic's 136 MB at Traffic's shape; seventeen,
// the digits of the ETT files, whose numbers are float32 written as float64.
func writeLike(t testing.TB, rows, c, decimals int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "like.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<20)
	out.WriteString("date")
	for i := range c - 1 {
		fmt.Fprintf(out, ",%d", i)
	}
	out.WriteString(",OT\n")
	random := rand.New(rand.NewPCG(1, 2))
	date := time.Date(2016, 7, 1, 2, 0, 0, 0, time.UTC) // as in Traffic
	var line []byte
	for range rows {
		line = date.AppendFormat(line[:0], time.DateTime)
		date = date.Add(time.Hour)
		for range c {
			line = append(line, ',')
			line = strconv.AppendFloat(line, random.Float64(), 'f', decimals, 64)
		}
		line = append(line, '\n')
		out.Write(line)
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return path
}

// allocated returns the bytes that f allocates in all.
func allocated(f func()) float64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.TotalAlloc - before.TotalAlloc)
}

// TestReadCSVMemory shows that reading allocates, garbage included, at most
// twice the matrix it returns: wide as Traffic, and narrow.
func TestReadCSVMemory(t *testing.T) {
	tests := []struct{ rows, c int }{
		{1000, 862},
		{400_000, 1},
	}
	for _, test := range tests {
		path := writeLike(t, test.rows, test.c, 6)
		bytes := allocated(func() {
			if _, err := ReadCSV(path); err != nil {
				t.Fatal(err)
			}
		})
		if matrix := float64(4 * test.rows * test.c); bytes > 2*matrix {
			t.Errorf("%d×%d: %.0f bytes allocated for a matrix of %.0f", test.rows, test.c, bytes, matrix)
		}
	}
}

// BenchmarkReadCSV reads on one core, its only goroutine being the benchmark's.
func BenchmarkReadCSV(b *testing.B) {
	for _, bench := range []struct {
		name              string
		rows, c, decimals int
	}{
		{"Traffic", 17544, 862, 6},
		{"ETTm", 69680, 7, 17},
	} {
		b.Run(bench.name, func(b *testing.B) {
			path := writeLike(b, bench.rows, bench.c, bench.decimals)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
			b.SetBytes(info.Size())
			runtime.GC()
			b.ResetTimer()
			bytes := allocated(func() {
				for b.Loop() {
					if _, err := ReadCSV(path); err != nil {
						b.Fatal(err)
					}
				}
			})
			b.ReportMetric(bytes/float64(b.N)/1e6, "alloc-MB")
			b.ReportMetric(float64(4*bench.rows*bench.c)/1e6, "matrix-MB")
		})
	}
}
