// The backbone GPT-2, from a safetensors file in Hugging Face's names.

package weights

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"ecalf/model/nn"
)

// gpt2HeadWidth is that of GPT-2 in all its sizes (Radford et al. 2019, table 2, and the released models).
const gpt2HeadWidth = 64

// openGPT2 reads the header of a GPT-2 in a safetensors file, with the prefix "transformer." on its tensors' names or
// without, checks the shapes, and gets the prototypes, which file keeps. The first blocks are read when they are asked for, the others
// never.
func openGPT2(name, path, file string) (*Backbone, error) {
	f, err := nn.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := gpt2In(f, name, path, file)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return b, nil
}

func gpt2In(f *nn.File, name, path, file string) (*Backbone, error) {
	prefix := ""
	const positions = "wpe.weight"
	shape, ok := f.Shape(positions)
	if !ok {
		prefix = "transformer."
		shape, ok = f.Shape(prefix + positions)
	}
	if !ok {
		return nil, fmt.Errorf("%s: tensor %q is missing: is it a GPT-2 in Hugging Face's names?", path, positions)
	}
	if len(shape) != 2 || shape[0] == 0 || shape[1] == 0 || shape[1]%gpt2HeadWidth != 0 {
		return nil, fmt.Errorf("%s: tensor %q has shape %v: want positions × a multiple of %d", path, positions, shape, gpt2HeadWidth)
	}
	sum, err := FileSHA256(path)
	if err != nil {
		return nil, err
	}
	b := gpt2Shape(name, shape[1], shape[0])
	b.Source, b.Blocks = source(path, sum), 0
	for b.Blocks < Blocks {
		if _, ok := f.Shape(fmt.Sprintf("%sh.%d.ln_1.weight", prefix, b.Blocks)); !ok {
			break
		}
		b.Blocks++
	}
	if b.Blocks == 0 {
		return nil, fmt.Errorf("%s: tensor %q is missing", path, prefix+"h.0.ln_1.weight")
	}
	shapes := b.gpt2Shapes()
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		want := shapes[name]
		if shape, ok := f.Shape(prefix + name); !ok {
			return nil, fmt.Errorf("%s: tensor %q is missing", path, prefix+name)
		} else if !slices.Equal(shape, want) {
			return nil, fmt.Errorf("%s: tensor %q has shape %v, want %v", path, prefix+name, shape, want)
		}
	}
	b.Tensor = func(name string) (nn.Array, error) {
		if _, ok := shapes[name]; !ok {
			return nn.Array{}, fmt.Errorf("%s: tensor %q: %w", path, name, nn.ErrNotFound)
		}
		a, err := f.Read(prefix + name)
		a.Name = name
		return a, err
	}
	b.Prototypes, err = prototypes(file, path, sum, b.Width, func() (nn.Array, error) { return f.Read(prefix + "wte.weight") })
	return b, err
}

// gpt2Shape is a backbone of GPT-2's kind with the first Blocks blocks and no weights yet.
func gpt2Shape(name string, width, positions int) *Backbone {
	heads := width / gpt2HeadWidth
	return &Backbone{
		Name: name, Arch: GPT2, Width: width, Heads: heads, KVHeads: heads, Hidden: 4 * width,
		Blocks: Blocks, Positions: positions, Eps: gpt2Eps,
	}
}

// gpt2Shapes are the shapes of all tensors of a GPT2 backbone, by name.
func (b *Backbone) gpt2Shapes() map[string][]int {
	d, f := b.Width, b.Hidden
	all := map[string][]int{"wpe.weight": {b.Positions, d}, "ln_f.weight": {d}, "ln_f.bias": {d}}
	for k := range b.Blocks {
		for name, shape := range map[string][]int{
			"ln_1.weight": {d}, "ln_1.bias": {d}, "ln_2.weight": {d}, "ln_2.bias": {d},
			"attn.c_attn.weight": {d, 3 * d}, "attn.c_attn.bias": {3 * d},
			"attn.c_proj.weight": {d, d}, "attn.c_proj.bias": {d},
			"mlp.c_fc.weight": {d, f}, "mlp.c_fc.bias": {f},
			"mlp.c_proj.weight": {f, d}, "mlp.c_proj.bias": {d},
		} {
			all[fmt.Sprintf("h.%d.%s", k, name)] = shape
		}
	}
	return all
}
