// Huge pages on Linux: products walk through more memory than a TLB of 4 KiB pages
// reaches.

package memory

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// adviseHuge asks for huge pages under x. The request may be refused, which costs
// speed only.
func adviseHuge(x []float32) {
	const huge = 2 << 20
	start := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	skip := -start & (huge - 1)
	if size := uintptr(len(x)) * 4; size >= skip+huge {
		inside := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), size)
		_ = unix.Madvise(inside[skip:skip+(size-skip)&^(huge-1)], unix.MADV_HUGEPAGE)
	}
}
