// Package llm runs the first blocks of a pretrained language model on tokens that are not words, adapted by low-rank
// maps, its norms and its positions.
//
// stack.go is what models use; gpt2.go and llama.go are the two kinds of block. Shape letters: B samples, T tokens of
// a sample, D width, N blocks.
package llm

import (
	"fmt"

	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// Options say what becomes trainable.
type Options struct {
	Names   [2]string // prefix of the first and of the second stream's parameters
	Streams int       // 1 or 2: see Stack
	Dropout float32   // of the embedded tokens, attention probabilities, and both parts of a block
	LoRA    *LoRA     // of the first stream's attention; nil: none
}

// LoRA are the settings of the low-rank adapters (Hu et al. 2022).
type LoRA struct {
	Rank           int
	Alpha, Dropout float32
}

// Stack is the blocks, run on one stream of samples or on two. Both share the frozen matrices, so that one product
// over all rows serves them. The first stream trains its positions, its norms and its adapters, the second its
// positions alone.
type Stack struct {
	streams   int
	dropout   float32
	positions []*nn.Embedding // of each stream
	blocks    []block
	norm      norm // of the last block's output
	shared    []*nn.Param
	names     [2]string
	most      int // tokens of a sample
}

// block is one layer: x (S·B, T, D) to the same shape, the first samples of it being the first stream's.
type block interface {
	forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor
}

// New builds the blocks of a backbone with its weights. A tensor that is missing or has another shape is an error.
func New(b nn.Build, from *weights.Backbone, o Options) (*Stack, error) {
	s := &Stack{streams: o.Streams, dropout: o.Dropout, names: o.Names, most: from.Positions}
	l := &loader{root: b, from: from, options: o}
	switch from.Arch {
	case weights.GPT2:
		l.gpt2(s)
	case weights.LLaMA:
		l.llama(s)
	case weights.None:
		for range from.Blocks {
			s.blocks = append(s.blocks, identity{})
		}
		s.norm = identity{}
		l.learnedPositions(s)
	default:
		return nil, fmt.Errorf("backbone %s: unknown kind of block %q", from.Name, from.Arch)
	}
	if l.err != nil {
		return nil, fmt.Errorf("backbone %s: %w", from.Name, l.err)
	}
	s.shared = l.shared
	return s, nil
}

// Forward runs tokens (S·B, T, D), the first stream's samples first where there are two, and returns N+1 hidden
// states of that shape: the embedded tokens, the outputs of all blocks but the last, and the normed output of that.
func (s *Stack) Forward(tp *tensor.Tape, tokens *tensor.Tensor, streams int) []*tensor.Tensor {
	if streams < 1 || streams > s.streams || tokens.Dim(0)%streams != 0 || tokens.Dim(1) > s.most {
		panic(fmt.Sprintf("llm: tokens %v in %d streams of %d, positions for %d", tokens.Shape(), streams, s.streams, s.most))
	}
	x := tp.Dropout(s.embed(tp, tokens, streams), s.dropout)
	hidden := []*tensor.Tensor{x}
	for i, b := range s.blocks {
		x = tp.Scope(func() *tensor.Tensor {
			y := b.forward(tp, x, streams)
			if i == len(s.blocks)-1 {
				y = s.norm.forward(tp, y, streams)
			}
			return y
		})
		hidden = append(hidden, x)
	}
	return hidden
}

// embed adds each stream's positions to its tokens.
func (s *Stack) embed(tp *tensor.Tape, tokens *tensor.Tensor, streams int) *tensor.Tensor {
	if streams == 1 {
		return s.positions[0].Forward(tp, tokens)
	}
	half := tokens.Dim(0) / 2
	return tp.Concat(0,
		s.positions[0].Forward(tp, tp.Rows(tokens, 0, half)),
		s.positions[1].Forward(tp, tp.Rows(tokens, half, 2*half)))
}

// Shared are the frozen parameters that both streams use, under the first stream's names.
func (s *Stack) Shared() []*nn.Param { return s.shared }

// norm is a LayerNorm or RMSNorm whose streams have parameters of their own.
type norm interface {
	forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor
}

// layerNorm and rmsNorm hold the affine maps of the streams.
type (
	layerNorm struct {
		maps []tensor.Affine
		eps  float32
	}
	rmsNorm  layerNorm
	identity struct{}
)

func (n layerNorm) forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor {
	return tp.LayerNorm(x, n.eps, n.maps[:streams]...)
}

func (n rmsNorm) forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor {
	return tp.RMSNorm(x, n.eps, n.maps[:streams]...)
}

func (identity) forward(_ *tensor.Tape, x *tensor.Tensor, _ int) *tensor.Tensor { return x }
