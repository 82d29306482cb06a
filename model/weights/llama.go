// Backbones of LLaMA's kind, from GGUF files of the architecture "llama".

package weights

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"

	"ecalf/model/nn"
)

// llamaPart is a tensor of a block: its name behind "layers.K." here, behind "blk.K." in a GGUF, and its shape. The
// rows of rotated ones are in pairs there: see unpair.
type llamaPart struct {
	name, gguf string
	shape      []int
	rotated    bool
}

func (b *Backbone) llamaParts() []llamaPart {
	d, f, kv := b.Width, b.Hidden, b.Width/b.Heads*b.KVHeads
	return []llamaPart{
		{"input_layernorm.weight", "attn_norm.weight", []int{d}, false},
		{"self_attn.q_proj.weight", "attn_q.weight", []int{d, d}, true},
		{"self_attn.k_proj.weight", "attn_k.weight", []int{kv, d}, true},
		{"self_attn.v_proj.weight", "attn_v.weight", []int{kv, d}, false},
		{"self_attn.o_proj.weight", "attn_output.weight", []int{d, d}, false},
		{"post_attention_layernorm.weight", "ffn_norm.weight", []int{d}, false},
		{"mlp.gate_proj.weight", "ffn_gate.weight", []int{f, d}, false},
		{"mlp.up_proj.weight", "ffn_up.weight", []int{f, d}, false},
		{"mlp.down_proj.weight", "ffn_down.weight", []int{d, f}, false},
	}
}

// openLLaMA reads the header of a GGUF file, checks that it holds what a LLaMA of its sizes is made of, and gets the
// prototypes, which file keeps. The blocks are read when they are asked for.
func openLLaMA(name, path, file string) (*Backbone, error) {
	g, err := openGGUF(path)
	if err != nil {
		return nil, err
	}
	sum, err := FileSHA256(path)
	if err != nil {
		return nil, err
	}
	b := &Backbone{Name: name, Source: source(path, sum), Arch: LLaMA}
	if err := b.llamaSizes(g); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	parts, err := b.llamaTensors(g)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b.Tensor = func(name string) (nn.Array, error) {
		part, ok := parts[name]
		if !ok {
			return nn.Array{}, fmt.Errorf("%s: tensor %q: %w", path, name, nn.ErrNotFound)
		}
		a, err := g.read(part.gguf)
		if err != nil {
			return nn.Array{}, err
		}
		if part.rotated {
			a.Values = unpair(a.Values, b.Width/b.Heads, b.Width)
		}
		return nn.Array{Name: name, Shape: part.shape, Values: a.Values}, nil
	}
	b.Prototypes, err = prototypes(file, path, sum, b.Width, func() (nn.Array, error) { return g.read("token_embd.weight") })
	return b, err
}

// llamaSizes takes the sizes from the metadata, with the format's defaults where it has any, and refuses what a
// LLaMA's blocks cannot compute here.
func (b *Backbone) llamaSizes(g *ggufFile) error {
	if arch, ok := g.meta["general.architecture"].(string); !ok || arch != string(LLaMA) {
		return fmt.Errorf("metadata general.architecture is %q: only llama can be used", g.meta["general.architecture"])
	}
	m := ggufMeta{g: g}
	b.Width = m.integer("llama.embedding_length", 0)
	b.Heads = m.integer("llama.attention.head_count", 0)
	b.KVHeads = m.integer("llama.attention.head_count_kv", b.Heads)
	b.Hidden = m.integer("llama.feed_forward_length", 0)
	b.Positions = m.integer("llama.context_length", 0)
	b.Blocks = min(Blocks, m.integer("llama.block_count", 0))
	b.Eps = float32(m.float("llama.attention.layer_norm_rms_epsilon", 0))
	b.RoPEBase = m.float("llama.rope.freq_base", 10000)
	if m.err != nil {
		return m.err
	}
	if b.Width%(2*b.Heads) != 0 || b.Heads%b.KVHeads != 0 {
		return fmt.Errorf("width %d, %d query heads, %d key and value heads: they do not divide each other", b.Width, b.Heads, b.KVHeads)
	}
	d := b.Width / b.Heads
	for _, key := range []string{"llama.rope.dimension_count", "llama.attention.key_length", "llama.attention.value_length"} {
		if n := m.integer(key, d); n != d && m.err == nil {
			return fmt.Errorf("metadata %s is %d: only heads of width/heads = %d can be used, rotated as a whole", key, n, d)
		}
	}
	if scaling, ok := g.meta["llama.rope.scaling.type"]; ok && scaling != "none" {
		return fmt.Errorf("metadata llama.rope.scaling.type is %v: scaled rotary positions cannot be used", scaling)
	}
	return m.err
}

