// GPT4TS: patches of each channel as the words of a language model whose matrices stay as they are.

package baselines

import (
	"errors"
	"fmt"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/llm"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// gpt4ts is Zhou et al., "One Fits All: Power General Time Series Analysis by Pretrained LM", NeurIPS 2023 (arXiv
// 2302.11939), section 3: positions, norms and the maps at both ends train, the language model's matrices do not. P is
// the number of patches, D the backbone's width.
type gpt4ts struct {
	patchLen, stride int
	rev              *nn.RevIN
	in               *nn.Linear // in_layer: patch → D
	stack            *llm.Stack
	out              *nn.Linear // out_layer: P·D → H
	params           []*nn.Param
}

// NewGPT4TS builds a GPT4TS on c.Backbone. Its hyper-parameters are patch_len (16) and stride (8), in steps, and dropout
// (0.1), the backbone's. A patch longer than the look-back is NotApplicable.
func NewGPT4TS(be kernels.Backend, c model.Config) (model.Model, error) {
	p := struct {
		PatchLen int     `json:"patch_len"`
		Stride   int     `json:"stride"`
		Dropout  float32 `json:"dropout"`
	}{16, 8, 0.1}
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	switch {
	case c.Backbone == nil:
		return nil, errors.New("GPT4TS adapts a language model: name a backbone")
	case p.PatchLen < 1 || p.Stride < 1:
		return nil, fmt.Errorf("GPT4TS: patch_len %d, stride %d: each must be 1 or more", p.PatchLen, p.Stride)
	case !(p.Dropout >= 0 && p.Dropout < 1):
		return nil, fmt.Errorf("GPT4TS: dropout is %v: give a rate of 0 or more, below 1", p.Dropout)
	case p.PatchLen > c.Lookback:
		return nil, model.NotApplicable(fmt.Sprintf("GPT4TS needs a look-back of one patch (%d rows), it is %d", p.PatchLen, c.Lookback))
	}
	patches := (c.Lookback-p.PatchLen)/p.Stride + 2 // those of the window and one that reaches into the padding
	if patches > c.Backbone.Positions {
		return nil, model.NotApplicable(fmt.Sprintf("GPT4TS makes %d patches, and backbone %s knows %d positions", patches, c.Backbone.Name, c.Backbone.Positions))
	}
	b := nn.NewBuild(be, c.Seed)
	m := &gpt4ts{patchLen: p.PatchLen, stride: p.Stride, rev: nn.NewRevINPlain(), in: nn.NewLinear(b.In("in_layer"), p.PatchLen, c.Backbone.Width)}
	name := "gpt2"
	if c.Backbone.Arch == weights.LLaMA {
		name = "llm"
	}
	var err error
	if m.stack, err = llm.New(b, c.Backbone, llm.Options{Names: [2]string{name}, Streams: 1, Dropout: p.Dropout}); err != nil {
		return nil, err
	}
	m.out = nn.NewLinear(b.In("out_layer"), patches*c.Backbone.Width, c.Horizon)
	m.params = b.Params()
	return m, nil
}

func (m *gpt4ts) Params() []*nn.Param { return m.params }

// Forward maps x (B, L, C) to (B, H, C).
func (m *gpt4ts) Forward(tp *tensor.Tape, x *tensor.Tensor) model.Output {
	b, c := x.Dim(0), x.Dim(2)
	x, moments := m.rev.Norm(tp, x)                                              // (B, L, C)
	x = tp.PadEdge(tp.Permute(x, 0, 2, 1), -1, 0, m.stride)                      // (B, C, L + stride)
	x = tp.Reshape(tp.Unfold(x, m.patchLen, m.stride), b*c, -1, m.patchLen)      // (B·C, P, patch)
	hidden := m.stack.Forward(tp, m.in.Forward(tp, x), 1)                        // (B·C, P, D) each
	h := tp.Reshape(hidden[len(hidden)-1], b, c, -1)                             // (B, C, P·D)
	y := m.out.Forward(tp, h)                                                    // (B, C, H)
	return model.Output{Pred: m.rev.Denorm(tp, tp.Permute(y, 0, 2, 1), moments)} // (B, H, C)
}
