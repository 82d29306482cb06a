// Files: hostile ones, damaged ones, and the way there and back.

package nn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// file is a safetensors file with a header and n bytes of values.
func file(header string, n int) []byte {
	raw := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(raw, header...), make([]byte, n)...)
}

// open parses a file in memory, through the reader that is used where none can be mapped.
func open(raw []byte) (*File, error) { return parse(bytes.NewReader(raw), int64(len(raw))) }

// Damaged and hostile files get an error that says what is wrong and names the tensor.
func TestHostileFiles(t *testing.T) {
	const good = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}`
	if _, err := open(file(good, 12)); err != nil {
		t.Fatal(err)
	}
	one := func(dtype, shape, offsets string) []byte {
		return file(`{"w":{"dtype":"`+dtype+`","shape":`+shape+`,"data_offsets":`+offsets+`}}`, 8)
	}
	huge := func(length uint64) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, length), '{', '}')
	}
	for _, c := range []struct {
		name string
		raw  []byte
		want string // a part of the error
	}{
		{"empty", nil, "too few"},
		{"seven bytes", make([]byte, 7), "too few"},
		{"header longer than the file", huge(3), "header of 3 bytes in a file of 10"},
		{"header beyond the limit", huge(maxHeader + 1), "at most 100000000"},
		{"header of 2⁶⁴−1", huge(math.MaxUint64), "header of 18446744073709551615 bytes"},
		{"no JSON", file("hello", 0), "not a JSON object"},
		{"a list", file("[]", 0), "not a JSON object"},
		{"JSON cut short", file(`{"w":{"dtype":"F32"`, 0), `tensor "w"`},
		{"object not closed", file(`{`, 0), "EOF"},
		{"text after the object", file(`{}x`, 0), "after the object"},
		{"name given twice", file(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `"w" is given twice`},
		{"metadata that is no text", file(`{"__metadata__":{"a":1}}`, 0), "metadata"},
		{"values truncated", file(good, 11), `tensor "b": bytes [8, 12) of 11`},
		{"values left over", file(good, 13), "1 bytes after the last tensor"},
		{"overlap", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, 8), `tensor "b": begins at byte 4, the one before ends at 8`},
		{"gap", one("F32", "[1]", "[4,8]"), `tensor "w": begins at byte 4`},
		{"same place twice", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), `tensor "b"`},
		{"beyond the file", one("F32", "[1073741824]", "[0,4294967296]"), `tensor "w": bytes [0, 4294967296) of 8`},
		{"backwards", one("F32", "[2]", "[8,0]"), `tensor "w"`},
		{"negative", one("F32", "[2]", "[-8,0]"), `tensor "w"`},
		{"offsets beyond int64", one("F32", "[2]", "[0,99999999999999999999]"), `tensor "w"`},
		{"three offsets", one("F32", "[2]", "[0,8,9]"), `tensor "w"`},
		{"no shape", file(`{"w":{"dtype":"F32","data_offsets":[0,4]}}`, 4), `tensor "w"`},
		{"shape of more", one("F32", "[3]", "[0,8]"), `tensor "w": 8 bytes for shape [3] of F32`},
		{"shape of less", one("F32", "[1]", "[0,8]"), `tensor "w"`},
		{"shape that overflows", one("F32", "[4294967296,4294967296,2]", "[0,8]"), `tensor "w"`},
		{"negative shape", one("F32", "[-1,-2]", "[0,8]"), `tensor "w"`},
		{"negative beside zero", one("F32", "[-1,0]", "[0,0]"), `tensor "w"`},
		{"unknown dtype", one("F31", "[2]", "[0,8]"), `unknown dtype "F31"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(c.raw)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	f, err := open(file(`{"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}}`, 8))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read("n"); err == nil || !strings.Contains(err.Error(), `tensor "n" is I64`) {
		t.Errorf("an integer tensor: %v", err)
	}
	if _, err := f.Read("m"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a missing tensor: %v", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// A file that is cut short while it is mapped gives an error, not a crash.
func TestFileCutShort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	const n = 1 << 20 // 4 MiB: whole pages vanish
	if err := Save(path, []Array{{"w", []int{n}, make([]float32, n)}}, "F32", nil); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read("w"); err == nil {
		t.Error("values of a file that lost them")
	}
}

// What is saved is read again: the same names, shapes, metadata and, rounded to the
// format, values, mapped or not.
func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	rapid.Check(t, func(t *rapid.T) {
		var arrays []Array
		for _, name := range rapid.SliceOfDistinct(rapid.String(), rapid.ID[string]).Draw(t, "names") {
			if name == metadataKey {
				continue
			}
			shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 3).Draw(t, "shape")
			n := 1
			for _, s := range shape {
				n *= s
			}
			arrays = append(arrays, Array{name, shape, rapid.SliceOfN(rapid.Float32(), n, n).Draw(t, "values")})
		}
		metadata := rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "metadata")
		dtype := rapid.SampledFrom([]string{"F32", "F16", "BF16"}).Draw(t, "dtype")
		if err := Save(path, arrays, dtype, metadata); err != nil {
			t.Fatal(err)
		}
		f, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if len(metadata) != len(f.Metadata) {
			t.Fatalf("metadata %v, want %v", f.Metadata, metadata)
		}
		for key, text := range metadata {
			if f.Metadata[key] != text {
				t.Fatalf("metadata %q is %q, want %q", key, f.Metadata[key], text)
			}
		}
		if len(f.Names()) != len(arrays) {
			t.Fatalf("%d tensors, want %d", len(f.Names()), len(arrays))
		}
		for _, mapped := range []bool{true, false} {
			if !mapped {
				f.mapped = nil
			}
			for _, a := range arrays {
				b, err := f.Read(a.Name)
				if err != nil {
					t.Fatal(err)
				}
				if shape, ok := f.Shape(a.Name); !ok || !slices.Equal(shape, a.Shape) || !slices.Equal(b.Shape, a.Shape) {
					t.Fatalf("shape %v and %v, want %v", shape, b.Shape, a.Shape)
				}
				for i, x := range a.Values {
					var want [1]float32
					decoders[dtype](want[:], encoders[dtype](nil, x))
					if math.Float32bits(b.Values[i]) != math.Float32bits(want[0]) {
						t.Fatalf("%v came back as %v, want %v", x, b.Values[i], want[0])
					}
				}
			}
		}
	})
}

