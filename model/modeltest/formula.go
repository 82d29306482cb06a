// Package modeltest makes the weights and inputs of golden tests by formula, as testdata/formula.py of package model
// does: a model of GPT-2's size can so be compared with PyTorch without a file of its weights.
package modeltest

import (
	"hash/fnv"
	"math"
	"regexp"
	"strings"
)

// words returns the first n words of splitmix64 that belong to a name: the FNV-1a hash of the name is the state.
func words(name string, n int) []uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	state := h.Sum64()
	w := make([]uint64, n)
	for i := range w {
		state += 0x9E3779B97F4A7C15
		z := state
		z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
		z = (z ^ z>>27) * 0x94D049BB133111EB
		w[i] = z ^ z>>31
	}
	return w
}

// Formula returns n values, uniform in centre ± spread, that depend on the name alone:
// float32(centre + spread·(2u−1)) with u = 24 bits of the name's words over 2^24.
func Formula(name string, n int, centre, spread float64) []float32 {
	v := make([]float32, n)
	for i, w := range words(name, n) {
		u := float64(w>>40) / (1 << 24)
		v[i] = float32(centre + float64(spread*(2*u-1))) // float64(…) keeps a fused multiply-add out
	}
	return v
}

// kinds gives centre and spread by name; the first that matches counts. A spread of 0 is √3/√in.
var kinds = []struct {
	name           *regexp.Regexp
	centre, spread float64
}{
	{regexp.MustCompile(`^(x|y|prototypes|digest\.\d\..*)$`), 0, math.Sqrt(3)},
	{regexp.MustCompile(`(temperature\.weight|code\.weight|gate\.query|gate\.weight)$`), 0, 0.3},
	{regexp.MustCompile(`codebook$`), 0, 0.5},
	{regexp.MustCompile(`carry$`), 1, 0.3},
	{regexp.MustCompile(`gate\.bias$`), 0.5, 0.5},
	{regexp.MustCompile(`^levels\.logits$`), 0, 0.3},
	{regexp.MustCompile(`^contrast\.log_temperature$`), math.Log(0.1), 0.1},
	{regexp.MustCompile(`(wpe\.weight|lora_B\..*|bias)$`), 0, 0.02},
	{regexp.MustCompile(`(ln_1|ln_2|ln_f|norm|norm1|norm2|layernorm)\.weight$`), 1, 0.1},
	{regexp.MustCompile(`\.h\.\d+\.(attn|mlp)\.(c_attn|c_proj|c_fc)(\.base_layer)?\.weight$`), 0, math.Sqrt(3) * 0.02},
	{regexp.MustCompile(``), 0, 0},
}

// CALF's text branch starts from the same backbone as its time branch: its names take the other's values.
var (
	adapted  = regexp.MustCompile(`^(gpt2_text\.h\.\d+\.attn\.c_attn|llm_text\.layers\.\d+\.self_attn\.[qkv]_proj)\.`)
	prefixes = map[string]string{"gpt2_text.": "gpt2.base_model.model.", "llm_text.": "llm."}
)

// Weight returns the values of a parameter or input of the goldens: the table of testdata/formula.py.
func Weight(name string, shape ...int) []float32 {
	name = adapted.ReplaceAllString(name, "$1.base_layer.")
	for text, time := range prefixes {
		if rest, ok := strings.CutPrefix(name, text); ok {
			name = time + rest
		}
	}
	n := 1
	for _, d := range shape {
		n *= d
	}
	for _, k := range kinds {
		if k.name.MatchString(name) {
			spread := k.spread
			if spread == 0 {
				spread = math.Sqrt(3) / math.Sqrt(float64(shape[len(shape)-1]))
			}
			return Formula(name, n, k.centre, spread)
		}
	}
	panic("modeltest: the last kind matches every name")
}

// Full is the number of elements above which the goldens store the Digest of a gradient, not the gradient.
const Full = 2048

// Digest returns the 21 numbers that stand for a large gradient: its Euclidean norm, its values at 16 places and its
// products with four vectors; places and vectors go by the name.
func Digest(name string, values []float32) []float32 {
	d := make([]float32, 0, 21)
	dot := func(v []float32) float64 {
		sum := 0.0
		for i, x := range values {
			sum += float64(x) * float64(v[i])
		}
		return sum
	}
	d = append(d, float32(math.Sqrt(dot(values))))
	for _, w := range words("digest."+name, 16) {
		d = append(d, values[w%uint64(len(values))])
	}
	for _, j := range []string{"0", "1", "2", "3"} {
		d = append(d, float32(dot(Weight("digest."+j+"."+name, len(values)))))
	}
	return d
}
