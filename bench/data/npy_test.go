// This file tests the exchange by .npy files, with npyio as the other side.

package data

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	npyio "github.com/sbinet/npyio/npy"
)

// readNPY reads a whole float32 array with npyio.
func readNPY(t *testing.T, path string) (shape []int, values []float32) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := npyio.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Read(&values); err != nil {
		t.Fatal(err)
	}
	return r.Header.Descr.Shape, values
}

func TestWriteNPY(t *testing.T) {
	const L, H, c = 12, 5, syntheticChannels
	w, err := synthetic(t).Windows(Test, L, H)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new", "windows")
	if err := w.WriteNPY(dir); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		file string
		rows int
		view func(int) []float32
	}{{"x.npy", L, w.Input}, {"y.npy", H, w.Target}} {
		shape, values := readNPY(t, filepath.Join(dir, test.file))
		if want := []int{w.Len(), test.rows, c}; !slices.Equal(shape, want) {
			t.Fatalf("%s has shape %v, want %v", test.file, shape, want)
		}
		for i := range w.Len() {
			if n := test.rows * c; !slices.Equal(values[i*n:(i+1)*n], test.view(i)) {
				t.Fatalf("%s: window %d differs", test.file, i)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("the folder holds %v, want x.npy and y.npy", left)
	}

	// The true futures, taken as predictions, come back as they are.
	p, err := OpenPredictions(filepath.Join(dir, "y.npy"), w.Len(), H, c)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	forecast := make([]float32, H*c)
	for i := range w.Len() {
		if err := p.Next(forecast); err != nil || !slices.Equal(forecast, w.Target(i)) {
			t.Fatalf("prediction %d: %v, %v; want %v", i, forecast, err, w.Target(i))
		}
	}
	if err := p.Next(forecast); err != io.EOF {
		t.Errorf("after the last prediction: %v, want EOF", err)
	}
}

func TestWriteNPYCannotWrite(t *testing.T) {
	w, err := small().Windows(Test, 8, 3)
	if err != nil {
		t.Fatal(err)
	}
	blocked := write(t, "blocked", "")
	if err := w.WriteNPY(blocked); err == nil || !strings.Contains(err.Error(), blocked) {
		t.Errorf("a file in the folder's place: %v", err)
	}
	// A folder in y.npy's place: no temporary file may stay behind.
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "y.npy", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteNPY(dir); err == nil {
		t.Error("y.npy is a folder, and no error")
	}
	left, _ := os.ReadDir(dir)
	for _, entry := range left {
		if entry.Name() != "x.npy" && entry.Name() != "y.npy" {
			t.Errorf("left behind: %s", entry.Name())
		}
	}
}

// TestWriteNPYMemory shows that memory does not grow with the windows' number.
func TestWriteNPYMemory(t *testing.T) {
	s, dir := synthetic(t), t.TempDir()
	for _, part := range []Part{Val, Train} { // 1,345 and 9,889 windows
		w, err := s.Windows(part, 96, 96)
		if err != nil {
			t.Fatal(err)
		}
		// Two buffers, two windows and what opening files takes.
		const most = 2*(1<<18) + 2*4*96*syntheticChannels + 32<<10
		if bytes := allocated(func() {
			if err := w.WriteNPY(dir); err != nil {
				t.Fatal(err)
			}
		}); bytes > most {
			t.Errorf("%s: %.0f bytes allocated, want %d at most", part, bytes, most)
		}
	}
}

// npyFile makes a .npy file of format version 1.0.
func npyFile(dict string, values []byte) []byte {
	return append(append([]byte("\x93NUMPY\x01\x00"), byte(len(dict)), byte(len(dict)>>8)), append([]byte(dict), values...)...)
}

const goodDict = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }\n"

func TestOpenPredictions(t *testing.T) {
	values := make([]byte, 4*2*3*4)
	values[95] = 0x40 // the last number is 2
	long := npyFile("", append([]byte(goodDict), values...))
	long = slices.Concat([]byte("\x93NUMPY\x02\x00"), []byte{byte(len(goodDict)), 0, 0, 0}, long[10:])
	for _, test := range []struct {
		name string
		file []byte
	}{
		{"as NumPy writes it", npyFile(goodDict, values)},
		{"version 2.0", long},
		{"other order, no spaces, double quotes", npyFile(`{"shape":(2,3,4),"fortran_order":False,"descr":"<f4"}`, values)},
	} {
		p, err := OpenPredictions(write(t, "pred.npy", string(test.file)), 2, 3, 4)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		dst := make([]float32, 12)
		if err := p.Next(dst); err != nil || dst[11] != 0 {
			t.Errorf("%s: first %v, %v", test.name, dst, err)
		}
		if err := p.Next(dst); err != nil || dst[11] != 2 {
			t.Errorf("%s: second %v, %v; want it to end in 2", test.name, dst, err)
		}
		p.Close()
	}
}

