// Package weights holds the pretrained language models that CALF and its kin adapt: where their files are, how they
// are read, and the word prototypes made of their embeddings.
//
// backbone.go says what a backbone is, whichever file it comes from; there is one file per format.
package weights

import (
	"fmt"

	"ecalf/model/nn"
)

// Arch is the kind of block that a backbone is made of.
type Arch string

const (
	GPT2  Arch = "gpt2"  // LayerNorm, learned positions, GELU, biases (Radford et al. 2019)
	LLaMA Arch = "llama" // RMSNorm, rotary positions, SwiGLU, grouped queries, no biases (Touvron et al. 2023)
	None  Arch = "none"  // no blocks at all: every block is the identity
)

// Backbone is the first blocks of a language model, N of them, and its prototypes.
//
// The tensors of a GPT2 have the names and shapes of Hugging Face's GPT2Model: wpe.weight (positions, D) and, for K < N,
// h.K.ln_1.{weight,bias} (D), h.K.attn.c_attn.{weight (D, 3D), bias}, h.K.attn.c_proj.{weight (D, D), bias},
// h.K.ln_2.{weight,bias}, h.K.mlp.c_fc.{weight (D, 4D), bias}, h.K.mlp.c_proj.{weight (4D, D), bias}, ln_f.{weight,bias}.
// Those of a LLaMA have the names of its LlamaModel: layers.K.input_layernorm.weight (D),
// layers.K.self_attn.{q_proj (A·d, D), k_proj, v_proj (KV·d, D), o_proj (D, A·d)}.weight with d = D/A and the rows of
// q and k in the order of rotate_half, layers.K.post_attention_layernorm.weight (D),
// layers.K.mlp.{gate_proj, up_proj (F, D), down_proj (D, F)}.weight, norm.weight (D).
type Backbone struct {
	Name   string // "gpt2", "smollm2", "gguf:FILE", "random" or "none"; never "auto"
	Source string // for records: the file's name and SHA-256, or that the weights are drawn
	Arch   Arch

	Width     int // D
	Heads     int // A, query heads
	KVHeads   int // KV, key and value heads
	Hidden    int // F, of the feed-forward part
	Blocks    int // N
	Positions int // that the pretrained model knows
	Eps       float32
	RoPEBase  float64 // LLaMA's; 0 for others

	Prototypes nn.Array  // (P, D): see PCA for those computed from an embedding
	Tensor     nn.Lookup // by the names above; nil for None
}

// Prototypes is the number P of word prototypes (CALF, section "Cross-Modal Match Module"). A model narrower than that
// has D of them.
const Prototypes = 500

// Blocks is the number of blocks that CALF uses, the first ones.
const Blocks = 6

// String is the backbone's name and size, for messages.
func (b *Backbone) String() string {
	return fmt.Sprintf("%s (%s, %d blocks of width %d)", b.Name, b.Arch, b.Blocks, b.Width)
}
