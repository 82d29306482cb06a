// This file holds the export of windows to models in other languages.

package data

import (
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// WriteNPY writes the windows to dir, which it makes where needed: the inputs to
// x.npy, (N, L, C), the targets to y.npy, (N, H, C), both little-endian float32.
// The files take their places when both are whole. They may be larger than
// memory: a window is in it at a time.
func (w *Windows) WriteNPY(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	x, err := w.pend(dir, "x.npy", w.look, w.Input)
	if err != nil {
		return err
	}
	defer x.Cleanup()
	y, err := w.pend(dir, "y.npy", w.ahead, w.Target)
	if err != nil {
		return err
	}
	defer y.Cleanup()
	if err := x.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return y.CloseAtomicallyReplace()
}

// pend writes one view of so many rows of every window to a file that is yet to
// take its place.
func (w *Windows) pend(dir, name string, rows int, view func(i int) []float32) (*renameio.PendingFile, error) {
	f, err := renameio.NewPendingFile(filepath.Join(dir, name), renameio.WithPermissions(0o644), renameio.WithTempDir(dir))
	if err != nil {
		return nil, err
	}
	out := NewArrayWriter(f, w.Len(), rows, w.c)
	for i := range w.Len() {
		out.Write(view(i))
	}
	if err = out.Flush(); err != nil {
		f.Cleanup()
		return nil, err
	}
	return f, nil
}
