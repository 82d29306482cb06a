// Backbones that need no file: GPT-2's shape with drawn weights, and none at all.

package weights

import (
	"fmt"
	"math"
	"strings"

	"ecalf/model/nn"
)

// The shape of GPT-2 small (Radford et al. 2019, table 2).
const (
	gpt2Width     = 768
	gpt2Layers    = 12
	gpt2Positions = 1024
	gpt2Eps       = 1e-5
)

// prototypeStd is the deviation of GPT-2's prototypes: its word embedding has 50257 words of deviation 0.14 in each
// dimension, so that a dimension's row has the squared norm 50257·0.14², which the 768 principal components of an
// orthogonal change of axes share: √(50257·0.14²/768) ≈ 1.13 each on average.
const prototypeStd = 1.13

// Random is a backbone of GPT-2's shape with GPT-2's initial weights: normal with deviation 0.02, the projections onto
// the residual stream 0.02/√(2·12), biases 0, norms 1 (Radford et al. 2019, section 2.3). Everything is drawn from seed.
func Random(seed int64) *Backbone {
	b := gpt2Shape("random", gpt2Width, gpt2Positions)
	b.Source = fmt.Sprintf("drawn from seed %d", seed)
	shapes := b.gpt2Shapes()
	b.Tensor = func(name string) (nn.Array, error) {
		shape, ok := shapes[name]
		if !ok {
			return nn.Array{}, fmt.Errorf("tensor %q: %w", name, nn.ErrNotFound)
		}
		return nn.Draw(seed, "random."+name, gpt2Init(name), shape...), nil
	}
	b.Prototypes = nn.Draw(seed, "prototypes", nn.Normal(prototypeStd), Prototypes, gpt2Width)
	return b
}

// Without is no backbone: CALF's two branches without blocks, as in the ablation of Tan et al., NeurIPS 2024. The
// prototypes are those of Random.
func Without(seed int64) *Backbone {
	b := Random(seed)
	b.Name, b.Arch, b.Tensor = "none", None, nil
	return b
}

// gpt2Init is the distribution of a tensor's first values.
func gpt2Init(name string) nn.Init {
	const std = 0.02
	switch {
	case strings.HasSuffix(name, ".bias"):
		return nn.Zeros
	case strings.Contains(name, "ln_"):
		return nn.Ones
	case strings.HasSuffix(name, "c_proj.weight"):
		return nn.Normal(std / math.Sqrt(2*gpt2Layers))
	}
	return nn.Normal(std)
}
