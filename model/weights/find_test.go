package weights

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/model/nn"
)

// folder is a weights directory with some of the known files, all of them tiny.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		switch name {
		case "gpt2":
			writeGPT2(t, filepath.Join(dir, "gpt2", "model.safetensors"), "")
		case "smollm2":
			write(t, dir, "smollm2-135m-first6.gguf", testLLaMA().bytes())
		}
	}
	return dir
}

func TestResolve(t *testing.T) {
	both, one, none := folder(t, "gpt2", "smollm2"), folder(t, "smollm2"), folder(t)
	for _, c := range []struct {
		name string
		dirs []string
		want string
	}{
		{"auto", []string{both}, "gpt2"},
		{"auto", []string{none, one}, "smollm2"},
		{"auto", []string{one, both}, "gpt2"}, // the better file, wherever it is
		{"auto", []string{none}, "random"},
		{"auto", nil, "random"},
		{"smollm2", []string{none}, "smollm2"},
		{"gguf:x.gguf", nil, "gguf:x.gguf"},
	} {
		if got := Resolve(c.name, c.dirs); got != c.want {
			t.Errorf("Resolve(%q, %v) = %q, want %q", c.name, c.dirs, got, c.want)
		}
	}
}

func TestOpenByName(t *testing.T) {
	dir := folder(t, "gpt2", "smollm2")
	path := filepath.Join(dir, "smollm2-135m-first6.gguf")
	for _, c := range []struct {
		name, wantName string
		arch           Arch
		width, blocks  int
	}{
		{"auto", "gpt2", GPT2, 64, 3},
		{"gpt2", "gpt2", GPT2, 64, 3},
		{"smollm2", "smollm2", LLaMA, testWidth, testBlocks},
		{"gguf:" + path, "gguf:" + path, LLaMA, testWidth, testBlocks},
		{"gguf:smollm2-135m-first6.gguf", "gguf:smollm2-135m-first6.gguf", LLaMA, testWidth, testBlocks}, // in dirs
		{"random", "random", GPT2, 768, 6},
		{"none", "none", None, 768, 6},
	} {
		b, err := Open(c.name, []string{dir}, 1)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if b.Name != c.wantName || b.Arch != c.arch || b.Width != c.width || b.Blocks != c.blocks {
			t.Errorf("%s: %v", c.name, b)
		}
		if p := b.Prototypes; len(p.Shape) != 2 || p.Shape[1] != b.Width || len(p.Values) != p.Shape[0]*p.Shape[1] {
			t.Errorf("%s: prototypes of shape %v and %d values for width %d", c.name, p.Shape, len(p.Values), b.Width)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		name     string
		notFound bool
		want     []string // parts of the error
	}{
		{"gpt2", true, []string{"gpt2/model.safetensors", empty, "weights fetch gpt2", "--weights", "--only backbone=random"}},
		{"smollm2", true, []string{"smollm2-135m-first6.gguf", empty, "--weights", "--only backbone=random"}},
		{"gguf:x.gguf", true, []string{"x.gguf", empty, "--only backbone=random"}},
		{"gpt3", false, []string{`unknown backbone "gpt3"`, "gguf:FILE"}},
		{"", false, []string{"unknown backbone"}},
	} {
		_, err := Open(c.name, []string{empty}, 1)
		if err == nil {
			t.Errorf("%s: no error", c.name)
			continue
		}
		if notFound := new(NotFoundError); errors.As(err, &notFound) != c.notFound {
			t.Errorf("%s: %T, want a NotFoundError: %v", c.name, err, c.notFound)
		}
		for _, part := range c.want {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: error %q lacks %q", c.name, err, part)
			}
		}
	}
}

func TestDirs(t *testing.T) {
	list := func(dirs ...string) string { return strings.Join(dirs, string(filepath.ListSeparator)) }
	for _, c := range []struct {
		flag, env string
		want      []string
	}{
		{"", "", []string{"weights"}},
		{"", list("a", "b"), []string{"a", "b", "weights"}},
		{"", list("weights", "b"), []string{"weights", "b"}},
		{list("x", "y"), "a", []string{"x", "y"}},
	} {
		t.Setenv("ECALF_WEIGHTS", c.env)
		if got := Dirs(c.flag); !slices.Equal(got, c.want) {
			t.Errorf("flag %q, environment %q: %v, want %v", c.flag, c.env, got, c.want)
		}
	}
}

