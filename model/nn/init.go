// Initial values: PyTorch's distributions from streams of our own.

package nn

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
)

// Init fills a new parameter from its stream.
type Init func(dst []float32, r *rand.Rand)

// stream is the generator of a parameter's first values: ChaCha8, a block cipher on a
// counter, keyed by seed and name.
func stream(seed int64, name string) *rand.Rand {
	key := binary.LittleEndian.AppendUint64(nil, uint64(seed))
	return rand.New(rand.NewChaCha8(sha256.Sum256(append(key, name...))))
}

// Zeros, Ones and Constant fill with one value.
func Zeros(dst []float32, _ *rand.Rand) { clear(dst) }
func Ones(dst []float32, r *rand.Rand)  { Constant(1)(dst, r) }
func Constant(value float32) Init {
	return func(dst []float32, _ *rand.Rand) {
		for i := range dst {
			dst[i] = value
		}
	}
}

// Uniform draws from [−bound, bound).
func Uniform(bound float64) Init {
	return func(dst []float32, r *rand.Rand) {
		for i := range dst {
			dst[i] = float32(bound * (2*r.Float64() - 1))
		}
	}
}

// Normal draws from the normal distribution around 0.
func Normal(std float64) Init {
	return func(dst []float32, r *rand.Rand) {
		for i := range dst {
			dst[i] = float32(std * r.NormFloat64())
		}
	}
}

// KaimingUniform is He et al. 2015 with the slope √5 that PyTorch gives the weights of
// its linear layers and convolutions: uniform within ±1/√fanIn. So are their biases.
func KaimingUniform(fanIn int) Init { return Uniform(1 / math.Sqrt(float64(fanIn))) }

// XavierUniform is Glorot & Bengio 2010: uniform within ±√(6/(fanIn+fanOut)).
func XavierUniform(fanIn, fanOut int) Init { return Uniform(math.Sqrt(6 / float64(fanIn+fanOut))) }

// Draw is an array of the values that a parameter of that name would get from seed.
func Draw(seed int64, name string, init Init, shape ...int) Array {
	n := 1
	for _, s := range shape {
		n *= s
	}
	a := Array{name, shape, make([]float32, n)}
	init(a.Values, stream(seed, name))
	return a
}

// Values gives a parameter the values of a, whose length must be the parameter's.
func Values(a Array) Init {
	return func(dst []float32, _ *rand.Rand) {
		if len(dst) != len(a.Values) {
			panic(fmt.Sprintf("nn: %d values of %q for a parameter of %d", len(a.Values), a.Name, len(dst)))
		}
		copy(dst, a.Values)
	}
}
