// LLaMA's block (Touvron et al. 2023, section 2.2): RMSNorm, rotary positions, grouped queries, SwiGLU.

package llm

import (
	"fmt"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

type llamaBlock struct {
	norm1, norm2   rmsNorm
	q, k, v        projection
	out            *nn.Linear
	gate, up, down *nn.Linear
	heads          tensor.Heads
	base           float64
	dropout        float32
}

func (l *loader) llama(s *Stack) {
	l.learnedPositions(s)
	d, f := l.from.Width, l.from.Hidden
	kv := d / l.from.Heads * l.from.KVHeads
	for k := range l.from.Blocks {
		h := fmt.Sprintf("layers.%d.", k)
		linear := func(part string, in, out int) *nn.Linear { return l.linear(l.in(0, h+part), h+part, in, out, false) }
		adapted := func(part string, out int) projection { return l.adapted(h+part, h+part, d, out, false) }
		s.blocks = append(s.blocks, &llamaBlock{
			norm1:   rmsNorm{l.affine(h+"input_layernorm", false), l.from.Eps},
			q:       adapted("self_attn.q_proj", d),
			k:       adapted("self_attn.k_proj", kv),
			v:       adapted("self_attn.v_proj", kv),
			out:     linear("self_attn.o_proj", d, d),
			norm2:   rmsNorm{l.affine(h+"post_attention_layernorm", false), l.from.Eps},
			gate:    linear("mlp.gate_proj", d, f),
			up:      linear("mlp.up_proj", d, f),
			down:    linear("mlp.down_proj", f, d),
			heads:   tensor.Heads{A: l.from.Heads, KV: l.from.KVHeads, Causal: true, Dropout: l.options.Dropout},
			base:    l.from.RoPEBase,
			dropout: l.options.Dropout,
		})
	}
	s.norm = rmsNorm{l.affine("norm", false), l.from.Eps}
}

func (b *llamaBlock) forward(tp *tensor.Tape, x *tensor.Tensor, streams int) *tensor.Tensor {
	h := b.norm1.forward(tp, x, streams)                                  // (S·B, T, D)
	q := tp.RoPE(b.q.forward(tp, h, streams, false), b.heads.A, b.base)   // (S·B, T, D)
	k := tp.RoPE(b.k.forward(tp, h, streams, false), b.heads.KV, b.base)  // (S·B, T, KV·d)
	o := tp.Attention(q, k, b.v.forward(tp, h, streams, true), b.heads)   // (S·B, T, D)
	x = b.out.Fused(tp, o, tensor.Fused{Dropout: b.dropout, Residual: x}) // (S·B, T, D)
	h = b.norm2.forward(tp, x, streams)
	g := b.gate.Fused(tp, h, tensor.Fused{Act: kernels.SiLU}) // (S·B, T, F)
	u := b.up.Fused(tp, h, tensor.Fused{Spend: true})         // (S·B, T, F)
	return b.down.Fused(tp, tp.Mul(g, u), tensor.Fused{Dropout: b.dropout, Residual: x, Spend: true})
}
