package weights

import (
	"bytes"
	"errors"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"ecalf/model/nn"
)

func openBytes(b []byte) (*ggufFile, error) { return parseGGUF(bytes.NewReader(b), int64(len(b))) }

// Types of metadata and tensors by their numbers in the file (ggml's docs/gguf.md and ggml.h).
const (
	asUint8, asInt8, asUint16, asInt16, asUint32, asInt32, asFloat32, asBool = 0, 1, 2, 3, 4, 5, 6, 7
	asString, asArray, asUint64, asInt64, asFloat64                          = 8, 9, 10, 11, 12

	kindF16, kindQ4_0, kindQ4_1, kindQ8_0, kindQ6_K, kindBF16 = 1, 2, 3, 8, 14, 30
)

func TestGGUFMetadata(t *testing.T) {
	u32 := func(n int) uint32 { return uint32(n) }
	for _, version := range []uint32{2, 3} {
		f := &ggufText{version: version}
		for _, c := range []struct {
			kind  uint32
			value any // as it is written
			want  any
		}{
			{asUint8, uint8(200), uint8(200)},
			{asInt8, int8(-7), int8(-7)},
			{asUint16, uint16(60000), uint16(60000)},
			{asInt16, int16(-600), int16(-600)},
			{asUint32, uint32(1 << 31), uint32(1 << 31)},
			{asInt32, int32(-1 << 31), int32(-1 << 31)},
			{asFloat32, float32(0.1), float32(0.1)},
			{asBool, true, true},
			{asBool, uint8(0), false},
			{asString, "naïve", "naïve"},
			{asString, "", ""},
			{asUint64, uint64(math.MaxUint64), uint64(math.MaxUint64)},
			{asInt64, int64(math.MinInt64), int64(math.MinInt64)},
			{asFloat64, math.Pi, math.Pi},
			{asArray, le(u32(asUint8), uint64(3), []uint8{1, 2, 3}), []uint8{1, 2, 3}},
			{asArray, le(u32(asInt32), uint64(2), []int32{-1, 2}), []int32{-1, 2}},
			{asArray, le(u32(asFloat64), uint64(0)), []float64{}},
			{asArray, le(u32(asBool), uint64(2), []bool{true, false}), []bool{true, false}},
			{asArray, le(u32(asString), uint64(2), "a", "bc"), []string{"a", "bc"}},
			{asArray, le(u32(asArray), uint64(2), u32(asInt8), uint64(1), int8(5), u32(asString), uint64(0)), []any{[]int8{5}, []string{}}},
		} {
			f.pairs = nil
			f.set("before", asUint8, uint8(1))
			f.set("key", c.kind, c.value)
			f.set("after", asString, "end")
			g, err := openBytes(f.bytes())
			if err != nil {
				t.Errorf("type %d: %v", c.kind, err)
				continue
			}
			if got := g.meta["key"]; !reflect.DeepEqual(got, c.want) || g.meta["after"] != "end" || len(g.meta) != 3 {
				t.Errorf("type %d: %T %v, want %T %v; metadata %v", c.kind, got, got, c.want, c.want, g.meta)
			}
		}
	}
}

