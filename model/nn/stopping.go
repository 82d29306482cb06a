// Early stopping on the validation loss, with the weights of the best epoch.

package nn

import "math"

// Stopping watches the validation loss of each epoch and keeps the weights of the best
// one. Its exported fields and Best are what a checkpoint must hold.
type Stopping struct {
	Patience  int     // epochs in a row without improvement that end the training
	Epochs    int     // observed so far
	BestEpoch int     // counted from 0; −1 before the first
	BestLoss  float64 // +Inf before the first
	Best      []Array // the trained parameters after BestEpoch, in their order

	params []*Param
}

// NewStopping watches a model with the given parameters. Frozen ones are not copied.
func NewStopping(patience int, params []*Param) *Stopping {
	return &Stopping{Patience: patience, BestEpoch: -1, BestLoss: math.Inf(1), params: Trained(params)}
}

// Observe takes the loss of the next epoch. As in the field's scripts an equal one counts
// as better; NaN never does.
func (s *Stopping) Observe(loss float64) {
	if loss <= s.BestLoss {
		s.BestEpoch, s.BestLoss = s.Epochs, loss
		if s.Best == nil {
			s.Best = State(s.params)
		} else {
			for i, p := range s.params {
				p.Tensor.Download(s.Best[i].Values)
			}
		}
	}
	s.Epochs++
}

// Over reports whether patience has run out.
func (s *Stopping) Over() bool { return s.Epochs-1-s.BestEpoch >= s.Patience }

// Restore gives the parameters their values of the best epoch; before the first
// observation it does nothing.
func (s *Stopping) Restore() error {
	if s.BestEpoch < 0 {
		return nil
	}
	return SetState(s.params, Find(s.Best))
}