func TestOpenPredictionsFaults(t *testing.T) {
	const notNPY = "not a .npy file of numbers: write it with numpy.save"
	values := make([]byte, 96)
	nan, infinite := slices.Clone(values), slices.Clone(values)
	copy(nan[48+4*7:], "\x00\x00\xc0\x7f") // window 1, value 7: step 1, channel 3
	copy(infinite, "\x00\x00\x80\xff")
	with := func(old, new string) string { return strings.Replace(goodDict, old, new, 1) }
	for _, test := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, notNPY},
		{"CSV", []byte("date,a,b\n2020-01-01,1,2\n"), notNPY},
		{"no dictionary", npyFile("hello", values), notNPY},
		{"object array", npyFile("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3, 4), }", values), notNPY},
		{"shape of words", npyFile(with("2, 3, 4", "a, b"), values), notNPY},
		{"shape beyond int", npyFile(with("2,", "99999999999999999999,"), values), notNPY},
		{"float64", npyFile(with("<f4", "<f8"), values), `values of type "<f8", want float32 (2, 3, 4): convert them with astype('<f4')`},
		{"big-endian", npyFile(with("<f4", ">f4"), values), `values of type ">f4", want float32 (2, 3, 4): convert them with astype('<f4')`},
		{"column-major", npyFile(with("False", "True"), values), "column-major order, want float32 (2, 3, 4) in row-major: convert it with numpy.ascontiguousarray"},
		{"a window less", npyFile(with("(2", "(1"), values[:48]), "shape (1, 3, 4), want float32 (2, 3, 4): every window in order, steps, channels"},
		{"axes swapped", npyFile(with("3, 4", "4, 3"), values), "shape (2, 4, 3), want float32 (2, 3, 4): every window in order, steps, channels"},
		{"flat", npyFile(with("2, 3, 4", "24,"), values), "shape (24), want float32 (2, 3, 4): every window in order, steps, channels"},
		{"cut off", npyFile(goodDict, values[:95]), "95 bytes of values, want 96: the file was cut off, or holds more than an array"},
		{"too long", npyFile(goodDict, append(values, 0)), "97 bytes of values, want 96: the file was cut off, or holds more than an array"},
		{"header beyond the file", []byte("\x93NUMPY\x01\x00\xff\xff{}"), "a header of 65535 bytes in a file of 12: the file is damaged"},
		{"header of 4 GB", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"), "a header of 4294967295 bytes in a file of 14: the file is damaged"},
		{"NaN", npyFile(goodDict, nan), "window 1, step 1, channel 3, counted from 0: the forecast is NaN, want a finite number"},
		{"infinity", npyFile(goodDict, infinite), "window 0, step 0, channel 0, counted from 0: the forecast is -Inf, want a finite number"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := write(t, "pred.npy", string(test.file))
			p, err := OpenPredictions(path, 2, 3, 4)
			if err == nil {
				defer p.Close()
				for dst := make([]float32, 12); err == nil; {
					err = p.Next(dst)
				}
			} else {
				test.want = path + ": " + test.want
			}
			if err.Error() != test.want {
				t.Errorf("\n got %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestPredictionsPanics(t *testing.T) {
	p, err := OpenPredictions(write(t, "pred.npy", string(npyFile(goodDict, make([]byte, 96)))), 2, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	defer func() {
		if got, want := recover(), "data: Predictions.Next of 3×4 values into 24"; got != want {
			t.Errorf("panic %v, want %s", got, want)
		}
	}()
	p.Next(make([]float32, 24))
}

// FuzzReadNPYHeader: no header panics or makes the reader take more memory than
// the file has, and what it says is within the file.
func FuzzReadNPYHeader(f *testing.F) {
	f.Add(npyFile(goodDict, make([]byte, 96)))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{}"))
	f.Add([]byte("\x93NUMPY\x03\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		array, err := readNPYHeader(strings.NewReader(string(file)), int64(len(file)))
		if err != nil {
			return
		}
		if array.start > int64(len(file)) {
			t.Errorf("values at %d of %d bytes", array.start, len(file))
		}
		for _, n := range array.shape {
			if n < 0 {
				t.Errorf("shape %v", array.shape)
			}
		}
	})
}

func TestNPYHeader(t *testing.T) {
	for _, n := range []int{1, 99_999_999} {
		header := npyHeader(n, 720, 862)
		array, err := readNPYHeader(strings.NewReader(string(header)), int64(len(header)))
		if err != nil || !slices.Equal(array.shape, []int{n, 720, 862}) || array.start%64 != 0 || array.start != int64(len(header)) {
			t.Errorf("header %q reads as %+v, %v", header, array, err)
		}
	}
	if got, want := fmt.Sprintf("%q", npyHeader(2, 3, 4)[:10]), `"\x93NUMPY\x01\x00v\x00"`; got != want { // v: 118 = 128 - 10
		t.Errorf("a header begins %s, want %s", got, want)
	}
}
