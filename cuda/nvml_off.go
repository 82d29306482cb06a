//go:build !(linux && cgo)

// NVML needs Linux and a build with cgo.

package cuda

import "errors"

// GPUs lists the machine's NVIDIA GPUs. Without one the error says what is missing.
func GPUs() ([]GPU, error) {
	return nil, errors.New("this build cannot look for GPUs: build on Linux with CGO_ENABLED=1 and a C compiler")
}
