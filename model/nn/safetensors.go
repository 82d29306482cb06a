// Reading safetensors files: eight bytes with the length of a header, the header in JSON,
// the values of all tensors one after the other. A file is hostile until it is parsed:
// nothing is believed, and nothing of a claimed size allocated, that does not fit into
// it.

package nn

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"golang.org/x/sys/unix"
)

// maxHeader is the format's own limit on the header's length.
const maxHeader = 100_000_000

// metadataKey is the header's entry that is no tensor.
const metadataKey = "__metadata__"

// File is an open safetensors file.
type File struct {
	Metadata map[string]string // free text that was saved with the tensors

	path    string
	names   []string // in the order of the values
	tensors map[string]entry
	data    int64 // where the values begin
	reader  io.ReaderAt
	mapped  []byte // the whole file; nil where it cannot be mapped, and is read instead
	close   func() error
}

// entry is the header's description of a tensor.
type entry struct {
	DType   string  `json:"dtype"`
	Shape   []int   `json:"shape"`
	Offsets []int64 `json:"data_offsets"` // begin and end among the values
}

// Open opens a file and checks its header: types, sizes, and that the tensors fill the
// file without gaps or overlaps. The values are read when they are asked for.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s, err := parse(f, info.Size())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	s.path, s.close = path, f.Close
	if n := int(info.Size()); int64(n) == info.Size() { // it fits into the address space
		if mapped, err := unix.Mmap(int(f.Fd()), 0, n, unix.PROT_READ, unix.MAP_SHARED); err == nil {
			s.mapped = mapped
			s.close = func() error { return errors.Join(unix.Munmap(mapped), f.Close()) }
		}
	}
	return s, nil
}

// Close releases the file. Arrays that were read stay.
func (f *File) Close() error {
	f.mapped = nil
	return f.close()
}

// Names are the tensors in the order of their values.
func (f *File) Names() []string { return f.names }

// Shape is that of a tensor; false if there is none of the name.
func (f *File) Shape(name string) ([]int, bool) {
	e, ok := f.tensors[name]
	return e.Shape, ok
}

// Read returns the values of a tensor as float32. F32, F16 and BF16 can be read. It is a
// Lookup.
func (f *File) Read(name string) (Array, error) {
	e, ok := f.tensors[name]
	if !ok {
		return Array{}, fmt.Errorf("%s: tensor %q: %w", f.path, name, ErrNotFound)
	}
	decode := decoders[e.DType]
	if decode == nil {
		return Array{}, fmt.Errorf("%s: tensor %q is %s: only F32, F16 and BF16 can be read, convert it first", f.path, name, e.DType)
	}
	raw, err := f.bytes(f.data+e.Offsets[0], f.data+e.Offsets[1])
	if err != nil {
		return Array{}, fmt.Errorf("%s: tensor %q: %w", f.path, name, err)
	}
	values := make([]float32, len(raw)/sizes[e.DType])
	if err := guarded(func() { decode(values, raw) }); err != nil {
		return Array{}, fmt.Errorf("%s: tensor %q: %w", f.path, name, err)
	}
	return Array{name, slices.Clone(e.Shape), values}, nil
}

// bytes are those of the file from lo to hi, which parse has checked.
func (f *File) bytes(lo, hi int64) ([]byte, error) {
	if f.mapped != nil {
		return f.mapped[lo:hi], nil
	}
	raw := make([]byte, hi-lo)
	_, err := f.reader.ReadAt(raw, lo)
	if err == io.EOF && len(raw) == 0 {
		err = nil
	}
	return raw, err
}

// guarded turns the fault of reading a mapped file that was cut short meanwhile into an
// error.
func guarded(read func()) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the file changed while it was read: %v", r)
		}
	}()
	read()
	return nil
}

