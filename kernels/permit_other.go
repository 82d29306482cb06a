//go:build cgo && amd64 && !linux

// AMX tiles elsewhere: not used, as how to ask for them is not known.

package kernels

func permitTiles() bool { return false }
