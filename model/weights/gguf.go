// Reading GGUF files, versions 2 and 3: a header of counts, metadata by key, a description of every tensor, and then the
// tensors' values. A file is hostile until it is parsed: nothing is believed, and nothing of a claimed size allocated,
// that does not fit into it. The format is specified in ggml's docs/gguf.md.

package weights

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"ecalf/model/nn"
)

// ggufFile is an open GGUF file.
type ggufFile struct {
	path    string
	meta    map[string]any // by key: see (*ggufHeader).value for the types
	tensors map[string]ggufTensor
	reader  io.ReaderAt
}

// ggufTensor is the header's description of a tensor.
type ggufTensor struct {
	shape []int // slowest first, as everywhere but in the file
	kind  *ggmlType
	begin int64 // in the file
	size  int64 // bytes
}

const (
	ggufMagic          = "GGUF"
	ggufAlignmentKey   = "general.alignment"
	ggufAlignment      = 32 // where the key is missing
	ggufMostAlignment  = 1 << 20
	ggufMostDimensions = 4

	leastTensor = 8 + 4 + 8 + 4 + 8 // bytes of a tensor's description with an empty name and one dimension
	leastPair   = 8 + 4 + 1         // bytes of metadata with an empty key and a value of one byte
)

// openGGUF opens a file and checks its header. The values are read when they are asked for; the file is closed when
// nothing refers to it any more.
func openGGUF(path string) (*ggufFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	g, err := parseGGUF(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	g.path = path
	return g, nil
}

// parseGGUF reads and checks the header of a file of size bytes.
func parseGGUF(r io.ReaderAt, size int64) (*ggufFile, error) {
	h := newGGUFHeader(r, size)
	if magic := h.bytes(4); h.err != nil || string(magic) != ggufMagic {
		return nil, fmt.Errorf("begins with %q, want %q: no GGUF file", magic, ggufMagic)
	}
	switch version := h.uint32(); {
	case version&0xffff == 0 && version != 0:
		return nil, errors.New("a big-endian GGUF file: convert it to a little-endian one")
	case version != 2 && version != 3:
		return nil, fmt.Errorf("GGUF version %d: versions 2 and 3 can be read, convert it first", version)
	}
	tensors, pairs := h.uint64(), h.uint64()
	g := &ggufFile{reader: r}
	if g.meta = h.metadata(pairs); h.err != nil {
		return nil, h.err
	}
	alignment := int64(ggufAlignment)
	if v, ok := g.meta[ggufAlignmentKey]; ok {
		a, ok := v.(uint32)
		if !ok || a == 0 || a%8 != 0 || a > ggufMostAlignment {
			return nil, fmt.Errorf("%s is %v: want a multiple of 8 up to %d", ggufAlignmentKey, v, ggufMostAlignment)
		}
		alignment = int64(a)
	}
	if g.tensors = h.descriptions(tensors); h.err != nil {
		return nil, h.err
	}
	return g, g.place((h.at+alignment-1)/alignment*alignment, alignment, size)
}

// place checks that the tensors' values lie in the file, aligned and apart, the first possible one at byte data, and
// makes their offsets those in the file.
func (g *ggufFile) place(data, alignment, size int64) error {
	names := make([]string, 0, len(g.tensors))
	for name, t := range g.tensors {
		if t.begin%alignment != 0 {
			return fmt.Errorf("tensor %q: offset %d is no multiple of the alignment %d", name, t.begin, alignment)
		}
		if t.begin < 0 || t.size > size-data || t.begin > size-data-t.size {
			return fmt.Errorf("tensor %q: %d bytes at offset %d of %d: truncated or damaged", name, t.size, t.begin, max(0, size-data))
		}
		t.begin += data
		g.tensors[name] = t
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(g.tensors[a].begin, g.tensors[b].begin), cmp.Compare(a, b))
	})
	for i := 1; i < len(names); i++ {
		before, t := g.tensors[names[i-1]], g.tensors[names[i]]
		if before.begin+before.size > t.begin {
			return fmt.Errorf("tensors %q and %q overlap", names[i-1], names[i])
		}
	}
	return nil
}

// read returns the values of a tensor as float32, row-major in its shape. It is an nn.Lookup.
func (g *ggufFile) read(name string) (nn.Array, error) {
	t, ok := g.tensors[name]
	if !ok {
		return nn.Array{}, fmt.Errorf("%s: tensor %q: %w", g.path, name, nn.ErrNotFound)
	}
	if t.kind.decode == nil {
		return nn.Array{}, fmt.Errorf("%s: tensor %q is %s: only %s can be read, quantise the model to one of them", g.path, name, t.kind.name, readable())
	}
	const chunk = 1 << 15 // blocks
	block := int64(t.kind.bytes)
	buf := make([]byte, min(t.size, chunk*block))
	values := make([]float32, t.size/block*int64(t.kind.values))
	for rest, at := values, t.begin; len(rest) > 0; {
		raw := buf[:min(int64(len(buf)), t.begin+t.size-at)]
		if _, err := g.reader.ReadAt(raw, at); err != nil {
			return nn.Array{}, fmt.Errorf("%s: tensor %q, byte %d: %w", g.path, name, at, err)
		}
		n := len(raw) / t.kind.bytes * t.kind.values
		t.kind.decode(rest[:n], raw)
		rest, at = rest[n:], at+int64(len(raw))
	}
	return nn.Array{Name: name, Shape: slices.Clone(t.shape), Values: values}, nil
}
