// What the tests write: GGUF files, whole ones and such with a fault.

package weights

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ecalf/model/nn"
)

// ggufText is a GGUF file in the making.
type ggufText struct {
	version uint32
	pairs   [][]byte // key, type and value
	tensors []ggufValues
}

// ggufValues is a tensor: its dimensions in the file's order, its type's number and bytes.
type ggufValues struct {
	name   string
	dims   []uint64
	kind   uint32
	raw    []byte
	offset uint64 // added to the right one
}

func le(values ...any) []byte {
	var b []byte
	for _, v := range values {
		switch v := v.(type) {
		case string:
			b = append(binary.LittleEndian.AppendUint64(b, uint64(len(v))), v...)
		case []byte:
			b = append(b, v...)
		default:
			var err error
			if b, err = binary.Append(b, binary.LittleEndian, v); err != nil {
				panic(err)
			}
		}
	}
	return b
}

func (f *ggufText) set(key string, kind uint32, value any) {
	f.pairs = append(f.pairs, le(key, kind, value))
}

// add appends a tensor in F32; shape is slowest first.
func (f *ggufText) add(name string, shape []int, values []float32) {
	dims := make([]uint64, len(shape))
	for i, s := range shape {
		dims[len(shape)-1-i] = uint64(s)
	}
	f.tensors = append(f.tensors, ggufValues{name: name, dims: dims, raw: le(values)})
}

// bytes are the file's, aligned to 32.
func (f *ggufText) bytes() []byte {
	align := func(b []byte) []byte {
		for len(b)%32 != 0 {
			b = append(b, 0)
		}
		return b
	}
	b := le([]byte("GGUF"), f.version, uint64(len(f.tensors)), uint64(len(f.pairs)))
	for _, p := range f.pairs {
		b = append(b, p...)
	}
	var data []byte
	for _, t := range f.tensors {
		data = align(data)
		b = append(b, le(t.name, uint32(len(t.dims)), t.dims, t.kind, uint64(len(data))+t.offset)...)
		data = append(data, t.raw...)
	}
	return append(align(b), data...)
}

// The sizes of the LLaMA that tests write: its query heads of 4 and one key and value head have rows to unpair.
const (
	testWidth  = 8
	testHeads  = 2
	testKV     = 1
	testHidden = 12
	testBlocks = 2
	testWords  = 20
)

// testLLaMA is a small LLaMA with drawn values, as llama.cpp would write it.
func testLLaMA() *ggufText {
	const u32, f32, text = 4, 6, 8
	f := &ggufText{version: 3}
	f.set("general.architecture", text, "llama")
	f.set("llama.embedding_length", u32, uint32(testWidth))
	f.set("llama.attention.head_count", u32, uint32(testHeads))
	f.set("llama.attention.head_count_kv", u32, uint32(testKV))
	f.set("llama.feed_forward_length", u32, uint32(testHidden))
	f.set("llama.context_length", u32, uint32(64))
	f.set("llama.block_count", u32, uint32(testBlocks))
	f.set("llama.attention.layer_norm_rms_epsilon", f32, float32(1e-6))
	add := func(name string, shape ...int) {
		f.add(name, shape, nn.Draw(1, name, nn.Normal(1), shape...).Values)
	}
	add("token_embd.weight", testWords, testWidth)
	add("output_norm.weight", testWidth)
	const kv = testWidth / testHeads * testKV
	for k := range testBlocks {
		block := func(part string, shape ...int) { add(fmt.Sprintf("blk.%d.%s.weight", k, part), shape...) }
		block("attn_norm", testWidth)
		block("attn_q", testWidth, testWidth)
		block("attn_k", kv, testWidth)
		block("attn_v", kv, testWidth)
		block("attn_output", testWidth, testWidth)
		block("ffn_norm", testWidth)
		block("ffn_gate", testHidden, testWidth)
		block("ffn_up", testHidden, testWidth)
		block("ffn_down", testWidth, testHidden)
	}
	return f
}

// without is f less the tensors and metadata of those names.
func (f *ggufText) without(names ...string) *ggufText {
	out := &ggufText{version: f.version}
	for _, p := range f.pairs {
		n := binary.LittleEndian.Uint64(p)
		if !slices.Contains(names, string(p[8:8+n])) {
			out.pairs = append(out.pairs, p)
		}
	}
	for _, t := range f.tensors {
		if !slices.Contains(names, t.name) {
			out.tensors = append(out.tensors, t)
		}
	}
	return out
}

// write puts the bytes into a file.
func write(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// decodeFloats are the values of F32 bytes.
func decodeFloats(raw []byte) []float32 {
	out := make([]float32, len(raw)/4)
	for i := range out {
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return out
}
