package weights

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ecalf/model/nn"
)

// gpt2Arrays are a small GPT-2's: one head, 3 blocks, 9 positions, 70 words.
func gpt2Arrays(prefix string) []nn.Array {
	b := gpt2Shape("small", 64, 9)
	b.Blocks = 3
	shapes := b.gpt2Shapes()
	shapes["wte.weight"] = []int{70, 64}
	shapes["h.0.attn.bias"] = []int{1, 1, 9, 9} // the causal mask, which published files hold
	var arrays []nn.Array
	for name, shape := range shapes {
		a := nn.Draw(1, name, nn.Normal(1), shape...)
		a.Name = prefix + name
		arrays = append(arrays, a)
	}
	return arrays
}

func writeGPT2(t *testing.T, path, prefix string) {
	t.Helper()
	saveArrays(t, path, gpt2Arrays(prefix))
}

func saveArrays(t *testing.T, path string, arrays []nn.Array) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := nn.Save(path, arrays, "F32", nil); err != nil {
		t.Fatal(err)
	}
}

// With the prefix of GPT2LMHeadModel or without, in six blocks of more or in three, the tensors are the file's.
func TestGPT2(t *testing.T) {
	for _, prefix := range []string{"", "transformer."} {
		dir := t.TempDir()
		writeGPT2(t, filepath.Join(dir, "gpt2/model.safetensors"), prefix)
		b, err := Open("gpt2", []string{dir}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if b.Width != 64 || b.Heads != 1 || b.Hidden != 256 || b.Blocks != 3 || b.Positions != 9 || b.Eps != 1e-5 {
			t.Errorf("prefix %q: sizes %+v", prefix, b)
		}
		if !strings.HasPrefix(b.Source, "model.safetensors sha256:") {
			t.Errorf("source %q", b.Source)
		}
		for name := range b.gpt2Shapes() {
			a, err := b.Tensor(name)
			if err != nil || a.Name != name || !slices.Equal(a.Values, nn.Draw(1, name, nn.Normal(1), a.Shape...).Values) {
				t.Errorf("prefix %q: %s has other values: %v", prefix, name, err)
			}
		}
		for _, name := range []string{"h.3.ln_1.weight", "wte.weight", "h.0.attn.bias"} {
			if _, err := b.Tensor(name); err == nil {
				t.Errorf("prefix %q: %s is no tensor of a backbone", prefix, name)
			}
		}
	}
}

func TestGPT2HasSixBlocksOfTwelve(t *testing.T) {
	b := gpt2Shape("deep", 64, 2)
	b.Blocks = 12
	arrays := []nn.Array{nn.Draw(1, "wte.weight", nn.Normal(1), 3, 64)}
	for name, shape := range b.gpt2Shapes() {
		arrays = append(arrays, nn.Draw(1, name, nn.Ones, shape...))
	}
	dir := t.TempDir()
	saveArrays(t, filepath.Join(dir, "gpt2/model.safetensors"), arrays)
	b, err := Open("gpt2", []string{dir}, 0)
	if err != nil || b.Blocks != 6 {
		t.Fatalf("%v, %v", b, err)
	}
	if _, err := b.Tensor("h.6.ln_1.weight"); err == nil {
		t.Error("a seventh block")
	}
}

func TestGPT2Refused(t *testing.T) {
	replace := func(name string, shape ...int) []nn.Array {
		arrays := slices.DeleteFunc(gpt2Arrays(""), func(a nn.Array) bool { return a.Name == name })
		if shape != nil {
			arrays = append(arrays, nn.Draw(1, name, nn.Ones, shape...))
		}
		return arrays
	}
	for _, c := range []struct {
		arrays []nn.Array
		want   string
	}{
		{replace("wpe.weight"), `"wpe.weight" is missing: is it a GPT-2`},
		{replace("wpe.weight", 9, 63), `"wpe.weight" has shape [9 63]`},
		{replace("wpe.weight", 0, 64), `"wpe.weight" has shape [0 64]`},
		{replace("h.0.ln_1.weight"), `"h.0.ln_1.weight" is missing`},
		{replace("h.2.mlp.c_fc.bias"), `"h.2.mlp.c_fc.bias" is missing`},
		{replace("h.1.attn.c_attn.weight", 192, 64), `"h.1.attn.c_attn.weight" has shape [192 64], want [64 192]`},
		{replace("wte.weight"), "no word embedding"},
		{replace("wte.weight", 70, 32), `"wte.weight" has shape [70 32], want (words, 64)`},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "gpt2/model.safetensors")
		saveArrays(t, path, c.arrays)
		_, err := Open("gpt2", []string{dir}, 0)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v, want one with %q and the path", err, c.want)
		}
	}
	_, err := Open("gpt2", []string{filepath.Dir(filepath.Dir(write(t, t.TempDir(), "gpt2/model.safetensors", []byte("no weights"))))}, 0)
	if err == nil {
		t.Error("a file that is no safetensors was opened")
	}
}
