package weights

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"

	"ecalf/model/nn"
)

// direct is PCA by the singular value decomposition of the centred transpose itself, in one piece.
func direct(words nn.Array, n int) [][]float64 {
	v, d := words.Shape[0], words.Shape[1]
	x := mat.NewDense(d, v, nil)
	for j := range v {
		word := make([]float64, d)
		for i := range d {
			word[i] = float64(words.Values[j*d+i])
		}
		floats.AddConst(-floats.Sum(word)/float64(d), word)
		x.SetCol(j, word)
	}
	var svd mat.SVD
	if !svd.Factorize(x, mat.SVDThin) {
		panic("no singular values")
	}
	var u, loadings mat.Dense
	svd.UTo(&u)
	svd.VTo(&loadings)
	sigma := svd.Values(nil)
	scores := make([][]float64, min(n, d, v))
	for k := range scores {
		loading := mat.Col(nil, k, &loadings)
		sign := 1.0
		if floats.Max(loading) < -floats.Min(loading) {
			sign = -1
		}
		scores[k] = mat.Col(nil, k, &u)
		floats.Scale(sign*sigma[k], scores[k])
	}
	return scores
}

func TestPCAIsTheSingularValueDecomposition(t *testing.T) {
	for _, c := range []struct{ words, width, n, want int }{
		{40, 12, 5, 5},     // fewer components than there are
		{40, 12, 500, 12},  // all of them: D bounds them, and the last is 0
		{5, 8, 500, 5},     // V bounds them
		{1, 4, 500, 1},     // one word
		{7, 1, 500, 1},     // one dimension: centred, it is 0
		{1024, 10, 10, 10}, // a whole chunk
		{2500, 10, 10, 10}, // chunks and a rest
	} {
		words := nn.Draw(3, fmt.Sprint(c), nn.Normal(0.14), c.words, c.width)
		for i := range words.Values { // dimensions of different size, so that the components differ
			words.Values[i] *= float32(1 + i%c.width)
		}
		got, err := PCA(words, c.n)
		if err != nil || !slices.Equal(got.Shape, []int{c.want, c.width}) {
			t.Fatalf("%+v: shape %v, %v", c, got.Shape, err)
		}
		want := direct(words, c.n)
		largest := floats.Norm(want[0], math.Inf(1))
		for k := range want {
			for i, w := range want[k] {
				// Scores are float32, and a Gram matrix's small eigenvalues have the large ones' rounding: √2⁻⁵² of them.
				if g := float64(got.Values[k*c.width+i]); math.Abs(g-w) > 2e-7*largest {
					t.Fatalf("%+v: component %d, dimension %d: %g, want %g", c, k, i, g, w)
				}
			}
		}
	}
}

// Components are orthogonal, their variances fall, and together they have the variance of the words.
func TestPCAProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v, d := rapid.IntRange(1, 60).Draw(t, "V"), rapid.IntRange(1, 20).Draw(t, "D")
		words := nn.Draw(rapid.Int64().Draw(t, "seed"), "words", nn.Normal(1), v, d)
		a, err := PCA(words, Prototypes)
		if err != nil {
			t.Fatal(err)
		}
		n := a.Shape[0]
		if n != min(v, d) {
			t.Fatalf("%d components of %d words and %d dimensions", n, v, d)
		}
		var total float64 // Σ (x − word's mean)²
		chunks(words, func(x *mat.Dense) { total += mat.Norm(x, 2) * mat.Norm(x, 2) })
		tolerance := 1e-5 * (1 + total) // float32 products of n ≤ 20 values
		var sum, before float64 = 0, math.Inf(1)
		for k := range n {
			for l := range k + 1 {
				var dot float64
				for i := range d {
					dot += float64(a.Values[k*d+i]) * float64(a.Values[l*d+i])
				}
				switch {
				case l < k && math.Abs(dot) > tolerance:
					t.Fatalf("components %d and %d have the product %g", k, l, dot)
				case l == k && dot > before+tolerance:
					t.Fatalf("component %d has the variance %g, the one before %g", k, dot, before)
				case l == k:
					sum, before = sum+dot, dot
				}
			}
		}
		if math.Abs(sum-total) > tolerance {
			t.Fatalf("variances of %g together, the words have %g", sum, total)
		}
	})
}

