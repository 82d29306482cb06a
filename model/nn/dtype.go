// The number formats of safetensors files, and of others that have them too.

package nn

import (
	"encoding/binary"
	"math"

	"ecalf/kernels"
)

// sizes are the bytes per element of the format's types. Those without a decoder can
// stand in a file but not be read.
var sizes = map[string]int{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E5M2": 1, "F8_E4M3": 1,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}

var decoders = map[string]func(dst []float32, src []byte){"F32": DecodeF32, "F16": DecodeF16, "BF16": DecodeBF16}

// DecodeF32, DecodeF16 and DecodeBF16 set dst to the little-endian numbers in src, which
// must hold as many.
func DecodeF32(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src[4*i:]))
	}
}

func DecodeF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = FromF16(binary.LittleEndian.Uint16(src[2*i:]))
	}
}

func DecodeBF16(dst []float32, src []byte) {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
}

// encoders append a value.
var encoders = map[string]func(dst []byte, x float32) []byte{
	"F32": func(dst []byte, x float32) []byte {
		return binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
	},
	"F16": func(dst []byte, x float32) []byte {
		return binary.LittleEndian.AppendUint16(dst, toF16(x))
	},
	"BF16": func(dst []byte, x float32) []byte {
		return binary.LittleEndian.AppendUint16(dst, uint16(math.Float32bits(kernels.RoundBF16(x))>>16))
	},
}

// IEEE binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction.
const (
	f16Inf      = 0x7c00
	f16Quiet    = 0x0200
	f32Fraction = 23
	f16Fraction = 10
)

// FromF16 is the value of an IEEE binary16, exactly.
func FromF16(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, fraction := int(h>>f16Fraction)&31, uint32(h)&(1<<f16Fraction-1)
	switch {
	case exponent == 31:
		return math.Float32frombits(sign | 0xff<<f32Fraction | fraction<<(f32Fraction-f16Fraction))
	case exponent == 0: // fraction·2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	}
	return math.Float32frombits(sign | uint32(exponent-15+127)<<f32Fraction | fraction<<(f32Fraction-f16Fraction))
}

// toF16 rounds to nearest, ties to even; what is beyond 65504 by half a unit becomes
// infinite.
func toF16(x float32) uint16 {
	bits := math.Float32bits(x)
	sign, size := uint16(bits>>31)<<15, bits&^(1<<31)
	switch {
	case x != x:
		return sign | f16Inf | f16Quiet | uint16(bits>>(f32Fraction-f16Fraction))&(f16Quiet-1)
	case size >= math.Float32bits(65520):
		return sign | f16Inf
	case size < math.Float32bits(0x1p-14): // subnormal: a whole number of 2⁻²⁴
		return sign | uint16(math.RoundToEven(float64(math.Float32frombits(size))*0x1p24))
	}
	const drop = f32Fraction - f16Fraction
	size -= (127 - 15) << f32Fraction
	return sign | uint16((size+1<<(drop-1)-1+size>>drop&1)>>drop)
}
