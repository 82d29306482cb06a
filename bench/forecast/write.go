// Forecasts as files: CSV, or .npy for every window.

package forecast

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"ecalf/bench/data"
)

// WriteNext writes values (H, C), the forecast of Next, as CSV with the columns of the input.
func (m *Model) WriteNext(w io.Writer, values []float32) error {
	out := m.newTable(w, m.LabelColumn())
	c := m.Set.C
	for step := range m.Meta.Horizon {
		out.row(values[step*c:(step+1)*c], m.Label(m.Set.Rows+step))
	}
	return out.flush()
}

// WriteWindows writes the forecast of every window as CSV: its number, counted from 0, the step, counted from 1, and
// the forecast row.
func (m *Model) WriteWindows(ctx context.Context, w io.Writer) error {
	out := m.newTable(w, "window", "step", m.LabelColumn())
	c := m.Set.C
	err := m.EachWindow(ctx, func(window int, values []float32) error {
		for step := range m.Meta.Horizon {
			out.row(values[step*c:(step+1)*c], strconv.Itoa(window), strconv.Itoa(step+1), m.Label(window+m.Meta.Lookback+step))
		}
		return out.err
	})
	if err != nil {
		return err
	}
	return out.flush()
}

// WriteArray writes the forecast of every window as .npy, float32 (N, H, C).
func (m *Model) WriteArray(ctx context.Context, w io.Writer) error {
	windows, err := m.Windows()
	if err != nil {
		return err
	}
	out := data.NewArrayWriter(w, windows.Len(), m.Meta.Horizon, m.Set.C)
	err = m.EachWindow(ctx, func(_ int, values []float32) error {
		out.Write(values)
		return nil
	})
	if err != nil {
		return err
	}
	return out.Flush()
}

// table writes CSV rows of labels and numbers.
type table struct {
	buffer *bufio.Writer
	line   []byte
	err    error // the first
}

func (m *Model) newTable(w io.Writer, labels ...string) *table {
	t := &table{buffer: bufio.NewWriterSize(w, 1<<18)}
	header := csv.NewWriter(t.buffer)
	t.err = header.Write(append(labels, m.Set.Channels...))
	header.Flush()
	return t
}

func (t *table) row(values []float32, labels ...string) {
	t.line = append(t.line[:0], strings.Join(labels, ",")...) // dates and numbers: nothing to quote
	for _, v := range values {
		t.line = appendNumber(append(t.line, ','), v)
	}
	if _, err := t.buffer.Write(append(t.line, '\n')); t.err == nil {
		t.err = err
	}
}

func (t *table) flush() error {
	if err := t.buffer.Flush(); t.err == nil {
		t.err = err
	}
	return t.err
}

// appendNumber writes the shortest decimal that reads as v again, with an exponent only where it saves many zeros.
func appendNumber(b []byte, v float32) []byte {
	format := byte('f')
	if size := math.Abs(float64(v)); size != 0 && (size < 1e-6 || size >= 1e15) {
		format = 'e'
	}
	return strconv.AppendFloat(b, float64(v), format, -1, 32)
}

// Replace writes a file by write: whole, or not at all.
func Replace(path string, write func(io.Writer) error) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644), renameio.WithTempDir(filepath.Dir(path)))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