func TestPCARefuses(t *testing.T) {
	nan := nn.Draw(1, "w", nn.Ones, 4, 3)
	nan.Values[7] = float32(math.NaN())
	for _, c := range []struct {
		words nn.Array
		want  string
	}{
		{nn.Draw(1, "w", nn.Ones, 4), `"w" has shape [4]`},
		{nn.Draw(1, "w", nn.Ones, 0, 3), `"w" has shape [0 3]`},
		{nan, "not finite"},
	} {
		if _, err := PCA(c.words, 2); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	same, err := PCA(nn.Draw(1, "w", nn.Ones, 4, 3), 2)
	if err != nil || !slices.Equal(same.Values, make([]float32, 6)) {
		t.Errorf("words without variance: %v, %v", same.Values, err)
	}
}

// Prototypes are kept beside the weights, used again, computed anew when the weights have changed, and taken from a
// file that was put there by hand.
func TestPrototypesAreKept(t *testing.T) {
	dir := t.TempDir()
	path, kept := filepath.Join(dir, "m.gguf"), filepath.Join(dir, "m-pca500.safetensors")
	open := func() nn.Array {
		t.Helper()
		b, err := Open("gguf:"+path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		return b.Prototypes
	}
	save := func(a nn.Array, of map[string]string) {
		t.Helper()
		if err := nn.Save(kept, []nn.Array{a}, "F32", of); err != nil {
			t.Fatal(err)
		}
	}
	write(t, dir, "m.gguf", testLLaMA().bytes())
	computed := open()
	sum, err := FileSHA256(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := nn.Open(kept)
	if err != nil || f.Metadata["sha256"] != sum {
		t.Fatalf("kept with metadata %v, %v", f, err)
	}
	f.Close()
	other := nn.Draw(1, prototypesName, nn.Constant(2), 3, testWidth)
	for _, c := range []struct {
		name string
		a    nn.Array
		of   map[string]string
		want nn.Array
	}{
		{"of these weights", other, map[string]string{"sha256": sum}, other},
		{"put there by hand", other, nil, other},
		{"of other weights", other, map[string]string{"sha256": strings.Repeat("0", 64)}, computed},
	} {
		save(c.a, c.of)
		if got := open(); !slices.Equal(got.Values, c.want.Values) || !slices.Equal(got.Shape, c.want.Shape) {
			t.Errorf("%s: prototypes of shape %v, want %v", c.name, got.Shape, c.want.Shape)
		}
	}
	// What is there and cannot be used may be somebody's work: it is not written over.
	for _, c := range []struct {
		a    nn.Array
		want string
	}{
		{nn.Draw(1, prototypesName, nn.Ones, 3, testWidth+1), "has shape [3 9]"},
		{nn.Draw(1, prototypesName, nn.Ones, 501, testWidth), "has shape [501 8]"},
		{nn.Draw(1, "w", nn.Ones, 3, testWidth), "not found"},
	} {
		save(c.a, nil)
		if _, err := Open("gguf:"+path, nil, 0); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "remove") {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
	write(t, dir, "m-pca500.safetensors", []byte("damaged"))
	if _, err := Open("gguf:"+path, nil, 0); err == nil || !strings.Contains(err.Error(), kept) {
		t.Errorf("a damaged file: %v", err)
	}
}

// Where nothing can be written, they stay in memory.
func TestPrototypesInAReadOnlyFolder(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, "m.gguf", testLLaMA().bytes())
	want, err := Open("gguf:"+path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "no such folder", "p.safetensors") // a folder without rights would not stop root
	b, err := openLLaMA("gguf", path, file)
	if err != nil || !slices.Equal(b.Prototypes.Values, want.Prototypes.Values) {
		t.Errorf("prototypes that cannot be kept: %v", err)
	}
}