// llamaTensors maps the names of the backbone's tensors to those in the file, whose shapes it checks. A block with a
// tensor that no LLaMA has, such as a bias, computes something else and is refused.
func (b *Backbone) llamaTensors(g *ggufFile) (map[string]llamaPart, error) {
	all := map[string]llamaPart{"norm.weight": {gguf: "output_norm.weight", shape: []int{b.Width}}}
	known := map[string]bool{}
	for k := range b.Blocks {
		for _, part := range b.llamaParts() {
			part.gguf = fmt.Sprintf("blk.%d.%s", k, part.gguf)
			all[fmt.Sprintf("layers.%d.%s", k, part.name)] = part
			known[part.gguf] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		part := all[name]
		t, ok := g.tensors[part.gguf]
		if !ok {
			return nil, fmt.Errorf("tensor %q is missing", part.gguf)
		}
		if !slices.Equal(t.shape, part.shape) {
			return nil, fmt.Errorf("tensor %q has shape %v, want %v by the metadata", part.gguf, t.shape, part.shape)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.tensors)) {
		var block int
		n, _ := fmt.Sscanf(name, "blk.%d.", &block)
		if name == "rope_freqs.weight" || n == 1 && block < b.Blocks && !known[name] {
			return nil, fmt.Errorf("tensor %q: a LLaMA as it is computed here has none", name)
		}
	}
	return all, nil
}

// unpair puts the rows of a query or key matrix (heads·d, in) into the order of rotate_half. A GGUF has the two rows
// that are rotated together beside each other, 2j and 2j+1 of a head; rotate_half wants them at j and j + d/2.
func unpair(rows []float32, d, in int) []float32 {
	out := make([]float32, len(rows))
	for head := 0; head < len(rows)/in; head += d {
		for j := range d / 2 {
			for i := range 2 {
				copy(out[(head+i*d/2+j)*in:][:in], rows[(head+2*j+i)*in:])
			}
		}
	}
	return out
}

// ggufMeta reads single values of the metadata. The first error stays.
type ggufMeta struct {
	g   *ggufFile
	err error
}

// integer is the positive integer of a key, fallback where it is missing and fallback is not 0.
func (m *ggufMeta) integer(key string, fallback int) int {
	switch v := reflect.ValueOf(m.g.meta[key]); {
	case !v.IsValid() && fallback > 0:
		return fallback
	case v.CanInt() && 1 <= v.Int() && v.Int() <= math.MaxInt32:
		return int(v.Int())
	case v.CanUint() && 1 <= v.Uint() && v.Uint() <= math.MaxInt32:
		return int(v.Uint())
	}
	m.refuse(key, "an integer from 1 to 2³¹-1")
	return 1
}

// float is the positive finite number of a key, fallback as for integers.
func (m *ggufMeta) float(key string, fallback float64) float64 {
	switch v := reflect.ValueOf(m.g.meta[key]); {
	case !v.IsValid() && fallback > 0:
		return fallback
	case v.CanFloat() && 0 < v.Float() && v.Float() <= math.MaxFloat32:
		return v.Float()
	}
	m.refuse(key, "a positive number")
	return 1
}

func (m *ggufMeta) refuse(key, want string) {
	if m.err != nil {
		return
	}
	v, ok := m.g.meta[key]
	if !ok {
		m.err = fmt.Errorf("metadata %s is missing", key)
		return
	}
	text := fmt.Sprint(v)
	m.err = fmt.Errorf("metadata %s is %s: want %s", key, text[:min(len(text), 40)], want)
}
