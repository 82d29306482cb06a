//go:build !cgo || !amd64

package kernels

func addErrors(_, _ *[8]float64, _, _ []float32) int { return 0 }
