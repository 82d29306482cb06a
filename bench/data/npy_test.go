package data

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sbinet/npyio"
)

// readNPY reads a whole float32 array with the library.
func readNPY(t *testing.T, path string) ([]int, []float32) {
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
	values := make([]float32, 0)
	if err := r.Read(&values); err != nil {
		t.Fatal(err)
	}
	return r.Header.Descr.Shape, values
}

// What is written, another reader of the format reads; and the targets, handed back as predictions, come out the same.
func TestNPYRoundTrip(t *testing.T) {
	w, err := synthetic(t).Windows(Test, 12, 5)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	if err := w.WriteNPY(dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file   string
		rows   int
		window func(int) []float32
	}{{"x.npy", 12, w.Input}, {"y.npy", 5, w.Target}} {
		shape, values := readNPY(t, filepath.Join(dir, c.file))
		if want := []int{w.Len(), c.rows, 7}; !slices.Equal(shape, want) {
			t.Fatalf("%s has shape %v, want %v", c.file, shape, want)
		}
		for i := range w.Len() {
			if !slices.Equal(values[i*c.rows*7:(i+1)*c.rows*7], c.window(i)) {
				t.Fatalf("%s: window %d differs", c.file, i)
			}
		}
	}
	p, err := OpenPredictions(filepath.Join(dir, "y.npy"), w.Len(), 5, 7)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got := make([]float32, 5*7)
	for i := range w.Len() {
		if err := p.Next(got); err != nil || !slices.Equal(got, w.Target(i)) {
			t.Fatalf("window %d: %v, %v", i, got, err)
		}
	}
	if err := p.Next(got); err != io.EOF {
		t.Errorf("after the last window: %v, want EOF", err)
	}
}

// npy makes a file of the given header dictionary and so many bytes of values.
func npy(dict string, values int) []byte {
	head := append([]byte("\x93NUMPY\x01\x00"), byte(len(dict)+1), 0)
	return append(append(head, dict+"\n"...), make([]byte, values)...)
}

func TestPredictionsThatAreWrong(t *testing.T) {
	const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }"
	nan := npy(good, 96)
	copy(nan[len(nan)-4:], "\x00\x00\xc0\x7f")
	for _, c := range []struct {
		name string
		file []byte
		want string // part of the error, empty for none
	}{
		{"good", npy(good, 96), ""},
		{"empty", nil, "not a .npy file"},
		{"a CSV", []byte("date,a,b\n2020-01-01,1,2\n"), "not a .npy file"},
		{"float64", npy(strings.Replace(good, "f4", "f8", 1), 192), "values of type <f8, want float32 ([2 3 4]), row-major: convert with .astype('<f4')"},
		{"big-endian", npy(strings.Replace(good, "<", ">", 1), 96), "values of type >f4"},
		{"column-major", npy(strings.Replace(good, "False", "True", 1), 96), "column-major order"},
		{"a window short", npy(strings.Replace(good, "(2,", "(1,", 1), 48), "shape [1 3 4], want [2 3 4]: every test window in order"},
		{"other layout", npy(strings.Replace(good, "3, 4", "4, 3", 1), 96), "shape [2 4 3], want [2 3 4]"},
		{"cut off", npy(good, 95), "95 bytes of values, want 96"},
		{"too long", npy(good, 97), "97 bytes of values, want 96"},
		{"header longer than the file", append([]byte("\x93NUMPY\x01\x00\xff\xff"), "{}"...), "a header of"},
		{"header of 4 GB", append([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"), make([]byte, 100)...), "a header of"},
		{"NaN", nan, "value 11 of the forecast is NaN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pred.npy")
			if err := os.WriteFile(path, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			p, err := OpenPredictions(path, 2, 3, 4)
			if err == nil {
				defer p.Close()
				dst := make([]float32, 12)
				for range 2 {
					if err = p.Next(dst); err != nil {
						break
					}
				}
			} else if !strings.HasPrefix(err.Error(), path) {
				t.Errorf("the error does not name the file: %v", err)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// Whatever the bytes, opening them answers with an error or with predictions of the shape that was asked for.
func FuzzOpenPredictions(f *testing.F) {
	f.Add(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 4), }", 96))
	f.Add([]byte("\x93NUMPY\x02\x00\xff\xff\xff\xff"))
	path := filepath.Join(f.TempDir(), "pred.npy")
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := os.WriteFile(path, file, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := OpenPredictions(path, 2, 3, 4)
		if err != nil {
			return
		}
		defer p.Close()
		if len(file) < 96 || !bytes.HasPrefix(file, []byte("\x93NUMPY")) {
			t.Fatalf("%q was taken for predictions", file)
		}
	})
}
