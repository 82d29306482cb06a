// Package train fits one model on one data set and scores it: the protocol of a cell, from its windows to its record.
package train

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"ecalf/kernels"
	"ecalf/model"
)

// blockCount is the number of equal runs of consecutive windows whose errors a Score keeps, for paired tests.
const blockCount = 20

// Score is the error over all windows of a part, on z-scored values: means over N windows, H steps and C channels.
type Score struct {
	Windows  int
	MSE, MAE float64
	Blocks   []float64 // MSE of each of up to 20 runs of consecutive windows, in order
}

// solvedBatch is how many windows Evaluate hands to a solved model at once: as many as let the forecasts stay in a
// core's second cache, 256 KiB of them.
func solvedBatch(w model.Windows) int {
	const values = 1 << 16
	return max(1, values/(w.Horizon()*w.Channels()))
}

// Evaluate scores f on every window of w, batch windows at a time in each of so many goroutines. Errors are summed in
// float64 per window, then over the windows in their order, so a Score has the same bits at any batch size and any
// number of goroutines. It allocates one batch of forecasts per goroutine and reads targets where they lie.
func Evaluate(ctx context.Context, f model.Forecaster, w model.Windows, batch, goroutines int) (Score, error) {
	sums := newErrorSums(w)
	n, size := w.Len(), w.Horizon()*w.Channels()
	if batch < 1 || goroutines < 1 || size < 1 {
		panic(fmt.Sprintf("train: Evaluate with batch %d, %d goroutines and windows of %d values", batch, goroutines, size))
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range goroutines {
		group.Go(func() {
			dst := make([]float32, batch*size) // (batch, H, C)
			for ctx.Err() == nil {
				first := int(next.Add(int64(batch))) - batch
				if first >= n {
					return
				}
				count := min(batch, n-first)
				f.Predict(dst[:count*size], w.Rows(first, count), count)
				for j := range count {
					sums.set(first+j, dst[j*size:(j+1)*size])
				}
			}
		})
	}
	group.Wait()
	if err := ctx.Err(); err != nil {
		return Score{}, err
	}
	return sums.score(), nil
}

// ScorePredictions scores forecasts made elsewhere: next fills dst (H, C) with the forecast of each window in turn.
func ScorePredictions(ctx context.Context, w model.Windows, next func(dst []float32) error) (Score, error) {
	sums := newErrorSums(w)
	dst := make([]float32, w.Horizon()*w.Channels())
	for i := range w.Len() {
		if err := ctx.Err(); err != nil {
			return Score{}, err
		}
		if err := next(dst); err != nil {
			return Score{}, fmt.Errorf("window %d of %d: %w", i, w.Len(), err)
		}
		sums.set(i, dst)
	}
	return sums.score(), nil
}

// errorSums holds the summed squared and absolute error of every window.
type errorSums struct {
	windows           model.Windows
	squared, absolute []float64
}

func newErrorSums(w model.Windows) *errorSums {
	return &errorSums{w, make([]float64, w.Len()), make([]float64, w.Len())}
}

// set takes the forecast (H, C) of window i.
func (s *errorSums) set(i int, forecast []float32) {
	s.squared[i], s.absolute[i] = kernels.SquaredAbsErrors(forecast, s.windows.Target(i))
}

func (s *errorSums) score() Score {
	n, size := len(s.squared), float64(s.windows.Horizon()*s.windows.Channels())
	blocks := min(blockCount, n)
	out := Score{Windows: n, Blocks: make([]float64, blocks)}
	for b := range blocks {
		from, to := b*n/blocks, (b+1)*n/blocks
		var squared float64
		for i := from; i < to; i++ {
			squared += s.squared[i]
			out.MAE += s.absolute[i]
		}
		out.MSE += squared
		out.Blocks[b] = squared / (float64(to-from) * size)
	}
	out.MSE /= float64(n) * size
	out.MAE /= float64(n) * size
	return out
}

// Finite says whether both errors are numbers.
func (s Score) Finite() bool {
	return finite(s.MSE + s.MAE)
}
