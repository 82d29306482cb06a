// The header of a GGUF file: counts, metadata of every type, and descriptions of tensors, read in order and checked
// against the bytes that are left.

package weights

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// ggufHeader reads a header from its beginning. The first error stays, and every later value is zero.
type ggufHeader struct {
	r    *bufio.Reader
	at   int64 // bytes read
	size int64 // of the file
	err  error
}

func newGGUFHeader(r io.ReaderAt, size int64) *ggufHeader {
	return &ggufHeader{r: bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16), size: size}
}

// fail keeps the first error, with its place.
func (h *ggufHeader) fail(format string, args ...any) {
	if h.err == nil {
		h.err = fmt.Errorf("header, byte %d: %w", h.at, fmt.Errorf(format, args...))
	}
}

// room says whether n things of at least least bytes each can still follow.
func (h *ggufHeader) room(n uint64, least int64, what string) bool {
	if h.err == nil && n > uint64((h.size-h.at)/least) {
		h.fail("%d %s, with %d bytes left in the file: truncated or damaged", n, what, h.size-h.at)
	}
	return h.err == nil
}

// bytes are the next n.
func (h *ggufHeader) bytes(n uint64) []byte {
	if !h.room(n, 1, "bytes") {
		return nil
	}
	b := make([]byte, n)
	got, err := io.ReadFull(h.r, b)
	if err != nil {
		h.fail("%w", err)
		return nil
	}
	h.at += int64(got)
	return b
}

// number is the next little-endian number of n bytes.
func (h *ggufHeader) number(n uint64) uint64 {
	var word [8]byte
	copy(word[:], h.bytes(n))
	return binary.LittleEndian.Uint64(word[:])
}

func (h *ggufHeader) uint32() uint32 { return uint32(h.number(4)) }
func (h *ggufHeader) uint64() uint64 { return h.number(8) }
func (h *ggufHeader) text() string   { return string(h.bytes(h.uint64())) }

// The types of metadata values that are no numbers, as the file numbers them, and the fewest bytes of each: an empty
// string is its length, an empty array the type of its elements and its length.
const (
	metaString, leastString = 8, 8
	metaArray, leastArray   = 9, 4 + 8
)

// metaNumber is how a type of numbers is read.
type metaNumber struct {
	bytes int64
	one   func(h *ggufHeader) any           // a T
	many  func(h *ggufHeader, n uint64) any // a []T
}

// metaNumbers are those types as the file numbers them.
var metaNumbers = map[uint32]metaNumber{
	0: metaNumberOf[uint8](), 1: metaNumberOf[int8](), 2: metaNumberOf[uint16](), 3: metaNumberOf[int16](),
	4: metaNumberOf[uint32](), 5: metaNumberOf[int32](), 6: metaNumberOf[float32](), 7: metaNumberOf[bool](),
	10: metaNumberOf[uint64](), 11: metaNumberOf[int64](), 12: metaNumberOf[float64](),
}

func metaNumberOf[T any]() metaNumber {
	width := int64(binary.Size(*new(T)))
	many := func(h *ggufHeader, n uint64) []T {
		if !h.room(n, width, "numbers") {
			return make([]T, 1)
		}
		list := make([]T, n)
		if err := binary.Read(h.r, binary.LittleEndian, list); err != nil {
			h.fail("%w", err)
		}
		h.at += int64(n) * width
		return list
	}
	return metaNumber{
		bytes: width,
		one:   func(h *ggufHeader) any { return many(h, 1)[0] },
		many:  func(h *ggufHeader, n uint64) any { return many(h, n) },
	}
}

// metaDepth is how deep arrays may lie in arrays.
const metaDepth = 4

