// Backbones of any size, whose values are of no account because tests give all parameters those of their names.

package modeltest

import (
	"strings"

	"ecalf/model/nn"
	"ecalf/model/weights"
)

// Shape is the size of a backbone.
type Shape struct {
	Arch                         weights.Arch
	Width, Heads, Hidden, Blocks int
	KVHeads                      int     `json:"kv_heads"`
	RoPEBase                     float64 `json:"rope_base"`
	Prototypes                   int
}

// Backbone is one of that size with 1024 positions and prototypes by formula.
func (s Shape) Backbone() *weights.Backbone {
	if s.KVHeads == 0 {
		s.KVHeads = s.Heads
	}
	d, f, kv := s.Width, s.Hidden, s.Width/s.Heads*s.KVHeads
	shapes := map[string][]int{
		"wpe.weight": {1024, d}, "c_attn.weight": {d, 3 * d}, "c_attn.bias": {3 * d}, "attn.c_proj.weight": {d, d},
		"c_fc.weight": {d, f}, "c_fc.bias": {f}, "mlp.c_proj.weight": {f, d},
		"q_proj.weight": {d, d}, "k_proj.weight": {kv, d}, "v_proj.weight": {kv, d}, "o_proj.weight": {d, d},
		"gate_proj.weight": {f, d}, "up_proj.weight": {f, d}, "down_proj.weight": {d, f},
	}
	return &weights.Backbone{
		Name: "golden", Arch: s.Arch, Width: d, Heads: s.Heads, KVHeads: s.KVHeads, Hidden: f, Blocks: s.Blocks,
		Positions: 1024, Eps: 1e-5, RoPEBase: s.RoPEBase,
		Prototypes: nn.Array{Shape: []int{s.Prototypes, d}, Values: Weight("prototypes", s.Prototypes, d)},
		Tensor: func(name string) (nn.Array, error) {
			shape := []int{d} // of norms and of most biases
			for suffix, other := range shapes {
				if strings.HasSuffix(name, suffix) {
					shape = other
				}
			}
			return nn.Draw(1, name, nn.Zeros, shape...), nil
		},
	}
}

// Fill gives parameters the values of their names.
func Fill(params []*nn.Param) {
	for _, p := range params {
		p.Tensor.Upload(Weight(p.Name, p.Tensor.Shape()...))
	}
}
