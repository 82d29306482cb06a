package kerneltest

import (
	"os"
	"testing"

	"ecalf/kernels"
	"ecalf/kernels/internal/memory"
)

func TestMain(m *testing.M) {
	memory.Fence(true)
	os.Exit(m.Run())
}

// eachCPU runs f for every level; the reference is held against itself and its fences.
func eachCPU(t *testing.T, f func(t *testing.T, be kernels.Backend)) {
	for _, be := range kernels.CPUs() {
		t.Run(be.Name(), func(t *testing.T) { f(t, be) })
	}
}

func TestEmulatedParity(t *testing.T) {
	for _, be := range kernels.Emulated() {
		t.Run(be.Name(), func(t *testing.T) {
			for _, op := range []string{"MatMul", "DynamicAttention"} {
				if kernels.HasBF16(be, op) {
					ParityOf(t, be, op)
				}
			}
		})
	}
}

func TestParity(t *testing.T)    { eachCPU(t, Parity) }
func TestGradients(t *testing.T) { eachCPU(t, Gradients) }
func TestBits(t *testing.T)      { eachCPU(t, Bits) }
func TestSpecials(t *testing.T)  { eachCPU(t, Specials) }

// BenchmarkModel times what a CALF training step is made of.
func BenchmarkModel(b *testing.B) {
	memory.Fence(false)
	for _, be := range kernels.CPUs()[1:] {
		b.Run(be.Name(), func(b *testing.B) { Bench(b, be, ModelCases()) })
	}
}