// Half-precision numbers survive the way through float32, all of them.
func TestHalfIsExact(t *testing.T) {
	for h := range 1 << 16 {
		x := FromF16(uint16(h))
		if x != x {
			continue // which NaN is not kept
		}
		if got := toF16(x); got != uint16(h) {
			t.Fatalf("%#04x is %v and comes back as %#04x", h, x, got)
		}
	}
}

func TestSaveErrors(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "w.safetensors")
	for name, err := range map[string]error{
		"dtype":            Save(path, nil, "I8", nil),
		"wrong shape":      Save(path, []Array{{"w", []int{2}, []float32{1}}}, "F32", nil),
		"name twice":       Save(path, []Array{{"w", []int{0}, nil}, {"w", []int{0}, nil}}, "F32", nil),
		"reserved name":    Save(path, []Array{{metadataKey, []int{0}, nil}}, "F32", nil),
		"missing folder":   Save(filepath.Join(dir, "none", "w"), nil, "F32", nil),
		"path is a folder": Save(dir, nil, "F32", nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("failed saves left %v behind", left)
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(file(`{"__metadata__":{"a":"b"},"w":{"dtype":"F16","shape":[2,0,3],"data_offsets":[0,0]}}`, 0))
	f.Add(file(`{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"v":{"dtype":"F32","shape":[],"data_offsets":[4,8]}}`, 8))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := open(raw)
		if err != nil {
			return
		}
		var values int
		for _, name := range s.Names() {
			a, err := s.Read(name)
			if err != nil && decoders[s.tensors[name].DType] != nil {
				t.Errorf("tensor %q passed the checks and cannot be read: %v", name, err)
			}
			values += len(a.Values)
		}
		if 2*values > len(raw) {
			t.Errorf("%d values from %d bytes", values, len(raw))
		}
	})
}
