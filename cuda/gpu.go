// Package cuda is the GPU's side of the benchmark. Today it finds the machine's NVIDIA GPUs; the machine may have none,
// and no driver either.
package cuda

// GPU is one NVIDIA GPU as its driver describes it.
type GPU struct {
	Name        string `json:"name"`
	Capability  string `json:"compute_capability"` // "9.0"
	MemoryBytes uint64 `json:"memory_bytes"`
	Driver      string `json:"driver"`
}
