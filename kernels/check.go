// Shape checks: every operation states what it was given before it panics.

package kernels

import "fmt"

// panicf stops the program because a caller broke the contract of op.
func panicf(op, format string, args ...any) {
	panic("kernels: " + op + ": " + fmt.Sprintf(format, args...))
}

// need panics unless the argument called name holds at least n elements.
func need(op, name string, b Buf, n int) {
	if n < 0 || len(b.Host) < n {
		panicf(op, "%s has %d elements in host memory, want %d", name, len(b.Host), n)
	}
}

// optional is need for an argument that may be left out.
func optional(op, name string, b Buf, n int) {
	if b.Len != 0 {
		need(op, name, b, n)
	}
}

// sizes panics if any of the sizes is negative.
func sizes(op string, s ...int) {
	for _, n := range s {
		if n < 0 {
			panicf(op, "negative size in %v", s)
		}
	}
}
