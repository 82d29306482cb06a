//go:build !linux

// Huge pages elsewhere: left to the system.

package kernels

func adviseHuge([]float32) {}
