// Tests of what is not an operation: memory, levels, threads, sums of errors.
package kernels

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
)

func TestEveryLevelHasEveryOperation(t *testing.T) {
	for _, be := range CPUs() {
		ops := reflect.ValueOf(be.Ops()).Elem()
		for i := range ops.NumField() {
			if ops.Field(i).IsNil() {
				t.Errorf("%s lacks %s", be.Name(), ops.Type().Field(i).Name)
			}
		}
	}
}

func TestBest(t *testing.T) {
	tests := []struct{ level, name, err string }{
		{"generic", "cpu/generic", ""},
		{"", CPUs()[len(CPUs())-1].Name(), ""},
		{"avx1024", "", `ECALF_LEVEL: cpu level "avx1024" is unknown or not supported here: choose one of generic`},
	}
	for _, tt := range tests {
		t.Setenv("ECALF_LEVEL", tt.level)
		be, err := Best()
		switch {
		case tt.err == "" && err != nil:
			t.Errorf("level %q: %v", tt.level, err)
		case tt.err == "" && be.Name() != tt.name:
			t.Errorf("level %q gave %s, want %s", tt.level, be.Name(), tt.name)
		case tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)):
			t.Errorf("level %q: error %v, want %s…", tt.level, err, tt.err)
		}
	}
}

func TestBufSlice(t *testing.T) {
	host := Wrap([]float32{0, 1, 2, 3}).Slice(1, 3)
	if host.Len != 2 || len(host.Host) != 2 || cap(host.Host) != 2 || host.Host[0] != 1 {
		t.Errorf("host slice is %+v", host)
	}
	device := Buf{Dev: 1000, Len: 4}.Slice(1, 3) // 4 bytes an element
	if device.Dev != 1004 || device.Len != 2 || device.Host != nil {
		t.Errorf("device slice is %+v", device)
	}
	mustPanic(t, "Buf.Slice", func() { host.Slice(1, 3) })
}

func mustPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		if s, ok := recover().(string); !ok || !strings.Contains(s, name) {
			t.Errorf("no panic that names %s", name)
		}
	}()
	f()
}

func TestParallelCallsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 1000} {
		calls := make([]atomic.Int32, n)
		Parallel(n, func(i int) {
			calls[i].Add(1)
			Parallel(3, func(int) {}) // loops may nest
		})
		for i := range calls {
			if c := calls[i].Load(); c != 1 {
				t.Errorf("n %d: index %d was called %d times", n, i, c)
			}
		}
	}
}

func TestParallelPanics(t *testing.T) {
	mustPanic(t, "index 7", func() {
		Parallel(100, func(i int) {
			if i == 7 {
				panic("index 7")
			}
		})
	})
	TestParallelCallsEachOnce(t) // the pool survives
}

// TestSquaredAbsErrors has sums that are exact in float64, and one whose bits depend
// on the order of addition: 1 is lost when added to 1e16 alone, but not 1+1.
func TestSquaredAbsErrors(t *testing.T) {
	long := make([]float32, 19)
	var sse, sae float64
	for i := range long {
		long[i] = float32(i) - 9
		sse += float64((i - 9) * (i - 9))
		sae += math.Abs(float64(i - 9))
	}
	tests := []struct {
		pred     []float32
		sse, sae float64
	}{
		{nil, 0, 0},
		{[]float32{-3}, 9, 3},
		{long, sse, sae},
		{[]float32{1e8, 1, 0, 0, 0, 1}, 1e16 + 2, 1e8 + 2}, // lanes 1 and 5 meet before lane 0
		{[]float32{1e8, 0, 0, 0, 1, 0, 0, 0, 1}, 1e16, 1e8 + 2},
	}
	for _, tt := range tests {
		sse, sae := SquaredAbsErrors(tt.pred, make([]float32, len(tt.pred)))
		if sse != tt.sse || sae != tt.sae {
			t.Errorf("%v: %v %v, want %v %v", tt.pred, sse, sae, tt.sse, tt.sae)
		}
	}
	if sse, sae := SquaredAbsErrors([]float32{float32(math.NaN())}, []float32{0}); sse == sse || sae == sae {
		t.Errorf("NaN gave %v %v", sse, sae)
	}
	mustPanic(t, "SquaredAbsErrors", func() { SquaredAbsErrors(nil, long) })
}

func TestRoundBF16(t *testing.T) {
	tests := []struct{ in, want uint32 }{ // bit patterns; bfloat16 keeps the upper 16
		{0x3f800000, 0x3f800000},
		{0x3f808000, 0x3f800000}, // tie, even stays
		{0x3f818000, 0x3f820000}, // tie, odd goes up
		{0x3f808001, 0x3f810000},
		{0x7f7fffff, 0x7f800000}, // the largest float32 becomes infinite
		{0xff800000, 0xff800000},
		{0x80000001, 0x80000000},
	}
	for _, tt := range tests {
		if got := math.Float32bits(RoundBF16(math.Float32frombits(tt.in))); got != tt.want {
			t.Errorf("%#x rounds to %#x, want %#x", tt.in, got, tt.want)
		}
	}
	if x := RoundBF16(math.Float32frombits(0x7f800001)); x == x {
		t.Error("a NaN with low bits only became", x)
	}
}

// TestPhilox checks the generator against the known answers of the Random123
// distribution (kat_vectors, philox4x32 10).
func TestPhilox(t *testing.T) {
	tests := []struct {
		key   Key
		block uint64
		want  [4]uint32
	}{
		{Key{}, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{Key{^uint64(0), ^uint32(0), ^uint32(0)}, ^uint64(0), [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{Key{0x299f31d0a4093822, 0x13198a2e, 0x03707344}, 0x85a308d3243f6a88, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	}
	for _, tt := range tests {
		if got := tt.key.philox(tt.block); got != tt.want {
			t.Errorf("%+v block %#x: %#x, want %#x", tt.key, tt.block, got, tt.want)
		}
	}
}

// The vector bodies of the error sums give the bits of the Go loop, at every length and alignment, and read nothing
// beyond the end.
func TestErrorLanesHaveTheBitsOfTheGoLoop(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	pred, target := make([]float32, 300), make([]float32, 300)
	for i := range pred {
		pred[i], target[i] = float32(r.NormFloat64()), float32(1e3*r.NormFloat64())
	}
	for start := range 9 {
		for n := range 200 {
			p, y := pred[start:start+n], target[start+1:start+1+n]
			sse, sae := SquaredAbsErrors(p, y)
			var s, a [8]float64
			addErrorsGo(&s, &a, p, y)
			if sse != fold8(&s) || sae != fold8(&a) {
				t.Fatalf("start %d, n %d: %v and %v, want %v and %v", start, n, sse, sae, fold8(&s), fold8(&a))
			}
		}
	}
}
