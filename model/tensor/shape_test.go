// Shapes: moves and broadcasts against the rules that define them.

package tensor

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ecalf/kernels"
)

// index turns a number of d into an index per axis, the last one fastest.
func index(d dims, n int) []int {
	at := make([]int, d.rank)
	for i := d.rank - 1; i >= 0; i-- {
		at[i], n = n%d.size[i], n/d.size[i]
	}
	return at
}

func offset(d dims, at []int) (n int) {
	for i, k := range at {
		n = n*d.size[i] + k
	}
	return n
}

// Every move is compared with the rule that says where its element comes from.
func TestMoves(t *testing.T) {
	be := reference()
	for _, c := range []struct {
		name  string
		shape []int
		f     func(tp *Tape, x *Tensor) *Tensor
		want  []int
		from  func(at []int) []int // the place in x of the place at in the result
	}{
		{"permute", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Permute(x, 2, 0, 1) },
			[]int{4, 2, 3}, func(i []int) []int { return []int{i[1], i[2], i[0]} }},
		{"permute of five", []int{2, 3, 4, 2, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.Permute(x, 4, 2, 0, 3, 1) },
			[]int{3, 4, 2, 2, 3}, func(i []int) []int { return []int{i[2], i[4], i[1], i[3], i[0]} }},
		{"transpose", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Transpose(x, 0, -1) },
			[]int{4, 3, 2}, func(i []int) []int { return []int{i[2], i[1], i[0]} }},
		{"slice of the last", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Slice(x, -1, 1, 3) },
			[]int{2, 3, 2}, func(i []int) []int { return []int{i[0], i[1], i[2] + 1} }},
		{"slice of the middle", []int{2, 3, 4}, func(tp *Tape, x *Tensor) *Tensor { return tp.Slice(x, 1, 2, 3) },
			[]int{2, 1, 4}, func(i []int) []int { return []int{i[0], i[1] + 2, i[2]} }},
		{"rows", []int{4, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.Rows(x, 1, 3) },
			[]int{2, 3}, func(i []int) []int { return []int{i[0] + 1, i[1]} }},
		{"concat with itself", []int{2, 3, 2}, func(tp *Tape, x *Tensor) *Tensor { return tp.Concat(1, x, x) },
			[]int{2, 6, 2}, func(i []int) []int { return []int{i[0], i[1] % 3, i[2]} }},
		{"expand", []int{2, 1, 3, 1}, func(tp *Tape, x *Tensor) *Tensor { return tp.Expand(x, 2, 4, 3, 2) },
			[]int{2, 4, 3, 2}, func(i []int) []int { return []int{i[0], 0, i[2], 0} }},
		{"unfold", []int{2, 9}, func(tp *Tape, x *Tensor) *Tensor { return tp.Unfold(x, 4, 2) },
			[]int{2, 3, 4}, func(i []int) []int { return []int{i[0], 2*i[1] + i[2]} }},
		{"pad", []int{2, 4, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.PadEdge(x, 1, 2, 3) },
			[]int{2, 9, 3}, func(i []int) []int { return []int{i[0], min(max(i[1]-2, 0), 3), i[2]} }},
		{"gather", []int{4, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.Gather(x, tp.Input([]float32{2, 0, 3}, 3)) },
			[]int{3, 3}, func(i []int) []int { return []int{[]int{2, 0, 3}[i[0]], i[1]} }},
		{"reshape", []int{4, 3}, func(tp *Tape, x *Tensor) *Tensor { return tp.Reshape(x, 2, -1) },
			[]int{2, 6}, func(i []int) []int { n := i[0]*6 + i[1]; return []int{n / 3, n % 3} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			tp := trainTape(be)
			x := counted(be, c.shape...)
			y := c.f(tp, x)
			if !slices.Equal(y.Shape(), c.want) {
				t.Fatalf("shape %v, want %v", y.Shape(), c.want)
			}
			for n, got := range y.Values() {
				at := index(y.dims, n)
				if want := offset(x.dims, c.from(at)); int(got) != want {
					t.Fatalf("place %v holds %v, want %d from %v", at, got, want, c.from(at))
				}
			}
		})
	}
}

