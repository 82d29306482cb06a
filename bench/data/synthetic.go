// This file holds the synthetic set: seasons, a trend and coupled noise whose
// best possible forecast, and that forecast's error, are known in closed form.

package data

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The synthetic set is, at row t in channel i,
//
//	x_ti = D_ti + Σ_j M_ij z_tj
//	D_ti = trend_i t/rows + day_i sin(2π(t/24 + dayPhase_i)) + week_i sin(2π(t/168 + weekPhase_i))
//	z_tj = φ_j z_(t-1)j + σ_j ε_tj,  ε_tj ~ N(0, 1) independent,  M = I + coupling
//
// D is a function of the row alone and M is invertible, so the past of x gives z
// up to row t, and z is Markov: no forecast of x_(t+h) beats D_(t+h) + M diag(φ^h) z_t.
const (
	syntheticChannels = 7
	syntheticSeed     = 20160701
	dayRows, weekRows = 24, 168
)

// syntheticChannel holds the constants of one channel. Noise has standard
// deviation 0.6 in every channel before coupling; φ runs from forgotten within
// hours to remembered for days.
var syntheticChannel = [syntheticChannels]struct{ trend, day, dayPhase, week, weekPhase, phi float64 }{
	{+0.6, 1.3, 0.00, 0.5, 0.00, 0.30},
	{-0.4, 1.0, 0.10, 0.7, 0.15, 0.50},
	{+0.8, 0.8, 0.25, 0.4, 0.30, 0.70},
	{+0.3, 1.5, 0.40, 0.3, 0.45, 0.80},
	{-0.6, 0.6, 0.55, 0.9, 0.60, 0.90},
	{+0.5, 1.1, 0.70, 0.6, 0.75, 0.95},
	{-0.2, 0.9, 0.85, 0.8, 0.90, 0.98},
}

const noise = 0.6

// sigma returns σ_j, which gives z_j its standard deviation.
func sigma(j int) float64 {
	phi := syntheticChannel[j].phi
	return noise * math.Sqrt(1-phi*phi)
}

// mixing returns M: every channel hears the next two, whose noise mostly lasts
// longer than its own, so that looking across channels pays.
func mixing() (m [syntheticChannels][syntheticChannels]float64) {
	for i := range m {
		m[i][i] = 1
		m[i][(i+1)%syntheticChannels] = 0.4
		m[i][(i+2)%syntheticChannels] = -0.2
	}
	return m
}

// deterministic returns D_ti of a series of so many rows.
func deterministic(t, i, rows int) float64 {
	c := syntheticChannel[i]
	trend := c.trend * float64(t) / float64(rows)
	daily := c.day * math.Sin(2*math.Pi*(float64(t%dayRows)/dayRows+c.dayPhase))
	weekly := c.week * math.Sin(2*math.Pi*(float64(t%weekRows)/weekRows+c.weekPhase))
	return trend + daily + weekly
}

// generate returns the first rows of the synthetic set. They are the same at
// every call; another architecture may round some to the neighbouring float32.
func generate(rows int) *Table {
	const c = syntheticChannels
	t := &Table{
		Rows: rows, C: c,
		Values: make([]float32, rows*c),
		Dates: Dates{
			First:  time.Date(2016, 7, 1, 0, 0, 0, 0, time.UTC), // where the ETT sets begin
			Step:   time.Hour,
			Layout: time.DateTime,
		},
	}
	t.Dates.Last = t.Dates.First.Add(time.Duration(rows-1) * t.Dates.Step)
	for i := range c {
		t.Channels = append(t.Channels, fmt.Sprintf("S%d", i+1))
	}
	random := rand.New(rand.NewPCG(syntheticSeed, 0))
	var z [c]float64
	for j := range z {
		z[j] = noise * random.NormFloat64() // its stationary distribution
	}
	m, hash, bytes := mixing(), sha256.New(), make([]byte, 0, 4*c)
	for row := range rows {
		bytes = bytes[:0]
		for i := range c {
			x := deterministic(row, i, rows)
			for j := range z {
				x += m[i][j] * z[j]
			}
			t.Values[row*c+i] = float32(x)
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(float32(x)))
		}
		hash.Write(bytes)
		for j := range z {
			z[j] = syntheticChannel[j].phi*z[j] + sigma(j)*random.NormFloat64()
		}
	}
	t.SHA256 = hex.EncodeToString(hash.Sum(nil))
	return t
}

// BayesError returns the mean squared and mean absolute error, in s's scaled
// units, of the best possible forecast of the synthetic set s over a horizon of
// H rows: the means over channels i and steps h of
//
//	MSE_ih = Σ_j M_ij² σ_j² (1-φ_j^(2h)) / (1-φ_j²) / std_i²
//	MAE_ih = √(2/π · MSE_ih)
//
// the error at step h being Gaussian. It panics for any other set.
func BayesError(s *Set, H int) (mse, mae float64) {
	if s.Spec.Name != "Synthetic" {
		panic("data: BayesError of " + s.Spec.Name + ", known only for Synthetic")
	}
	for h := 1; h <= H; h++ {
		for i := range syntheticChannels {
			e := bayesMSE(i, h) / (s.Std[i] * s.Std[i])
			mse += e
			mae += math.Sqrt(2 / math.Pi * e)
		}
	}
	n := float64(H * syntheticChannels)
	return mse / n, mae / n
}

// bayesMSE returns the least mean squared error of channel i, h steps ahead, in
// the channel's own units.
func bayesMSE(i, h int) (mse float64) {
	m := mixing()
	for j, c := range syntheticChannel {
		ms := m[i][j] * sigma(j)
		mse += ms * ms * (1 - math.Pow(c.phi, 2*float64(h))) / (1 - c.phi*c.phi)
	}
	return mse
}