// The hash is kept while the file stays as it is, and no longer. The sums are sha256sum's of "abc" and "abcd".
func TestFileSHA256(t *testing.T) {
	path := write(t, t.TempDir(), "w", []byte("abc"))
	for _, c := range []struct{ text, want string }{
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcd", "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got, err := FileSHA256(path); got != c.want || err != nil {
				t.Errorf("%q: %s, %v", c.text, got, err)
			}
		}
	}
}

// The values of random and none are those of the seed; another seed has others.
func TestDrawn(t *testing.T) {
	for _, name := range []string{"random", "none"} {
		a, _ := Open(name, nil, 1)
		b, _ := Open(name, nil, 1)
		c, _ := Open(name, nil, 2)
		if !slices.Equal(a.Prototypes.Values, b.Prototypes.Values) {
			t.Errorf("%s: the same seed, other prototypes", name)
		}
		if slices.Equal(a.Prototypes.Values, c.Prototypes.Values) {
			t.Errorf("%s: another seed, the same prototypes", name)
		}
	}
	b := Random(1)
	for name, shape := range b.gpt2Shapes() {
		if a, err := b.Tensor(name); err != nil || !slices.Equal(a.Shape, shape) {
			t.Errorf("%s: shape %v, %v", name, a.Shape, err)
		}
	}
	if _, err := b.Tensor("h.6.ln_1.weight"); !errors.Is(err, nn.ErrNotFound) {
		t.Errorf("a seventh block: %v", err)
	}
}