// Every format that can be read, on two blocks written by its description.
func TestGGUFFormats(t *testing.T) {
	const half, minusFiveQuarters, two = uint16(0x3800), uint16(0xbd00), uint16(0x4000) // 0.5, −1.25 and 2 in binary16
	nibbles := func(q []int) []byte {
		b := make([]byte, 16)
		for i := range b {
			b[i] = byte(q[i] | q[i+16]<<4)
		}
		return b
	}
	var q, signed []int
	for i := range 32 {
		q, signed = append(q, (5*i+3)%16), append(signed, 7*i-128)
	}
	bytesOf := func(q []int) []byte {
		b := make([]byte, len(q))
		for i := range b {
			b[i] = byte(int8(q[i]))
		}
		return b
	}
	values := func(f func(i int) float32) []float32 {
		v := make([]float32, 32)
		for i := range v {
			v[i] = f(i)
		}
		return v
	}
	for _, c := range []struct {
		name string
		kind uint32
		raw  []byte
		want []float32
	}{
		{"F32", 0, le([]float32{1, -0.1, 3e38}), []float32{1, -0.1, 3e38}},
		{"F16", kindF16, le([]uint16{half, minusFiveQuarters, 0x0001}), []float32{0.5, -1.25, 0x1p-24}},
		{"BF16", kindBF16, le([]uint16{0x3f80, 0xc020}), []float32{1, -2.5}},
		{"Q4_0", kindQ4_0, le(half, nibbles(q), two, nibbles(q)), append(
			values(func(i int) float32 { return 0.5 * float32(q[i]-8) }),
			values(func(i int) float32 { return 2 * float32(q[i]-8) })...)},
		{"Q4_1", kindQ4_1, le(half, minusFiveQuarters, nibbles(q), two, half, nibbles(q)), append(
			values(func(i int) float32 { return 0.5*float32(q[i]) - 1.25 }),
			values(func(i int) float32 { return 2*float32(q[i]) + 0.5 })...)},
		{"Q8_0", kindQ8_0, le(half, bytesOf(signed), minusFiveQuarters, bytesOf(signed)), append(
			values(func(i int) float32 { return 0.5 * float32(signed[i]) }),
			values(func(i int) float32 { return -1.25 * float32(signed[i]) })...)},
	} {
		f := &ggufText{version: 3, tensors: []ggufValues{{name: "w", dims: []uint64{uint64(len(c.want))}, kind: c.kind, raw: c.raw}}}
		g, err := openBytes(f.bytes())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if a, err := g.read("w"); err != nil || !slices.Equal(a.Values, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.name, a.Values, err, c.want)
		}
	}
}

// A tensor of more blocks than are read at once, cut short after it was opened, too.
func TestGGUFManyBlocks(t *testing.T) {
	const n = 3<<15 + 7
	want := nn.Draw(1, "w", nn.Normal(1), n)
	f := &ggufText{version: 3}
	f.add("w", []int{n}, want.Values)
	path := write(t, t.TempDir(), "w.gguf", f.bytes())
	g, err := openGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := g.read("w"); err != nil || !slices.Equal(a.Values, want.Values) {
		t.Errorf("other values, %v", err)
	}
	if err := os.Truncate(path, n); err != nil {
		t.Fatal(err)
	}
	if _, err := g.read("w"); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("values of a file that lost them: %v", err)
	}
}

func TestGGUFReadErrors(t *testing.T) {
	f := &ggufText{version: 3, tensors: []ggufValues{{name: "k", dims: []uint64{256}, kind: kindQ6_K, raw: make([]byte, 210)}}}
	g, err := openBytes(f.bytes())
	if err != nil {
		t.Fatal(err)
	}
	const want = `"k" is Q6_K: only F32, F16, Q4_0, Q4_1, Q8_0, BF16 can be read`
	if _, err := g.read("k"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("a format without decoder: %v", err)
	}
	if _, err := g.read("w"); !errors.Is(err, nn.ErrNotFound) {
		t.Errorf("a missing tensor: %v", err)
	}
}

