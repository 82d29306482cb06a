// Word prototypes: the principal components of a word embedding, seen from its dimensions, and the file that keeps them
// beside the weights.

package weights

import (
	"errors"
	"fmt"
	"io/fs"
	"math"

	"gonum.org/v1/gonum/mat"

	"ecalf/model/nn"
)

// PCA returns the prototypes of a word embedding (V, D): n principal components of its transpose, min(n, D, V) where
// that is fewer, as the array (n, D) (CALF, section "Cross-Modal Match Module").
//
// The D dimensions are the samples and the V words the features. With X (D, V) the transpose, each word centred over
// the dimensions, and X = U·Σ·Vᵀ, row k of the result is σ_k·U_k. It is computed exactly, by the eigenvalues σ² and
// vectors U of X·Xᵀ (D, D) in float64, summed over chunks of words. U_k is known but for its sign: it is the one that
// makes the largest loading |V_k| positive, the first of equal ones. A component of no variance, as the D-th is since
// the words are centred, is 0.
func PCA(words nn.Array, n int) (nn.Array, error) {
	if len(words.Shape) != 2 || words.Shape[0] == 0 || words.Shape[1] == 0 {
		return nn.Array{}, fmt.Errorf("tensor %q has shape %v: want words × width", words.Name, words.Shape)
	}
	v, d := words.Shape[0], words.Shape[1]
	n = min(n, d, v)
	gram := mat.NewSymDense(d, nil)
	chunks(words, func(x *mat.Dense) { gram.SymRankK(gram, 1, x) })
	if total := mat.Trace(gram); math.IsNaN(total) || math.IsInf(total, 0) {
		return nn.Array{}, fmt.Errorf("tensor %q has values that are not finite", words.Name)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nn.Array{}, fmt.Errorf("tensor %q: the eigenvalues of its Gram matrix were not found", words.Name)
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	variances := eigen.Values(nil) // ascending, as are the columns of vectors
	u := vectors.Slice(0, d, d-n, d).(*mat.Dense)

	extreme := make([]float64, n) // the largest loadings, times σ
	chunks(words, func(x *mat.Dense) {
		var loadings mat.Dense
		loadings.Mul(x.T(), u)
		for i := range loadings.RawMatrix().Rows {
			for k, l := range loadings.RawRowView(i) {
				if math.Abs(l) > math.Abs(extreme[k]) {
					extreme[k] = l
				}
			}
		}
	})

	const epsilon = 0x1p-52
	none := variances[d-1] * epsilon * float64(d) // rounding alone
	scores := nn.Array{Name: prototypesName, Shape: []int{n, d}, Values: make([]float32, n*d)}
	for k := range n {
		column := n - 1 - k
		variance := variances[d-n+column]
		if !(variance > none) {
			continue
		}
		sigma := math.Copysign(math.Sqrt(variance), extreme[column])
		for i := range d {
			scores.Values[k*d+i] = float32(sigma * u.At(i, column))
		}
	}
	return scores, nil
}

// chunks calls f with the transposes (D, ≤ 1024) of chunks of words, each word centred.
func chunks(words nn.Array, f func(x *mat.Dense)) {
	const most = 1024
	v, d := words.Shape[0], words.Shape[1]
	for first := 0; first < v; first += most {
		n := min(most, v-first)
		x := mat.NewDense(d, n, nil)
		for j := range n {
			word := words.Values[(first+j)*d:][:d]
			mean := 0.0
			for _, value := range word {
				mean += float64(value) / float64(d)
			}
			for i, value := range word {
				x.Set(i, j, float64(value)-mean)
			}
		}
		f(x)
	}
}

const (
	prototypesName = "pca500.weight" // in the file
	weightsSumKey  = "sha256"        // of its metadata: the weights that they were computed from
)

// errNoPrototypes is the error where none of these weights are kept.
var errNoPrototypes = errors.New("there are no prototypes beside it")

// prototypes returns those of the weights in path, of the given SHA-256 and width: from file, or else from the
// embedding, and then file is written where that can be done. A file that says it comes from other weights is written
// anew.
func prototypes(file, path, sum string, width int, embedding func() (nn.Array, error)) (nn.Array, error) {
	a, err := readPrototypes(file, sum, width)
	if !errors.Is(err, errNoPrototypes) {
		return a, err
	}
	words, err := embedding()
	if errors.Is(err, nn.ErrNotFound) {
		return nn.Array{}, fmt.Errorf("%s has no word embedding, and %w: put them into %s (%s, %d × %d), or use a file with the embedding",
			path, errNoPrototypes, file, prototypesName, Prototypes, width)
	}
	if err != nil {
		return nn.Array{}, err
	}
	if len(words.Shape) != 2 || words.Shape[1] != width {
		return nn.Array{}, fmt.Errorf("%s: tensor %q has shape %v, want (words, %d)", path, words.Name, words.Shape, width)
	}
	if a, err = PCA(words, Prototypes); err != nil {
		return nn.Array{}, fmt.Errorf("%s: %w", path, err)
	}
	// The folder may be read-only: then they are computed again next time.
	_ = nn.Save(file, []nn.Array{a}, "F32", map[string]string{weightsSumKey: sum})
	return a, nil
}

// readPrototypes reads and checks the file of prototypes.
func readPrototypes(file, sum string, width int) (nn.Array, error) {
	f, err := nn.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nn.Array{}, errNoPrototypes
	}
	if err != nil {
		return nn.Array{}, fmt.Errorf("prototypes: %w (remove the file to have them computed)", err)
	}
	defer f.Close()
	if of, ok := f.Metadata[weightsSumKey]; ok && of != sum {
		return nn.Array{}, errNoPrototypes
	}
	a, err := f.Read(prototypesName)
	if err != nil {
		return nn.Array{}, fmt.Errorf("prototypes: %w (remove the file to have them computed)", err)
	}
	if len(a.Shape) != 2 || a.Shape[0] < 1 || a.Shape[0] > Prototypes || a.Shape[1] != width {
		return nn.Array{}, fmt.Errorf("prototypes: %s: tensor %q has shape %v, want (%d, %d) or fewer rows (remove the file to have them computed)",
			file, a.Name, a.Shape, Prototypes, width)
	}
	return a, nil
}