// A LLaMA's backbone: names, shapes, values, with the rows of q and k where rotate_half wants them.
func TestLLaMA(t *testing.T) {
	text := testLLaMA()
	b, err := Open("gguf:"+write(t, t.TempDir(), "small.gguf", text.bytes()), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := Backbone{Width: 8, Heads: 2, KVHeads: 1, Hidden: 12, Blocks: 2, Positions: 64, Eps: 1e-6, RoPEBase: 10000} // the format's default base
	if b.Width != want.Width || b.Heads != want.Heads || b.KVHeads != want.KVHeads || b.Hidden != want.Hidden ||
		b.Blocks != want.Blocks || b.Positions != want.Positions || b.Eps != want.Eps || b.RoPEBase != want.RoPEBase {
		t.Errorf("sizes %+v, want %+v", b, want)
	}
	stored := func(name string) []float32 {
		i := slices.IndexFunc(text.tensors, func(v ggufValues) bool { return v.name == name })
		return decodeFloats(text.tensors[i].raw)
	}
	plain := map[string]string{
		"norm.weight":                              "output_norm.weight",
		"layers.0.input_layernorm.weight":          "blk.0.attn_norm.weight",
		"layers.0.self_attn.v_proj.weight":         "blk.0.attn_v.weight",
		"layers.1.self_attn.o_proj.weight":         "blk.1.attn_output.weight",
		"layers.1.post_attention_layernorm.weight": "blk.1.ffn_norm.weight",
		"layers.0.mlp.gate_proj.weight":            "blk.0.ffn_gate.weight",
		"layers.0.mlp.up_proj.weight":              "blk.0.ffn_up.weight",
		"layers.1.mlp.down_proj.weight":            "blk.1.ffn_down.weight",
	}
	for name, in := range plain {
		a, err := b.Tensor(name)
		if err != nil || a.Name != name || !slices.Equal(a.Values, stored(in)) {
			t.Errorf("%s is not %s: %v", name, in, err)
		}
	}
	// Stored row 2j+i of a head of 4 is row i·2+j: rows 0 1 2 3 are wanted rows 0 2 1 3.
	for name, c := range map[string]struct {
		in    string
		heads int
	}{
		"layers.0.self_attn.q_proj.weight": {"blk.0.attn_q.weight", 2},
		"layers.1.self_attn.k_proj.weight": {"blk.1.attn_k.weight", 1},
	} {
		a, err := b.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		from := stored(c.in)
		for head := range c.heads {
			for row, wanted := range []int{0, 2, 1, 3} {
				got, want := a.Values[(4*head+wanted)*testWidth:][:testWidth], from[(4*head+row)*testWidth:][:testWidth]
				if !slices.Equal(got, want) {
					t.Errorf("%s, head %d: row %d is not stored row %d", name, head, wanted, row)
				}
			}
		}
	}
	for _, name := range []string{"layers.2.input_layernorm.weight", "token_embd.weight", "blk.0.attn_q.weight"} {
		if _, err := b.Tensor(name); !errors.Is(err, nn.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file whose LLaMA cannot be computed here is refused with the reason.
func TestLLaMARefused(t *testing.T) {
	const u32, f32, text, array = 4, 6, 8, 9
	with := func(key string, kind uint32, value any) *ggufText {
		f := testLLaMA().without(key)
		f.set(key, kind, value)
		return f
	}
	plus := func(name string, shape ...int) *ggufText {
		f := testLLaMA().without(name)
		f.add(name, shape, nn.Draw(1, name, nn.Ones, shape...).Values)
		return f
	}
	for _, c := range []struct {
		name string
		file *ggufText
		want string
	}{
		{"another architecture", with("general.architecture", text, "bert"), "only llama"},
		{"no architecture", testLLaMA().without("general.architecture"), "only llama"},
		{"no width", testLLaMA().without("llama.embedding_length"), "llama.embedding_length is missing"},
		{"no epsilon", testLLaMA().without("llama.attention.layer_norm_rms_epsilon"), "layer_norm_rms_epsilon is missing"},
		{"no blocks", with("llama.block_count", u32, uint32(0)), "llama.block_count is 0"},
		{"width in words", with("llama.embedding_length", text, "eight"), "llama.embedding_length is eight"},
		{"heads per block", with("llama.attention.head_count", array, le(uint32(u32), uint64(2), uint32(2), uint32(2))), "head_count is [2 2]"},
		{"heads that do not divide", with("llama.attention.head_count", u32, uint32(3)), "do not divide"},
		{"huge width", with("llama.embedding_length", u32, uint32(1<<31-8)), "want [2147483640"},
		{"negative epsilon", with("llama.attention.layer_norm_rms_epsilon", f32, float32(-1)), "is -1: want a positive"},
		{"part of a head rotated", with("llama.rope.dimension_count", u32, uint32(2)), "rope.dimension_count is 2"},
		{"wide heads", with("llama.attention.key_length", u32, uint32(8)), "key_length is 8"},
		{"scaled positions", with("llama.rope.scaling.type", text, "yarn"), "yarn"},
		{"frequencies", plus("rope_freqs.weight", 2), "rope_freqs.weight"},
		{"a bias", plus("blk.1.attn_q.bias", testWidth), `"blk.1.attn_q.bias"`},
		{"a missing tensor", testLLaMA().without("blk.1.ffn_up.weight"), `"blk.1.ffn_up.weight" is missing`},
		{"a wrong shape", plus("blk.0.attn_v.weight", testWidth, testWidth), `"blk.0.attn_v.weight" has shape [8 8], want [4 8]`},
		{"neither embedding nor prototypes", testLLaMA().without("token_embd.weight"), "has no word embedding, and there are no prototypes beside it: put them into"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := write(t, t.TempDir(), "small.gguf", c.file.bytes())
			_, err := Open("gguf:"+path, nil, 0)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q and the path", err, c.want)
			}
		})
	}
	if f := testLLaMA(); !bytes.Equal(f.bytes(), f.without().bytes()) {
		t.Error("without nothing is not the same file")
	}
}

// The sums are sha256sum's of "abc" and "abcd".
func TestVerify(t *testing.T) {
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	const abcd = "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"
	dir := t.TempDir()
	write(t, dir, "w/model", []byte("abc"))
	write(t, dir, "w/prototypes", []byte("abcd"))
	for _, c := range []struct {
		file KnownFile
		want string // a part of the error
	}{
		{KnownFile{File: "w/model", SHA256: abc}, ""},
		{KnownFile{File: "w/model", SHA256: abcd}, "w/model has the SHA-256 " + abc},
		{KnownFile{File: "w/model", SHA256: abc, Prototypes: "prototypes", GivenSum: abcd}, ""},
		{KnownFile{File: "w/model", SHA256: abc, Prototypes: "prototypes", GivenSum: abc}, "w/prototypes has the SHA-256 " + abcd},
		{KnownFile{File: "w/model", SHA256: abc, Prototypes: "none", GivenSum: abc}, "w/none"},
		{KnownFile{File: "w/none", SHA256: abc}, "no w/none in " + dir},
	} {
		_, err := c.file.Verify([]string{dir})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want one with %q", c.file, err, c.want)
		}
	}
}
