// Learning rates over epochs, and when to stop.

package nn

import "math"

// Schedule is the learning rate of an epoch, counted from 0.
type Schedule func(epoch int) float64

// Flat keeps the learning rate.
func Flat(lr float64) Schedule { return func(int) float64 { return lr } }

// Cosine is PyTorch's CosineAnnealingLR, stepped once per epoch:
//
//	low + (lr − low)·(1 + cos(π·epoch/period))/2
//
// It rises again after epoch period, back to lr at 2·period (Loshchilov & Hutter 2017,
// equation 5, without the restart).
func Cosine(lr, low float64, period int) Schedule {
	return func(epoch int) float64 {
		return low + (lr-low)*(1+math.Cos(math.Pi*float64(epoch)/float64(period)))/2
	}
}

// Decay is lr up to epoch from, then factor times less every epoch. The field's "type1"
// is Decay(lr, 1, 0.5): its script halves after each epoch but the first; "type3" is
// Decay(lr, 3, 0.9).
func Decay(lr float64, from int, factor float64) Schedule {
	return func(epoch int) float64 { return lr * math.Pow(factor, float64(max(0, epoch-from))) }
}
