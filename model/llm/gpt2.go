// GPT-2's block (Radford et al. 2019, section 2.3): pre-norm, causal attention, tanh-GELU.

package llm

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

type gpt2Block struct {
	norm1, norm2 layerNorm
	qkv          projection // c_attn
	out          *nn.Linear // attn.c_proj
	up, down     *nn.Linear // c_fc, mlp.c_proj
	heads        tensor.Heads
	dropout      float32
}

func (l *loader) gpt2(s *Stack) {
	d := l.from.Width
	for stream := range l.options.Streams {
		wpe := l.in(stream, "wpe").Param("weight", l.init("wpe.weight", l.from.Positions, d), l.from.Positions, d)
		s.positions = append(s.positions, &nn.Embedding{Weight: wpe})
	}
	for k := range l.from.Blocks {
		h := fmt.Sprintf("h.%d.", k)
		linear := func(part string, in, out int) *nn.Linear { return l.linear(l.in(0, part), part, in, out, true) }
		s.blocks = append(s.blocks, &gpt2Block{
			norm1:   layerNorm{l.affine(h+"ln_1", true), l.from.Eps},
			qkv:     l.adapted(h+"attn.c_attn", h+"attn.c_attn", d, 3*d, true),
			out:     linear(h+"attn.c_proj", d, d),
			norm2:   layerNorm{l.affine(h+"ln_2", true), l.from.Eps},
			up:      linear(h+"mlp.c_fc", d, l.from.Hidden),
			down:    linear(h+"mlp.c_proj", l.from.Hidden, d),
			heads:   tensor.Heads{A: l.from.Heads, Causal: true, Dropout: l.options.Dropout},
			dropout: l.options.Dropout,
		})
	}
	s.norm = layerNorm{l.affine("ln_f", true), l.from.Eps}
}

func (b *gpt2Block) forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor {
	h := b.qkv.forward(tp, b.norm1.forward(tp, x, streams), streams, true) // (S·B, T, 3D)
	h = tp.SelfAttention(h, b.heads)                                       // (S·B, T, D)
	x = b.out.Fused(tp, h, tensor.Fused{Dropout: b.dropout, Residual: x})  // (S·B, T, D)
	h = b.norm2.forward(tp, x, streams)
	h = b.up.Fused(tp, h, tensor.Fused{Act: kernels.GELUTanh, Spend: true}) // (S·B, T, 4D)
	return b.down.Fused(tp, h, tensor.Fused{Dropout: b.dropout, Residual: x, Spend: true})
}
