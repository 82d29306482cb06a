// This file holds the exchange with models in other languages: windows out as
// .npy files, predictions in.

package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"
	"github.com/sbinet/npyio"
)

// WriteNPY writes the windows to dir, which it makes: the inputs to x.npy,
// (N, L, C), and the targets to y.npy, (N, H, C), both float32. Each file appears
// whole or not at all; memory is one window's.
func (w *Windows) WriteNPY(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	if err := w.writeNPY(filepath.Join(dir, "x.npy"), w.look, w.Input); err != nil {
		return err
	}
	return w.writeNPY(filepath.Join(dir, "y.npy"), w.ahead, w.Target)
}

func (w *Windows) writeNPY(path string, rows int, window func(i int) []float32) error {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	b := bufio.NewWriterSize(f, 1<<20)
	b.Write(npyHeader(w.Len(), rows, w.c)) // an error sticks to b
	bytes := make([]byte, 0, 4*rows*w.c)
	for i := range w.Len() {
		bytes = bytes[:0]
		for _, v := range window(i) {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(v))
		}
		b.Write(bytes)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return f.CloseAtomicallyReplace()
}

// npyHeader is the head of a float32 array in row-major order, format version
// 1.0. (npyio writes whole arrays only, and these may be larger than memory.)
func npyHeader(n, rows, c int) []byte {
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d), }", n, rows, c)
	const fixed, align = 10, 64
	padded := (fixed+len(dict)+1+align-1)/align*align - fixed
	head := append([]byte("\x93NUMPY\x01\x00"), byte(padded), byte(padded>>8))
	return append(head, fmt.Sprintf("%-*s\n", padded-1, dict)...)
}

// Predictions reads the forecasts of windows from a .npy file, one by one.
type Predictions struct {
	f   *os.File
	r   *bufio.Reader
	buf []byte // one window's
}

// OpenPredictions opens a .npy file of float32, little-endian and row-major, of
// shape (N, H, C). Anything else, and a file of another length, is an error that
// says what is wanted.
func OpenPredictions(path string, n, h, c int) (*Predictions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &Predictions{f: f, buf: make([]byte, 4*h*c)}
	start, err := checkNPY(f, []int{n, h, c})
	if err == nil {
		_, err = f.Seek(start, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	p.r = bufio.NewReaderSize(f, 1<<20)
	return p, nil
}

// maxNPYHeader bounds what a hostile file can make the header's reader allocate.
const maxNPYHeader = 1 << 16

// checkNPY compares the header with what is wanted and returns where the values
// begin.
func checkNPY(f *os.File, shape []int) (start int64, err error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	var fixed [12]byte
	if _, err := io.ReadFull(f, fixed[:]); err != nil || string(fixed[:6]) != "\x93NUMPY" {
		return 0, errors.New("not a .npy file: write one with numpy.save")
	}
	start = 10 + int64(binary.LittleEndian.Uint16(fixed[8:]))
	if fixed[6] > 1 {
		start = 12 + int64(binary.LittleEndian.Uint32(fixed[8:]))
	}
	if start > maxNPYHeader || start > info.Size() {
		return 0, fmt.Errorf("a header of %d bytes in a file of %d: damaged, or not a .npy file", start, info.Size())
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	r, err := npyio.NewReader(f)
	if err != nil {
		return 0, fmt.Errorf("its header: %w", err)
	}
	d := r.Header.Descr
	switch want := "float32 (" + fmt.Sprint(shape) + "), row-major"; {
	case d.Type != "<f4":
		return 0, fmt.Errorf("values of type %s, want %s: convert with .astype('<f4')", d.Type, want)
	case d.Fortran:
		return 0, fmt.Errorf("column-major order, want %s: convert with numpy.ascontiguousarray", want)
	case !slices.Equal(d.Shape, shape):
		return 0, fmt.Errorf("shape %v, want %v: every test window in order, (windows, horizon, channels)", d.Shape, shape)
	}
	bytes := int64(4)
	for _, n := range shape {
		bytes *= int64(n)
	}
	if got := info.Size() - start; got != bytes {
		return 0, fmt.Errorf("%d bytes of values, want %d: the file was cut off or has more in it", got, bytes)
	}
	return start, nil
}

// Next fills dst, (H, C), with the forecast of the next window; io.EOF comes
// after the last. A value that is not finite is an error that says where.
func (p *Predictions) Next(dst []float32) error {
	if len(dst)*4 != len(p.buf) {
		panic(fmt.Sprintf("data: Predictions.Next into %d values, want %d", len(dst), len(p.buf)/4))
	}
	if _, err := io.ReadFull(p.r, p.buf); err != nil {
		return err
	}
	for i := range dst {
		v := math.Float32frombits(binary.LittleEndian.Uint32(p.buf[4*i:]))
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("value %d of the forecast is %v", i, v)
		}
		dst[i] = v
	}
	return nil
}

// Close closes the file.
func (p *Predictions) Close() error { return p.f.Close() }
