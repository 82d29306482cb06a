//go:build unix

// Mapping files into memory.

package nn

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps a whole file for reading.
func mapFile(f *os.File, size int64) (mapped []byte, unmap func() error, err error) {
	if size != int64(int(size)) {
		return nil, nil, errors.New("larger than the address space")
	}
	mapped, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	return mapped, func() error { return unix.Munmap(mapped) }, err
}
