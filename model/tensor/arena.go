// The memory of a step: an arena that grows in the first step and is used again in
// every later one.

package tensor

import (
	"runtime/debug"
	"unsafe"

	"ecalf/kernels"
)

const (
	lineFloats = 16      // arrays begin on a cache line of 64 bytes, or as the chunk does
	minChunk   = 1 << 20 // floats asked of the back end at least: 4 MiB
)

// arena hands out arrays that all become invalid at once.
type arena struct {
	be     kernels.Backend
	chunks []kernels.Buf
	chunk  int // the one that is handed out from
	used   int // floats of it
	total  int // floats of all chunks
	taken  int // floats handed out since the last reset, those of freed arrays once

	// freed holds arrays given back before the end of the step, by length: gradients
	// of activations live only from their first part to their use, so that a few
	// arrays, which stay in the cache, serve a whole backward pass.
	freed map[int][]kernels.Buf
	// live lists what was handed out, less what freeSince took back.
	live []kernels.Buf
}

// alloc returns n floats with unknown contents.
func (a *arena) alloc(n int) kernels.Buf {
	b := a.take(n)
	a.live = append(a.live, b)
	return b
}

func (a *arena) take(n int) kernels.Buf {
	if list := a.freed[n]; len(list) > 0 {
		a.freed[n] = list[:len(list)-1]
		return list[len(list)-1]
	}
	size := (n + lineFloats - 1) / lineFloats * lineFloats
	a.taken += size
	for ; a.chunk < len(a.chunks); a.chunk, a.used = a.chunk+1, 0 {
		if a.used+size <= a.chunks[a.chunk].Len {
			a.used += size
			return a.chunks[a.chunk].Slice(a.used-size, a.used-size+n)
		}
	}
	grow := max(size, minChunk, a.total/4)
	a.chunks = append(a.chunks, a.be.Alloc(grow))
	a.total += grow
	a.used = size
	return a.chunks[a.chunk].Slice(0, n)
}

// free takes back what alloc returned.
func (a *arena) free(b kernels.Buf) {
	if b.Len == 0 {
		return
	}
	if a.freed == nil {
		a.freed = map[int][]kernels.Buf{}
	}
	a.freed[b.Len] = append(a.freed[b.Len], b)
}

// release is free for an array that freeSince may come upon later.
func (a *arena) release(b kernels.Buf) {
	for i := len(a.live) - 1; i >= 0; i-- {
		if sameArray(a.live[i], b) {
			a.live[i] = kernels.Buf{}
			break
		}
	}
	a.free(b)
}

// sameArray reports whether a and b begin at the same place.
func sameArray(a, b kernels.Buf) bool {
	return a.Dev == b.Dev && unsafe.SliceData(a.Host) == unsafe.SliceData(b.Host)
}

// freeSince takes back what was handed out since live had n entries, except keep.
func (a *arena) freeSince(n int, keep kernels.Buf) {
	recent := a.live[n:]
	a.live = a.live[:n]
	for _, b := range recent {
		if sameArray(b, keep) {
			a.live = append(a.live, b)
		} else {
			a.free(b)
		}
	}
}

// reset takes everything back. Chunks that one step had to add give way to one of the size that the step needed; the
// old ones leave the process before it is asked for, so that the two are never there together.
func (a *arena) reset() {
	clear(a.live) // what is stale in these lists would keep old chunks in memory
	if len(a.chunks) > 1 {
		need := a.taken
		for _, c := range a.chunks {
			a.be.Free(c)
		}
		clear(a.chunks)
		a.freed = nil
		debug.FreeOSMemory()
		a.chunks = append(a.chunks[:0], a.be.Alloc(need))
		a.total = need
	}
	for n, list := range a.freed {
		clear(list)
		a.freed[n] = list[:0]
	}
	a.chunk, a.used, a.taken, a.live = 0, 0, 0, a.live[:0]
}
