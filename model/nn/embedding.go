// Positions: learned and fixed tables that are added to tokens.

package nn

import (
	"math"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// Embedding is a learned table of positions.
type Embedding struct {
	Weight *Param // weight (positions, D)
}

// NewEmbedding draws the table from the normal distribution; PyTorch's deviation is 1,
// GPT-2's 0.02.
func NewEmbedding(b Build, positions, width int, std float64) *Embedding {
	return &Embedding{Weight: b.Param("weight", Normal(std), positions, width)}
}

// Forward adds position t to token t of x (B, T, D), or (…, T, D).
func (e *Embedding) Forward(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return tp.Add(x, tp.Rows(e.Weight.Tensor, 0, x.Dim(-2)))
}

// Sinusoid is the fixed table (positions, D) of Vaswani et al. 2017, section 3.5: columns
// 2i and 2i+1 hold sine and cosine of position·10000^(−2i/D).
func Sinusoid(be kernels.Backend, positions, width int) *tensor.Tensor {
	values := make([]float32, positions*width)
	for p := range positions {
		for d := range width {
			angle := float64(p) * math.Pow(10000, -float64(d/2*2)/float64(width))
			if d%2 == 0 {
				values[p*width+d] = float32(math.Sin(angle))
			} else {
				values[p*width+d] = float32(math.Cos(angle))
			}
		}
	}
	return tensor.From(be, values, positions, width)
}
