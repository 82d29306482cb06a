// Dynamic attention: how a time token looks at the prototypes follows its window's distribution, and a predicted degree
// of alignment says how much of what it reads counts.

package model

import (
	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// The sizes of the weight generator. Letters: K descriptors, G its width, R rank of the bias, A heads, d = D/A.
const (
	generatorWidth = 64 // G
	biasRank       = 8  // R
)

// dynamicMatch replaces the attention in CALF's cross-modal match; the projections around it stay CALF's.
type dynamicMatch struct {
	calf  *CALF
	heads int

	norm        *nn.LayerNorm // of the token before the generator; nil without temperature and bias
	hidden      *nn.Linear    // D+K → G
	temperature *nn.Param     // (A, G); nil if off
	code        *nn.Param     // (A·R, G); nil without bias
	codebook    *nn.Param     // (A, P, R)
	gate        *gate         // nil if off
}

// gate are the parameters of the alignment predictor and of the token's own path.
type gate struct {
	query  *nn.Param // (A, d): q's part of the logit
	weight *nn.Param // (A, K): the descriptors' part
	bias   *nn.Param // (A)
	carry  *nn.Param // (A): how much of the readout stays where nothing is aligned
	own    *nn.Param // (D, D): what takes its place
}

// newDynamicMatch starts neutral: temperature 1, no bias, no path of the token's own.
func newDynamicMatch(b nn.Build, p EnhancedParams, c Config, calf *CALF) *dynamicMatch {
	d, heads := c.Backbone.Width, calf.params.Heads
	m := &dynamicMatch{calf: calf, heads: heads}
	if p.Temperature || p.Bias {
		m.norm = nn.NewLayerNorm(b.In("norm"), d)
		m.hidden = nn.NewLinear(b.In("hidden"), d+kernels.NumDescriptors, generatorWidth)
	}
	if p.Temperature {
		m.temperature = b.In("temperature").Param("weight", nn.Zeros, heads, generatorWidth)
	}
	if p.Bias {
		m.code = b.In("code").Param("weight", nn.Zeros, heads*biasRank, generatorWidth)
		m.codebook = b.Param("codebook", nn.Normal(codebookStd), heads, c.Backbone.Prototypes.Shape[0], biasRank)
	}
	if p.Gate {
		g := b.In("gate")
		m.gate = &gate{
			query:  g.Param("query", nn.Zeros, heads, d/heads),
			weight: g.Param("weight", nn.Zeros, heads, kernels.NumDescriptors),
			bias:   g.Param("bias", nn.Constant(openGate), heads),
			carry:  b.Param("carry", nn.Ones, heads),
			own:    b.In("own").Param("weight", nn.Zeros, d, d),
		}
	}
	return m
}

const (
	codebookStd = 0.35355339 // 1/√R
	openGate    = 4          // logit of a degree of 0.98: what is read counts
)

// forward makes the text tokens (B, C, D) of the time tokens h (B, C, D) of raw windows x (B, L, C), and with a gate the
// degree of alignment (B, C, A) that it predicts for each head.
func (m *dynamicMatch) forward(tp *tensor.Tape, x, h *tensor.Tensor, season int) (text, degree *tensor.Tensor) {
	return m.attend(tp, h, m.dynamic(tp, x, h, season))
}

// attend is forward of tokens that attend as d says.
func (m *dynamicMatch) attend(tp *tensor.Tape, h *tensor.Tensor, d tensor.Dynamic) (text, degree *tensor.Tensor) {
	cross := m.calf.cross
	q := cross.Project(tp, h, 0)                 // (B, C, D)
	k := cross.Project(tp, m.calf.prototypes, 1) // (P, D)
	v := cross.Project(tp, m.calf.prototypes, 2)
	y, degree := tp.DynamicAttention(q, k, v, d)
	return cross.Out.Forward(tp, y), degree
}

// dynamic is how each token attends: its temperatures, biases and gates.
func (m *dynamicMatch) dynamic(tp *tensor.Tape, x, h *tensor.Tensor, season int) tensor.Dynamic {
	phi := tp.Describe(x, season) // (B, C, K)
	d := tensor.Dynamic{A: m.heads}
	if m.norm != nil {
		in := tp.Concat(-1, m.norm.Forward(tp, h), phi)                  // (B, C, D+K)
		g := m.hidden.Fused(tp, in, tensor.Fused{Act: kernels.GELUTanh}) // (B, C, G)
		if m.temperature != nil {
			d.Temperature = tp.Linear(g, m.temperature.Tensor, tensor.Fused{}) // (B, C, A)
		}
		if m.code != nil {
			d.Code = tp.Linear(g, m.code.Tensor, tensor.Fused{}) // (B, C, A·R)
			d.Codebook = m.codebook.Tensor
		}
	}
	if g := m.gate; g != nil {
		d.Gate = tp.Linear(phi, g.weight.Tensor, tensor.Fused{Bias: g.bias.Tensor}) // (B, C, A)
		d.Own = tp.Linear(h, g.own.Tensor, tensor.Fused{})                          // (B, C, D)
		d.GateQuery, d.Carry = g.query.Tensor, g.carry.Tensor
	}
	return d
}

// matchLoss is the binary cross-entropy of the predicted degree of alignment (B, C, A), its mean over the heads, against
// the observed one: the cosine of the token's last features, mapped to [0, 1], a constant.
func matchLoss(tp *tensor.Tape, degree, z, zText *tensor.Tensor) *tensor.Tensor {
	z, zText = tp.Detach(z), tp.Detach(zText)
	norms := tp.Mul(squares(tp, z), squares(tp, zText))                           // (B, C)
	cosine := tp.Div(tp.Sum(tp.Mul(z, zText), -1), tp.Unary(kernels.Sqrt, norms)) // (B, C)
	observed := tp.Affine(cosine, 0.5, 0.5)                                       // (B, C)
	predicted := tp.Clip(tp.Mean(degree, -1), 1e-6, 1-1e-6)                       // (B, C)
	yes := tp.Mul(observed, tp.Unary(kernels.Log, predicted))                     // (B, C)
	no := tp.Mul(tp.Affine(observed, -1, 1), tp.Unary(kernels.Log, tp.Affine(predicted, -1, 1)))
	return tp.Affine(tp.MeanAll(tp.Add(yes, no)), -1, 0)
}

// squares is the squared norm of every token, and a little more, so that it divides.
func squares(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	return tp.Affine(tp.Sum(tp.Unary(kernels.Square, x), -1), 1, 1e-12)
}
