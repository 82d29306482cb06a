package weights

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ecalf/model/nn"
)

// SmolLM2's file beside the repository, where it is: the counts of its README, and values that NumPy computed from the
// bytes at the places that are said (float16 d and m, then w = d·q + m in float32).
func TestSmolLM2(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "shared", "weights")
	path := filepath.Join(dir, "smollm2-135m-first6.gguf")
	if _, err := os.Stat(path); err != nil {
		t.Skip("SmolLM2's weights are not beside the repository; TestGGUFFormats and TestLLaMA test the same on small files")
	}
	g, err := openGGUF(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(g.tensors) != 6*9+1 || len(g.meta) != 14 {
		t.Errorf("%d tensors and %d values of metadata, want 55 and 14", len(g.tensors), len(g.meta))
	}
	for _, c := range []struct {
		name  string
		shape []int
		at    int // of the first value below
		want  map[int]float32
	}{
		{"blk.0.attn_q.weight", []int{576, 576}, 0, // bytes 6176 to 6195
			map[int]float32{0: -0.0963134765625, 1: 0.1573486328125, 15: 0.537841796875, 16: -0.22314453125, 31: -0.0963134765625}},
		{"blk.3.attn_v.weight", []int{192, 576}, 100 * 32, // bytes 6934000 to 6934019
			map[int]float32{0: 0.061279296875, 1: 0.095794677734375, 15: 0.13031005859375, 16: -0.00775146484375, 31: 0.1993408203125}},
		{"blk.5.ffn_down.weight", []int{576, 1536}, 576*1536 - 32, // bytes 13302540 to 13302559
			map[int]float32{0: 0.173095703125, 1: 0.423583984375, 15: 0.1104736328125, 16: 0.0478515625, 31: 0.173095703125}},
		{"blk.0.attn_norm.weight", []int{576}, 0, map[int]float32{0: 0.01397705078125, 1: 0.0238037109375}},
		{"output_norm.weight", []int{576}, 0, map[int]float32{0: 1.7578125, 1: 1.8203125}},
	} {
		a, err := g.read(c.name)
		if err != nil || !slices.Equal(a.Shape, c.shape) {
			t.Errorf("%s: shape %v, %v, want %v", c.name, a.Shape, err, c.shape)
			continue
		}
		for i, want := range c.want {
			if got := a.Values[c.at+i]; got != want {
				t.Errorf("%s: value %d is %g, want %g", c.name, c.at+i, got, want)
			}
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range g.tensors {
		a, err := g.read(name)
		if err != nil {
			t.Fatal(err)
		}
		if v.kind.name != "Q4_1" {
			continue
		}
		for i, got := range a.Values {
			block := raw[v.begin+int64(i/32*20):]
			half := func(b []byte) float32 { return nn.FromF16(binary.LittleEndian.Uint16(b)) }
			q := block[4+i%16] >> (i % 32 / 16 * 4) & 15
			if want := float32(half(block)*float32(q)) + half(block[2:]); got != want {
				t.Fatalf("%s: value %d is %g, want %g", name, i, got, want)
			}
		}
	}
	b, err := Open("smollm2", []string{dir}, 0)
	if err != nil {
		t.Fatal(err)
	}
	if b.Width != 576 || b.Heads != 9 || b.KVHeads != 3 || b.Hidden != 1536 || b.Blocks != 6 || b.Positions != 8192 || b.RoPEBase != 100000 || b.Eps != 1e-5 {
		t.Errorf("sizes %+v", b)
	}
	if !slices.Equal(b.Prototypes.Shape, []int{500, 576}) || b.Source != "smollm2-135m-first6.gguf sha256:4213cc0efc13" {
		t.Errorf("prototypes of shape %v, source %q", b.Prototypes.Shape, b.Source)
	}
}
