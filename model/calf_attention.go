// How a window's channels look at the prototypes: what the kernels never hold in full, for a picture of it.

package model

import (
	"errors"

	"ecalf/model/tensor"
)

// Attention is how the channels of one window look at the P prototypes in each of A heads.
type Attention struct {
	Channels, Heads, Prototypes int

	Weights     []float32 // (C, A, P): of a channel and head they are 0 or more and sum to 1
	Temperature []float32 // (C, A), what the scores are multiplied by: above 1 a channel looks more sharply; nil without this part
	Degree      []float32 // (C, A): the predicted degree of alignment, 0 … 1; nil without this part
}

// Channel returns the weights (A, P) of one channel.
func (a Attention) Channel(c int) []float32 {
	return a.Weights[c*a.Heads*a.Prototypes:][:a.Heads*a.Prototypes]
}

// Attender is a model whose channels look at prototypes.
type Attender interface {
	// Attention returns how one window x (1, L, C) looks at them, in evaluation. A model without a text branch is an error.
	Attention(tp *tensor.Tape, x *tensor.Tensor) (Attention, error)
}

var errNoText = errors.New("the model was built without a text branch, whose tokens are read from the prototypes")

// Attention is an Attender's.
func (m *CALF) Attention(tp *tensor.Tape, x *tensor.Tensor) (Attention, error) {
	if m.cross == nil {
		return Attention{}, errNoText
	}
	series, _ := m.series(tp, x)
	return m.attentionOf(tp, m.timeTokens(tp, series), tensor.Dynamic{A: m.params.Heads}), nil
}

// Attention is an Attender's.
func (m *EnhancedCALF) Attention(tp *tensor.Tape, x *tensor.Tensor) (Attention, error) {
	if m.attention == nil {
		return m.CALF.Attention(tp, x)
	}
	series, _ := m.series(tp, x)
	h := m.timeTokens(tp, series) // (1, C, D)
	d := m.attention.dynamic(tp, x, h, m.season)
	a := m.attentionOf(tp, h, d)
	if d.Temperature != nil {
		a.Temperature = tp.Temperatures(d).Values()
	}
	if d.Gate != nil {
		_, degree := m.attention.attend(tp, h, d)
		a.Degree = degree.Values()
	}
	return a, nil
}

// attentionOf is that of tokens h (1, C, D) that attend as d says.
func (m *CALF) attentionOf(tp *tensor.Tape, h *tensor.Tensor, d tensor.Dynamic) Attention {
	q := m.cross.Project(tp, h, 0)            // (1, C, D)
	k := m.cross.Project(tp, m.prototypes, 1) // (P, D)
	weights := tp.DynamicWeights(q, k, d)     // (A, C, P)
	return Attention{
		Channels: h.Dim(1), Heads: d.A, Prototypes: k.Dim(0),
		Weights: tp.Permute(weights, 1, 0, 2).Values(), // (C, A, P)
	}
}