// parse reads and checks the header of a file of the given size.
func parse(r io.ReaderAt, size int64) (*File, error) {
	var prefix [8]byte
	if size < int64(len(prefix)) {
		return nil, fmt.Errorf("%d bytes are too few for a safetensors file", size)
	}
	if _, err := r.ReadAt(prefix[:], 0); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint64(prefix[:])
	if length > maxHeader || int64(length) > size-8 {
		return nil, fmt.Errorf("header of %d bytes in a file of %d, at most %d are allowed: truncated, or no safetensors file", length, size, maxHeader)
	}
	header := make([]byte, length)
	if _, err := r.ReadAt(header, 8); err != nil {
		return nil, err
	}
	f := &File{tensors: map[string]entry{}, data: 8 + int64(length), reader: r}
	if err := f.parseHeader(header); err != nil {
		return nil, err
	}
	return f, f.checkOffsets(size - f.data)
}

// parseHeader reads the JSON entry by entry, so that names given twice are found.
func (f *File) parseHeader(header []byte) error {
	d := json.NewDecoder(bytes.NewReader(header))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return errors.New("the header is not a JSON object: no safetensors file")
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return fmt.Errorf("header, byte %d: %w", d.InputOffset(), err)
		}
		name, ok := t.(string)
		if !ok || seen[name] {
			return fmt.Errorf("header, byte %d: name %q is given twice", d.InputOffset(), name)
		}
		seen[name] = true
		if name == metadataKey {
			if err := d.Decode(&f.Metadata); err != nil {
				return fmt.Errorf("header, metadata: %w", err)
			}
			continue
		}
		var e entry
		if err := d.Decode(&e); err != nil {
			return fmt.Errorf("header, tensor %q: %w", name, err)
		}
		if len(e.Offsets) != 2 || e.Shape == nil {
			return fmt.Errorf("header, tensor %q: want a shape and two data_offsets", name)
		}
		f.tensors[name] = e
		f.names = append(f.names, name)
	}
	if _, err := d.Token(); err != nil {
		return fmt.Errorf("header, byte %d: %w", d.InputOffset(), err)
	}
	if rest := bytes.Trim(header[d.InputOffset():], " \t\r\n"); len(rest) != 0 {
		return fmt.Errorf("header, byte %d: text after the object", d.InputOffset())
	}
	return nil
}

// checkOffsets checks that the tensors fill the size bytes of values one after the other,
// each with as many as its shape needs.
func (f *File) checkOffsets(size int64) error {
	slices.SortStableFunc(f.names, func(a, b string) int {
		return slices.Compare(f.tensors[a].Offsets, f.tensors[b].Offsets)
	})
	var at int64
	for _, name := range f.names {
		e := f.tensors[name]
		lo, hi := e.Offsets[0], e.Offsets[1]
		switch {
		case lo < 0 || hi < lo || hi > size:
			return fmt.Errorf("tensor %q: bytes [%d, %d) of %d: truncated or damaged", name, lo, hi, size)
		case lo != at:
			return fmt.Errorf("tensor %q: begins at byte %d, the one before ends at %d: they overlap or leave a gap", name, lo, at)
		}
		at = hi
		width, ok := sizes[e.DType]
		if !ok {
			return fmt.Errorf("tensor %q: unknown dtype %q", name, e.DType)
		}
		if n, ok := elements(e.Shape, (hi-lo)/int64(width)); !ok || n*int64(width) != hi-lo {
			return fmt.Errorf("tensor %q: %d bytes for shape %v of %s", name, hi-lo, e.Shape, e.DType)
		}
	}
	if at != size {
		return fmt.Errorf("%d bytes after the last tensor", size-at)
	}
	return nil
}

// elements is the product of shape, false if it is negative or beyond limit.
func elements(shape []int, limit int64) (int64, bool) {
	if slices.Contains(shape, 0) {
		return 0, slices.Min(shape) == 0
	}
	n := int64(1)
	for _, s := range shape {
		if s < 0 || int64(s) > limit/n {
			return 0, false
		}
		n *= int64(s)
	}
	return n, true
}
