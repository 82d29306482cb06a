//go:build !linux

// Huge pages elsewhere: left to the system.

package memory

func adviseHuge([]float32) {}
