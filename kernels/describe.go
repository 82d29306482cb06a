// Distribution descriptors: eleven numbers that say how the values of a channel's window
// are distributed, over their range and over time.

package kernels

import "math"

// NumDescriptors is the length of a row of Ops.Describe.
const NumDescriptors = 11

// The descriptors are bounded, so that one strange window cannot upset what is computed from them.
const (
	maxLogStd   = 6.0
	maxShift    = 4.0
	maxSkew     = 3.0
	minKurtosis = -3.0
	maxKurtosis = 6.0
	maxLast     = 5.0
	normEps     = 1e-5  // of the variance, as in InstanceNorm, and of what is divided by
	crossing    = -1e-6 // a product of neighbours below it is a change of sign
	least       = 1e-12 // share of a frequency whose logarithm is taken
)

func (l *level) describe(phi, x Buf, b, steps, c, season int) {
	const op = "Describe"
	sizes(op, b, steps, c, season)
	need(op, "phi", phi, b*c*NumDescriptors)
	need(op, "x", x, b*steps*c)
	if b*c == 0 {
		return
	}
	if steps == 0 {
		panicf(op, "windows of no steps")
	}
	parallelSpans(b*c, steps*steps/4, func(lo, hi int) { l.leaf.describe(phi.Host, x.Host, steps, c, season, lo, hi) })
}

// describeReference describes the windows number lo to hi, window b·C + c being channel c of sample b.
func describeReference(phi, x []float32, steps, c, season, lo, hi int) {
	z := make([]float64, steps)
	for token := lo; token < hi; token++ {
		for t := range z {
			z[t] = float64(x[(token/c*steps+t)*c+token%c])
		}
		for k, v := range describeWindow(z, season) {
			phi[token*NumDescriptors+k] = float32(v)
		}
	}
}

// describeWindow normalises z and describes it.
func describeWindow(z []float64, season int) (phi [NumDescriptors]float64) {
	n := float64(len(z))
	mean := func(f func(t int) float64) (sum float64) {
		for t := range z {
			sum += f(t)
		}
		return sum / n
	}
	mu := mean(func(t int) float64 { return z[t] })
	variance := mean(func(t int) float64 { return (z[t] - mu) * (z[t] - mu) })
	for t := range z {
		z[t] = (z[t] - mu) / math.Sqrt(variance+normEps)
	}
	power := mean(func(t int) float64 { return z[t] * z[t] })
	lagged := func(lag int) float64 {
		if len(z) <= lag {
			return 0
		}
		var sum float64
		for t := lag; t < len(z); t++ {
			sum += z[t] * z[t-lag]
		}
		return clip(sum/float64(len(z)-lag)/(power+normEps), -1, 1)
	}
	phi[0] = clip(0.5*math.Log(variance+normEps), -maxLogStd, maxLogStd)
	phi[3] = clip(mean(func(t int) float64 { return z[t] * z[t] * z[t] }), -maxSkew, maxSkew)
	phi[4] = clip(mean(func(t int) float64 { return z[t] * z[t] * z[t] * z[t] })-3, minKurtosis, maxKurtosis)
	phi[5] = lagged(1)
	if season > 1 {
		phi[6] = lagged(season)
	}
	phi[7], phi[8] = spectrum(z)
	phi[10] = clip(z[len(z)-1], -maxLast, maxLast)
	if len(z) < 2 {
		return phi
	}
	half := len(z) / 2
	var first, second, changes float64
	for t, v := range z {
		if t < half {
			first += v
		} else {
			second += v
		}
		if t > 0 && v*z[t-1] < crossing {
			changes++
		}
	}
	phi[1] = clip(second/float64(len(z)-half)-first/float64(half), -maxShift, maxShift)
	phi[2] = mean(func(t int) float64 { return z[t] * (float64(t) - (n-1)/2) }) / math.Sqrt((n*n-1)/12)
	phi[9] = changes / (n - 1)
	return phi
}

// spectrum returns the entropy, as a share of the largest possible, and the largest part of
// z's power over the frequencies 1 … ⌊L/2⌋, each counted once.
func spectrum(z []float64) (entropy, top float64) {
	n := len(z)
	power := make([]float64, n/2)
	total := normEps * float64(n) * float64(n)
	for f := range power {
		var re, im float64
		for t, v := range z {
			sin, cos := turn(f+1, t, n)
			re += v * cos
			im += v * sin
		}
		power[f] = re*re + im*im
		total += power[f]
	}
	for _, p := range power {
		p /= total
		top = max(top, p)
		entropy -= p * math.Log(max(p, least))
	}
	if len(power) < 2 {
		return 0, top
	}
	return entropy / math.Log(float64(len(power))), top
}

// clip is v moved into [lo, hi]; NaN stays.
func clip(v, lo, hi float64) float64 {
	switch {
	case v < lo:
		return lo
	case v > hi:
		return hi
	}
	return v
}
