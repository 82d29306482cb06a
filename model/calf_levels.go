// The levels of Enhanced CALF: what is compared on each, how much it counts, and how well its branches are aligned.

package model

import (
	"fmt"
	"math"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// level is what the losses need of the features of one hidden state: time z and text zText, (B, C, D) each.
type level struct {
	z, zText       *tensor.Tensor
	mean, meanText *tensor.Tensor // the mean token of every sample (B, D)
	distance       *tensor.Tensor // local, and where they are on relation and global: one number
}

// distill projects and compares the hidden states of all levels.
func (m *EnhancedCALF) distill(tp *tensor.Tape, p pass) []level {
	levels := make([]level, m.levelCount())
	for i := range levels {
		l := &levels[i]
		l.z, l.zText = m.features(tp, p, i)
		if !m.params.Relation && !m.params.Global && m.contrast == nil {
			l.distance = tp.Loss(m.loss, l.z, l.zText)
			continue
		}
		d := tp.Distill(m.loss, l.z, l.zText, m.params.Relation)
		l.mean, l.meanText = d.MeanX, d.MeanZ
		l.distance = tp.Rows(d.Losses, 0, 1)
		if m.params.Relation {
			l.distance = tp.Add(l.distance, tp.Affine(tp.Rows(d.Losses, 1, 2), float32(m.params.RelationWeight), 0))
		}
		if m.params.Global {
			l.distance = tp.Add(l.distance, tp.Affine(tp.Rows(d.Losses, 2, 3), float32(m.params.GlobalWeight), 0))
		}
	}
	return levels
}

// levelWeights say how much each level counts: decay^(N−l), or what the softmax of logits that start there makes of it.
type levelWeights struct {
	decay  float64
	total  float64        // Σ decay^k, by which CALF's weights are larger than shares
	shares []float64      // of the levels in the last step, of sum 1
	logits *nn.Param      // (N+1); nil where the shares stay
	prior  *tensor.Tensor // logarithms of the first shares (N+1); nil likewise
}

func newLevelWeights(b nn.Build, count int, decay float64, learned bool) *levelWeights {
	w := &levelWeights{decay: decay, shares: make([]float64, count)}
	for l := range count {
		w.shares[l] = math.Pow(decay, float64(count-1-l))
		w.total += w.shares[l]
	}
	logits, prior := make([]float32, count), make([]float32, count)
	for l := range count {
		logits[l] = float32(math.Log(w.shares[l]))
		w.shares[l] /= w.total
		prior[l] = float32(math.Log(w.shares[l]))
	}
	if learned {
		w.logits = b.Param("logits", nn.Values(nn.Array{Name: "logits", Values: logits}), count)
		w.prior = tensor.From(b.Backend(), prior, count)
	}
	return w
}

// add adds the feature loss of all levels times weight. Where the shares are learned, their divergence from the first
// ones, times entropy, keeps them near: else all weight would go to the level of the smallest distance.
func (w *levelWeights) add(tp *tensor.Tape, aux *sum, weight, entropy float64, levels []level) {
	if w.logits == nil {
		for i := len(levels) - 1; i >= 0; i, weight = i-1, weight*w.decay {
			aux.add(tp, weight, levels[i].distance)
		}
		return
	}
	distances := make([]*tensor.Tensor, len(levels))
	for i, l := range levels {
		distances[i] = tp.Reshape(l.distance, 1)
	}
	shares := tp.Softmax(w.logits.Tensor) // (N+1)
	surprise := tp.Sub(tp.Unary(kernels.Log, shares), w.prior)
	cost := tp.Add(tp.Concat(0, distances...), tp.Affine(surprise, float32(entropy), 0))
	aux.add(tp, weight*w.total, tp.Sum(tp.Mul(shares, cost), 0))
	for i, v := range shares.Values() {
		w.shares[i] = float64(v)
	}
}

// contrastLoss is the symmetric InfoNCE of the mean tokens of all levels, weighted by their shares, which are constants
// here. The temperature of a level that is aligned better than the others is lower.
func (m *EnhancedCALF) contrastLoss(tp *tensor.Tape, levels []level, scores []float64) *tensor.Tensor {
	const sharpest, bluntest = 0.03, 1
	var total sum
	log := float64(m.contrast.Tensor.Values()[0])
	for i, l := range levels {
		shift := 0.0
		if m.params.Tempered {
			shift = m.params.Sharpness * (mean(scores) - scores[i])
		}
		temperature := tp.Unary(kernels.Exp, tp.Affine(m.contrast.Tensor, 1, float32(shift)))
		if t := math.Exp(log + shift); t < sharpest || t > bluntest {
			temperature = tp.Input([]float32{float32(min(max(t, sharpest), bluntest))}, 1)
		}
		total.add(tp, m.levels.shares[i], tp.Contrast(l.mean, l.meanText, temperature))
		m.seen[fmt.Sprintf("temperature.%d", i)] = min(max(math.Exp(log+shift), sharpest), bluntest)
	}
	return total.total
}

// alignment is the running score of every level: how much of the text features' geometry the time features share.
type alignment struct {
	score *nn.Param // (N+1) in [0, 1]
	steps *nn.Param // (1): steps averaged over, up to scoreMemory
}

// scoreMemory is the number of steps from which on a score forgets with 1 − 1/scoreMemory = 0.99 a step.
const scoreMemory = 100

func newAlignment(b nn.Build, count int) *alignment {
	return &alignment{score: b.State("score", nn.Zeros, count), steps: b.State("steps", nn.Zeros, 1)}
}

// observe takes the scores of a step into the running ones and returns those; zeros where none are kept.
func (a *alignment) observe(tp *tensor.Tape, levels []level) []float64 {
	scores := make([]float64, len(levels))
	if a == nil {
		return scores
	}
	running, steps := a.score.Tensor.Values(), a.steps.Tensor.Values()
	steps[0] = min(steps[0]+1, scoreMemory)
	for i, l := range levels {
		running[i] += (tp.CKA(l.z, l.zText).Values()[0] - running[i]) / steps[0]
		scores[i] = float64(running[i])
	}
	a.score.Tensor.Upload(running)
	a.steps.Tensor.Upload(steps)
	return scores
}

// alignmentWeights are the weights of the losses in the total.
type alignmentWeights struct{ feature, output, contrast float64 }

// lossWeights are the weights at those scores. Poorly aligned levels make the features count, well aligned ones the
// outputs; the sum stays.
func (p EnhancedParams) lossWeights(scores []float64) alignmentWeights {
	w := alignmentWeights{p.FeatureWeight, p.OutputWeight, 0}
	if p.Contrast {
		w.contrast = p.ContrastWeight
	}
	if !p.Adaptive {
		return w
	}
	s := mean(scores)
	total := w.feature + w.output + w.contrast
	w.feature *= 1 + p.Adaptivity*(1-s)
	w.output *= s
	w.contrast *= 1 - s
	if now := w.feature + w.output + w.contrast; now > 0 {
		w.feature, w.output, w.contrast = w.feature*total/now, w.output*total/now, w.contrast*total/now
	}
	return w
}

func mean(x []float64) float64 {
	total := 0.0
	for _, v := range x {
		total += v
	}
	return total / float64(len(x))
}
