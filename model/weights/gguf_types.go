// The number formats of GGUF tensors, and how those that can be read become float32. Quantised formats keep blocks of
// values with a scale: block layouts as in ggml's ggml-common.h.

package weights

import (
	"maps"
	"slices"
	"strings"

	"ecalf/model/nn"
)

// ggmlType is the format of a tensor's values.
type ggmlType struct {
	name          string
	values, bytes int                             // of a block
	decode        func(dst []float32, src []byte) // whole blocks; nil where it cannot be read
}

// ggmlTypes are the formats by their numbers in the file.
var ggmlTypes = map[uint32]*ggmlType{
	0:  {"F32", 1, 4, nn.DecodeF32},
	1:  {"F16", 1, 2, nn.DecodeF16},
	2:  {"Q4_0", 32, 18, decodeQ4_0},
	3:  {"Q4_1", 32, 20, decodeQ4_1},
	6:  {"Q5_0", 32, 22, nil},
	7:  {"Q5_1", 32, 24, nil},
	8:  {"Q8_0", 32, 34, decodeQ8_0},
	9:  {"Q8_1", 32, 36, nil},
	10: {"Q2_K", 256, 84, nil},
	11: {"Q3_K", 256, 110, nil},
	12: {"Q4_K", 256, 144, nil},
	13: {"Q5_K", 256, 176, nil},
	14: {"Q6_K", 256, 210, nil},
	15: {"Q8_K", 256, 292, nil},
	16: {"IQ2_XXS", 256, 66, nil},
	17: {"IQ2_XS", 256, 74, nil},
	18: {"IQ3_XXS", 256, 98, nil},
	19: {"IQ1_S", 256, 50, nil},
	20: {"IQ4_NL", 32, 18, nil},
	21: {"IQ3_S", 256, 110, nil},
	22: {"IQ2_S", 256, 82, nil},
	23: {"IQ4_XS", 256, 136, nil},
	24: {"I8", 1, 1, nil},
	25: {"I16", 1, 2, nil},
	26: {"I32", 1, 4, nil},
	27: {"I64", 1, 8, nil},
	28: {"F64", 1, 8, nil},
	29: {"IQ1_M", 256, 56, nil},
	30: {"BF16", 1, 2, nn.DecodeBF16},
	34: {"TQ1_0", 256, 54, nil},
	35: {"TQ2_0", 256, 66, nil},
	39: {"MXFP4", 32, 17, nil},
}

// readable lists the formats that can be read.
func readable() string {
	var names []string
	for _, kind := range slices.Sorted(maps.Keys(ggmlTypes)) {
		if t := ggmlTypes[kind]; t.decode != nil {
			names = append(names, t.name)
		}
	}
	return strings.Join(names, ", ")
}

// block is the number of values that share a scale in the formats below.
const block = 32

// f16 is the little-endian binary16 at the beginning of b.
func f16(b []byte) float32 { return nn.FromF16(uint16(b[0]) | uint16(b[1])<<8) }

// decodeQ4_0 reads blocks of a scale d in F16 and 32 numbers q of 4 bits: w = d·(q − 8). The first 16 numbers are the
// low halves of 16 bytes, the others the high ones.
func decodeQ4_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[block:], src[18:] {
		d := f16(src)
		for i, b := range src[2:18] {
			dst[i], dst[i+block/2] = d*float32(int(b&15)-8), d*float32(int(b>>4)-8)
		}
	}
}

// decodeQ4_1 reads blocks of a scale d and a minimum m in F16 and 32 numbers q as in Q4_0: w = d·q + m. Both
// operations round, on every machine: the conversions keep them from being fused.
func decodeQ4_1(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[block:], src[20:] {
		d, m := f16(src), f16(src[2:])
		for i, b := range src[4:20] {
			dst[i], dst[i+block/2] = float32(d*float32(b&15))+m, float32(d*float32(b>>4))+m
		}
	}
}

// decodeQ8_0 reads blocks of a scale d in F16 and 32 signed bytes q: w = d·q.
func decodeQ8_0(dst []float32, src []byte) {
	for ; len(dst) > 0; dst, src = dst[block:], src[34:] {
		d := f16(src)
		for i, b := range src[2:34] {
			dst[i] = d * float32(int8(b))
		}
	}
}
