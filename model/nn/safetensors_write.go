// Writing safetensors files.

package nn

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/google/renameio/v2"
)

// Save writes arrays as a safetensors file in their order, values rounded to dtype F32,
// F16 or BF16, with free text beside them. It replaces the file at once or not at all:
// after a crash there is the old one or the new one.
func Save(path string, arrays []Array, dtype string, metadata map[string]string) (err error) {
	encode := encoders[dtype]
	if encode == nil {
		return fmt.Errorf("%s: cannot write dtype %q: want F32, F16 or BF16", path, dtype)
	}
	header, err := headerOf(arrays, dtype, metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	w := bufio.NewWriterSize(f, 1<<20)
	w.Write(header) // a bufio.Writer keeps its first error until Flush
	var word [4]byte
	for _, a := range arrays {
		for _, x := range a.Values {
			w.Write(encode(word[:0], x))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// headerOf is the length and the JSON, padded so that the values begin at a multiple of 8.
func headerOf(arrays []Array, dtype string, metadata map[string]string) ([]byte, error) {
	var members []byte
	member := func(name string, value any) error {
		key, err := json.Marshal(name)
		if err != nil {
			return err
		}
		text, err := json.Marshal(value)
		if err != nil {
			return err
		}
		if len(members) > 0 {
			members = append(members, ',')
		}
		members = append(append(append(members, key...), ':'), text...)
		return nil
	}
	if len(metadata) > 0 {
		if err := member(metadataKey, metadata); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	var at int64
	for _, a := range arrays {
		if n, ok := elements(a.Shape, int64(len(a.Values))); !ok || n != int64(len(a.Values)) {
			return nil, fmt.Errorf("tensor %q: %d values for shape %v", a.Name, len(a.Values), a.Shape)
		}
		if seen[a.Name] {
			return nil, fmt.Errorf("tensor %q: the name is taken", a.Name)
		}
		seen[a.Name] = true
		end := at + int64(len(a.Values)*sizes[dtype])
		shape := a.Shape
		if shape == nil {
			shape = []int{} // a scalar; null would be no shape
		}
		if err := member(a.Name, entry{dtype, shape, []int64{at, end}}); err != nil {
			return nil, err
		}
		at = end
	}
	length := (len(members) + 2 + 7) / 8 * 8
	header := binary.LittleEndian.AppendUint64(nil, uint64(length))
	header = append(append(append(header, '{'), members...), '}')
	for len(header) < 8+length {
		header = append(header, ' ')
	}
	return header, nil
}
