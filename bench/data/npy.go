// This file holds NumPy's .npy format, as far as it is needed to hand out
// windows and to take predictions: numpy.org/doc/stable/reference/generated/numpy.lib.format.html

package data

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const npyMagic = "\x93NUMPY"

// npyHeader returns what precedes the values of an array (n, rows, c) of
// little-endian float32, row-major, in format version 1.0.
func npyHeader(n, rows, c int) []byte {
	dict := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': %s, }", shapeText(n, rows, c))
	const before, align = len(npyMagic) + 4, 64 // the format asks for values on multiples of 64
	length := (before+len(dict)+1+align-1)/align*align - before
	header := append([]byte(npyMagic), 1, 0, byte(length), byte(length>>8))
	return fmt.Appendf(header, "%-*s\n", length-1, dict)
}

// ArrayWriter writes an array (N, rows, C) of little-endian float32 as .npy, a
// matrix at a time.
type ArrayWriter struct {
	out     *bufio.Writer // keeps the first error of any Write until Flush
	left    int           // matrices
	encoded []byte        // room for one
}

// NewArrayWriter begins an array on w.
func NewArrayWriter(w io.Writer, N, rows, C int) *ArrayWriter {
	out := bufio.NewWriterSize(w, 1<<18)
	out.Write(npyHeader(N, rows, C))
	return &ArrayWriter{out, N, make([]byte, 4*rows*C)}
}

// Write appends the next matrix, (rows, C). One of another size, or one more than
// N, panics.
func (w *ArrayWriter) Write(values []float32) {
	if w.left--; w.left < 0 || 4*len(values) != len(w.encoded) {
		panic(fmt.Sprintf("data: ArrayWriter.Write of %d values where a matrix has %d and %d were left", len(values), len(w.encoded)/4, w.left+1))
	}
	for i, v := range values {
		binary.LittleEndian.PutUint32(w.encoded[4*i:], math.Float32bits(v))
	}
	w.out.Write(w.encoded)
}

// Flush ends the array. It returns the first error of any write.
func (w *ArrayWriter) Flush() error { return w.out.Flush() }

// shapeText writes a shape as Python does.
func shapeText(shape ...int) string {
	text := make([]string, len(shape))
	for i, n := range shape {
		text[i] = strconv.Itoa(n)
	}
	return "(" + strings.Join(text, ", ") + ")"
}

// Predictions reads the forecasts of windows, one at a time, from a .npy file
// that may be larger than memory.
type Predictions struct {
	file    *os.File
	in      *bufio.Reader
	window  int // index of the next one
	h, c    int
	encoded []byte // (h, c) little-endian
}

// OpenPredictions opens a .npy file of little-endian float32, row-major, of shape
// (N, H, C). An error for any other says what it holds and what is wanted.
func OpenPredictions(path string, N, H, C int) (*Predictions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(f, 1<<18)
	if err := checkNPY(f, in, N, H, C); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &Predictions{file: f, in: in, h: H, c: C, encoded: make([]byte, 4*H*C)}, nil
}

// checkNPY reads the header of f from in, and compares it and the file's size
// with what is wanted.
func checkNPY(f *os.File, in io.Reader, shape ...int) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	array, err := readNPYHeader(in, info.Size())
	if err != nil {
		return err
	}
	want := "want float32 " + shapeText(shape...)
	wantBytes := int64(4)
	for _, n := range shape {
		wantBytes *= int64(n)
	}
	switch bytes := info.Size() - array.start; {
	case array.descr != "<f4":
		return fmt.Errorf("values of type %q, %s: convert them with astype('<f4')", array.descr, want)
	case array.columnMajor:
		return fmt.Errorf("column-major order, %s in row-major: convert it with numpy.ascontiguousarray", want)
	case !slices.Equal(array.shape, shape):
		return fmt.Errorf("shape %s, %s: every window in order, steps, channels", shapeText(array.shape...), want)
	case bytes != wantBytes:
		return fmt.Errorf("%d bytes of values, want %d: the file was cut off, or holds more than an array", bytes, wantBytes)
	}
	return nil
}

// Next fills dst, (H, C), with the forecast of the next window; io.EOF follows
// the last. A value that is not finite is an error that says where it stands.
func (p *Predictions) Next(dst []float32) error {
	if len(dst) != p.h*p.c {
		panic(fmt.Sprintf("data: Predictions.Next of %d×%d values into %d", p.h, p.c, len(dst)))
	}
	if _, err := io.ReadFull(p.in, p.encoded); err == io.EOF {
		return io.EOF
	} else if err != nil {
		return fmt.Errorf("window %d: %w", p.window, err)
	}
	for i := range dst {
		v := math.Float32frombits(binary.LittleEndian.Uint32(p.encoded[4*i:]))
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("window %d, step %d, channel %d, counted from 0: the forecast is %v, want a finite number",
				p.window, i/p.c, i%p.c, v)
		}
		dst[i] = v
	}
	p.window++
	return nil
}

// Close closes the file.
func (p *Predictions) Close() error { return p.file.Close() }

// An npyArray is what the header of a .npy file says.
type npyArray struct {
	descr       string // type of the values
	columnMajor bool
	shape       []int
	start       int64 // offset of the values
}

// The entries of a header, which is a Python dictionary, in any order.
var (
	npyDescr   = regexp.MustCompile(`['"]descr['"]\s*:\s*['"]([^'"]*)['"]`)
	npyFortran = regexp.MustCompile(`['"]fortran_order['"]\s*:\s*(True|False)`)
	npyShape   = regexp.MustCompile(`['"]shape['"]\s*:\s*\(([0-9,\s]*)\)`)
)

// maxNPYHeader is the longest header read, in bytes. NumPy's own limit is 10,000.
const maxNPYHeader = 1 << 16

var errNotNPY = errors.New("not a .npy file of numbers: write it with numpy.save")

// readNPYHeader reads the header of a file of size bytes. (npyio reads headers
// too, but allocates whatever length one claims and panics on a damaged one.)
func readNPYHeader(in io.Reader, size int64) (array npyArray, err error) {
	start := int64(len(npyMagic) + 4)
	prefix := make([]byte, start+2)
	if _, err := io.ReadFull(in, prefix[:start]); err != nil || string(prefix[:len(npyMagic)]) != npyMagic {
		return array, errNotNPY
	}
	if major := prefix[len(npyMagic)]; major > 1 { // two more bytes of length
		if _, err := io.ReadFull(in, prefix[start:]); err != nil {
			return array, errNotNPY
		}
		start += 2
	}
	length := int64(binary.LittleEndian.Uint32(prefix[len(npyMagic)+2:]))
	array.start = start + length
	if length > maxNPYHeader || array.start > size {
		return array, fmt.Errorf("a header of %d bytes in a file of %d: the file is damaged", length, size)
	}
	header := make([]byte, length)
	if _, err := io.ReadFull(in, header); err != nil {
		return array, err
	}
	descr, order, shape := npyDescr.FindSubmatch(header), npyFortran.FindSubmatch(header), npyShape.FindSubmatch(header)
	if descr == nil || order == nil || shape == nil {
		return array, errNotNPY
	}
	array.descr = string(descr[1])
	array.columnMajor = string(order[1]) == "True"
	for dim := range strings.SplitSeq(string(shape[1]), ",") {
		if dim = strings.TrimSpace(dim); dim == "" {
			continue // after the last comma
		}
		n, err := strconv.Atoi(dim)
		if err != nil {
			return array, errNotNPY
		}
		array.shape = append(array.shape, n)
	}
	return array, nil
}