// Broadcasting follows the rule of the last axes for every pair of shapes that is
// possible, and panics with the operation's name for those that are not.
func TestSpread(t *testing.T) {
	be := reference()
	rapid.Check(t, func(t *rapid.T) {
		rank := rapid.IntRange(0, 4).Draw(t, "rank")
		shape := rapid.SliceOfN(rapid.IntRange(1, 3), rank, rank).Draw(t, "shape")
		other := slices.Clone(shape[rapid.IntRange(0, rank).Draw(t, "lacks"):])
		changes, kept := 0, false
		for i := len(other) - 1; i >= 0; i-- {
			if rapid.Bool().Draw(t, "repeat") {
				other[i] = 1
			}
		}
		for i := range rank { // from the last axis on, as long as axes are not of size 1
			n := shape[rank-1-i]
			if n == 1 {
				continue
			}
			keep := i < len(other) && other[len(other)-1-i] == n
			if changes == 0 || keep != kept {
				changes, kept = changes+1, keep
			}
		}
		tp := trainTape(be)
		x, y := counted(be, shape...), counted(be, other...)
		var z *Tensor
		refusal := func() (r any) {
			defer func() { r = recover() }()
			z = tp.Sub(x, y)
			return nil
		}()
		if changes > 3 {
			if refusal == nil {
				t.Fatalf("%v over %v does not panic", other, shape)
			}
			return
		}
		if refusal != nil {
			t.Fatal(refusal)
		}
		for n, got := range z.Values() {
			at := index(x.dims, n)[rank-len(other):]
			for i := range at {
				at[i] %= other[i]
			}
			if want := float32(n - offset(y.dims, at)); got != want {
				t.Fatalf("%v over %v: element %d is %v, want %v", other, shape, n, got, want)
			}
		}
	})
}

// Wrong shapes panic with the operation's name.
func TestShapePanics(t *testing.T) {
	be := reference()
	tp := trainTape(be)
	x, y := counted(be, 2, 3, 4), counted(be, 5, 7)
	for op, f := range map[string]func(){
		"Linear":           func() { tp.Linear(x, y, Fused{}) },
		"MatMul":           func() { tp.MatMul(x, y, Factors{}) },
		"add":              func() { tp.Add(x, y) },
		"Loss":             func() { tp.Loss(kernels.L1, x, y) },
		"LayerNorm":        func() { tp.LayerNorm(x, 0, Affine{Gamma: y}) },
		"InstanceNorm":     func() { tp.InstanceNorm(y, 0) },
		"Reshape":          func() { tp.Reshape(x, 5, -1) },
		"Rows":             func() { tp.Rows(x, 1, 3) },
		"Slice":            func() { tp.Slice(x, 1, 2, 4) },
		"Permute":          func() { tp.Permute(x, 0, 0, 1) },
		"Concat":           func() { tp.Concat(1, x, y) },
		"Expand":           func() { tp.Expand(x, 2, 3, 5) },
		"Unfold":           func() { tp.Unfold(x, 5, 1) },
		"SelfAttention":    func() { tp.SelfAttention(x, Heads{A: 3}) },
		"Attention":        func() { tp.Attention(x, x, x, Heads{A: 2}) },
		"DynamicAttention": func() { tp.DynamicAttention(y, y, y, Dynamic{A: 2}) },
		"RoPE":             func() { tp.RoPE(x, 4, 1e4) },
		"Conv":             func() { tp.Conv(x, y, nil, kernels.Conv{}) },
		"Describe":         func() { tp.Describe(y, 0) },
		"Distill":          func() { tp.Distill(kernels.L1, x, x, false) },
		"Contrast":         func() { tp.Contrast(y, y, x) },
		"CKA":              func() { tp.CKA(x, y) },
		"Gather":           func() { tp.Gather(x, y) },
		"Backward":         func() { tp.Backward(x) },
		"Input":            func() { tp.Input(nil, 1, 1, 1, 1, 1, 1) },
		"Upload":           func() { x.Upload(nil) },
		"Download":         func() { x.Download(nil) },
		"Track":            func() { tp.Reshape(x, 24).Track() },
		"Dim":              func() { x.Dim(3) },
	} {
		t.Run(op, func(t *testing.T) {
			defer func() {
				got := fmt.Sprint(recover())
				if want := "tensor: " + op + ": "; len(got) < len(want) || got[:len(want)] != want {
					t.Errorf("panics with %q, want %q…", got, want)
				}
			}()
			f()
		})
	}
}
