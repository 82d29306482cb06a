//go:build cgo

// Permission to use AMX tiles, which Linux grants per process.

package kernels

import "golang.org/x/sys/unix"

// permitTiles asks for the tile data state (arch_prctl ARCH_REQ_XCOMP_PERM, feature 18 of
// XCR0), without which the first tile instruction ends the process.
func permitTiles() bool {
	const reqXcompPerm, tileData = 0x1023, 18
	_, _, errno := unix.Syscall(unix.SYS_ARCH_PRCTL, reqXcompPerm, tileData, 0)
	return errno == 0
}