// metadata reads pairs of key and value. A key that is given twice is an error.
func (h *ggufHeader) metadata(pairs uint64) map[string]any {
	meta := map[string]any{}
	if !h.room(pairs, leastPair, "metadata values") {
		return nil
	}
	for range pairs {
		key := h.text()
		if _, twice := meta[key]; twice {
			h.fail("key %q is given twice", key)
		}
		kind := h.uint32()
		if meta[key] = h.value(kind, 0); h.err != nil {
			h.err = fmt.Errorf("metadata %q: %w", key, h.err)
			return nil
		}
	}
	return meta
}

// value reads a value: a number of its own size, a bool, a string, or a list (see array).
func (h *ggufHeader) value(kind uint32, depth int) any {
	if number, ok := metaNumbers[kind]; ok {
		return number.one(h)
	}
	switch kind {
	case metaString:
		return h.text()
	case metaArray:
		return h.array(depth + 1)
	}
	h.fail("unknown type %d of a value", kind)
	return nil
}

// array reads the type of the elements, their number, and them: a slice of numbers, bools or strings, or an []any of
// such slices.
func (h *ggufHeader) array(depth int) any {
	kind, n := h.uint32(), h.uint64()
	if number, ok := metaNumbers[kind]; ok {
		return number.many(h, n)
	}
	switch {
	case depth > metaDepth:
		h.fail("arrays in arrays, more than %d deep", metaDepth)
	case kind == metaString && h.room(n, leastString, "strings"):
		list := make([]string, n)
		for i := range list {
			list[i] = h.text()
		}
		return list
	case kind == metaArray && h.room(n, leastArray, "arrays"):
		list := make([]any, n)
		for i := range list {
			list[i] = h.array(depth + 1)
		}
		return list
	default:
		h.fail("unknown type %d of an array's elements", kind)
	}
	return nil
}

// descriptions reads those of n tensors, whose begin is the offset among the values for now.
func (h *ggufHeader) descriptions(n uint64) map[string]ggufTensor {
	if !h.room(n, leastTensor, "tensors") {
		return nil
	}
	tensors := map[string]ggufTensor{}
	for range n {
		name := h.text()
		if _, twice := tensors[name]; twice {
			h.fail("tensor %q is given twice", name)
		}
		t, err := h.tensor()
		if h.err == nil && err != nil {
			h.fail("%w", err)
		}
		if h.err != nil {
			h.err = fmt.Errorf("tensor %q: %w", name, h.err)
			return nil
		}
		tensors[name] = t
	}
	return tensors
}

// tensor reads a description behind its name.
func (h *ggufHeader) tensor() (ggufTensor, error) {
	dimensions := h.uint32()
	if dimensions < 1 || dimensions > ggufMostDimensions {
		return ggufTensor{}, fmt.Errorf("%d dimensions, want 1 to %d", dimensions, ggufMostDimensions)
	}
	t := ggufTensor{shape: make([]int, dimensions)}
	count := int64(1)
	for i := range t.shape {
		d := h.uint64()
		if h.err == nil && (d == 0 || d > uint64(math.MaxInt64/count)) {
			return t, fmt.Errorf("dimension %d is %d: zero, or more values than can be counted", i, d)
		}
		t.shape[len(t.shape)-1-i] = int(d)
		count *= max(1, int64(d))
	}
	kind, offset := h.uint32(), h.uint64()
	if t.kind = ggmlTypes[kind]; t.kind == nil {
		return t, fmt.Errorf("unknown tensor type %d", kind)
	}
	if row := t.shape[len(t.shape)-1]; row%t.kind.values != 0 {
		return t, fmt.Errorf("rows of %d values in blocks of %d (%s)", row, t.kind.values, t.kind.name)
	}
	blocks := count / int64(t.kind.values)
	if blocks > h.size/int64(t.kind.bytes) || offset > uint64(h.size) {
		return t, fmt.Errorf("shape %v of %s at offset %d in a file of %d bytes: truncated or damaged", t.shape, t.kind.name, offset, h.size)
	}
	t.begin, t.size = int64(offset), blocks*int64(t.kind.bytes)
	return t, nil
}