// Damaged and hostile files get an error that says what is wrong.
func TestGGUFHostile(t *testing.T) {
	u32, u64 := func(n uint32) []byte { return le(n) }, func(n uint64) []byte { return le(n) }
	header := func(version uint32, tensors, pairs uint64, rest ...[]byte) []byte {
		return append(le([]byte("GGUF"), version, tensors, pairs), slices.Concat(rest...)...)
	}
	meta := func(kind uint32, value any) []byte {
		f := &ggufText{version: 3}
		f.set("key", kind, value)
		return f.bytes()
	}
	tensor := func(dims []uint64, kind uint32, raw int, offset uint64) []byte {
		return (&ggufText{version: 3, tensors: []ggufValues{{"w", dims, kind, make([]byte, raw), offset}}}).bytes()
	}
	aligned := func(kind uint32, value any) []byte {
		f := &ggufText{version: 3}
		f.set("general.alignment", kind, value)
		return f.bytes()
	}
	two := func(name string, offset uint64) []byte {
		return (&ggufText{version: 3, tensors: []ggufValues{
			{"a", []uint64{8}, 0, make([]byte, 32), 0}, {name, []uint64{8}, 0, make([]byte, 32), offset}}}).bytes()
	}
	nested := le()
	for range 6 {
		nested = append(nested, le(uint32(asArray), uint64(1))...)
	}
	good := testLLaMA().bytes()
	const huge = math.MaxUint64
	for _, c := range []struct {
		name string
		raw  []byte
		want string // a part of the error
	}{
		{"empty", nil, "no GGUF file"},
		{"three bytes", []byte("GGU"), "no GGUF file"},
		{"another format", []byte("GGML12345678901234567890"), "no GGUF file"},
		{"version 1", header(1, 0, 0), "version 1"},
		{"version 4", header(4, 0, 0), "version 4"},
		{"big-endian", append([]byte("GGUF"), 0, 0, 0, 3), "big-endian"},
		{"nothing behind the version", header(3, 0, 0)[:8], "8 bytes, with 0 bytes left"},
		{"2⁶⁴−1 tensors", header(3, huge, 0), "18446744073709551615 tensors, with 0 bytes left"},
		{"2⁶⁴−1 metadata", header(3, 0, huge), "18446744073709551615 metadata values, with 0 bytes left"},
		{"more metadata than bytes", header(3, 0, 3, make([]byte, 26)), "3 metadata values, with 26 bytes left"},
		{"key of 2⁶⁴−1 bytes", header(3, 0, 1, u64(huge), make([]byte, 8)), "18446744073709551615 bytes, with 8 bytes left"},
		{"key of 2⁶³ bytes", header(3, 0, 1, u64(1<<63), make([]byte, 8)), "9223372036854775808 bytes, with 8 bytes left"},
		{"key one byte too long", header(3, 0, 1, u64(9), make([]byte, 8)), "9 bytes, with 8 bytes left"},
		{"key given twice", append(header(3, 0, 2), bytes.Repeat(le("k", uint32(asUint8), uint8(1)), 2)...), `key "k" is given twice`},
		{"unknown type", meta(13, uint8(0)), "unknown type 13 of a value"},
		{"string of 2⁶⁴−1 bytes", meta(asString, u64(huge)), "18446744073709551615 bytes"},
		{"array of an unknown type", meta(asArray, le(u32(77), u64(1))), "unknown type 77 of an array's elements"},
		{"array of 2⁶⁴−1 bytes", meta(asArray, le(u32(asUint8), u64(huge))), "18446744073709551615 numbers"},
		{"array of 2⁶¹ float64", meta(asArray, le(u32(asFloat64), u64(1<<61))), "2305843009213693952 numbers"},
		{"array of 2⁶⁰ strings", meta(asArray, le(u32(asString), u64(1<<60))), "1152921504606846976 strings"},
		{"array of 2⁶⁰ arrays", meta(asArray, le(u32(asArray), u64(1<<60))), "1152921504606846976 arrays"},
		{"arrays six deep", meta(asArray, nested), "more than 4 deep"},
		{"alignment 0", aligned(asUint32, uint32(0)), "general.alignment is 0"},
		{"alignment 12", aligned(asUint32, uint32(12)), "general.alignment is 12"},
		{"alignment 2³¹", aligned(asUint32, uint32(1<<31)), "general.alignment is 2147483648"},
		{"alignment in words", aligned(asString, "x"), "general.alignment is x"},
		{"no dimensions", tensor(nil, 0, 4, 0), "0 dimensions"},
		{"five dimensions", tensor([]uint64{1, 1, 1, 1, 1}, 0, 4, 0), "5 dimensions"},
		{"2³² dimensions less one", header(3, 1, 0, le("w"), u32(math.MaxUint32), make([]byte, 40)), "4294967295 dimensions"},
		{"a dimension of 0", tensor([]uint64{8, 0}, 0, 32, 0), "dimension 1 is 0"},
		{"a dimension of 2⁶⁴−1", tensor([]uint64{huge}, 0, 32, 0), "dimension 0 is 18446744073709551615"},
		{"dimensions whose product overflows", tensor([]uint64{1 << 32, 1 << 32}, 0, 32, 0), "dimension 1 is 4294967296"},
		{"bytes that overflow", tensor([]uint64{1 << 62}, 0, 32, 0), "truncated or damaged"},
		{"unknown tensor type", tensor([]uint64{8}, 4, 32, 0), "unknown tensor type 4"},
		{"part of a block", tensor([]uint64{48}, kindQ4_1, 32, 0), "rows of 48 values in blocks of 32 (Q4_1)"},
		{"more than the file", tensor([]uint64{1 << 20}, 0, 32, 0), "truncated or damaged"},
		{"one value too many", tensor([]uint64{9}, 0, 32, 0), `tensor "w": 36 bytes at offset 0 of 32`},
		{"offset behind the file", tensor([]uint64{8}, 0, 32, 32), `tensor "w": 32 bytes at offset 32 of 32`},
		{"offset of 2⁶⁴−32", tensor([]uint64{8}, 0, 32, 1<<64-32), "truncated or damaged"},
		{"offset that is not aligned", tensor([]uint64{8}, 0, 36, 4), "offset 4 is no multiple of the alignment 32"},
		{"name given twice", two("a", 0), `tensor "a" is given twice`},
		{"same place twice", two("b", 1<<64-32), `tensors "a" and "b" overlap`},
		{"truncated by a byte", good[:len(good)-1], `tensor "blk.1.ffn_down.weight"`},
		{"values left out", good[:len(good)/2], "truncated or damaged"},
		{"header cut", good[:100], "left in the file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := openBytes(c.raw)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := openBytes(good); err != nil {
		t.Errorf("the file without a fault: %v", err)
	}
	// Cut anywhere, it is refused.
	for n := range len(good) {
		if _, err := openBytes(good[:n]); err == nil {
			t.Fatalf("the first %d of %d bytes were taken for the file", n, len(good))
		}
	}
	path := write(t, t.TempDir(), "x.gguf", []byte("no weights"))
	if _, err := openGGUF(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("the error does not name the file: %v", err)
	}
}

// Whatever the bytes, reading ends with values or an error and takes memory in proportion to the file.
func FuzzGGUF(f *testing.F) {
	f.Add(testLLaMA().bytes())
	mixed := &ggufText{version: 2, tensors: []ggufValues{
		{"q4", []uint64{32, 2}, kindQ4_1, make([]byte, 40), 0},
		{"q8", []uint64{32}, kindQ8_0, make([]byte, 34), 0},
		{"k", []uint64{256}, kindQ6_K, make([]byte, 210), 0}}}
	mixed.set("list", asArray, le(uint32(asString), uint64(2), "a", "b"))
	mixed.set("lists", asArray, le(uint32(asArray), uint64(1), uint32(asInt16), uint64(2), []int16{1, 2}))
	f.Add(mixed.bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		g, err := openBytes(raw)
		if err != nil {
			return
		}
		total := 0
		for name, v := range g.tensors {
			a, err := g.read(name)
			if (err == nil) != (v.kind.decode != nil) {
				t.Errorf("tensor %q of %s: %v", name, v.kind.name, err)
			}
			total += len(a.Values)
		}
		if total > 2*len(raw) { // at least 4 bits and a bit a value
			t.Errorf("%d values in %d bytes", total, len(raw))
		}
	})
}
