// ecalf kernels --op calf-step: one training step of a whole model, and what share of the peak it reaches.

package main

import (
	"math/rand/v2"
	"time"

	"ecalf/kernels"
	"ecalf/model"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// steps are the whole training steps that `ecalf kernels` measures, by the name of the operation: models at batch 256,
// 7 channels, look-back and horizon 96, a backbone of GPT-2's shape.
var steps = []struct {
	op    string
	build model.New
}{
	{"calf-step", model.NewCALF},
	{"enhanced-step", model.NewEnhancedCALF},
}

const (
	stepBatch    = 256
	stepChannels = 7
	stepLength   = 96 // look-back and horizon
)

// stepSeconds trains a model on random data for at least that long, after two steps that fetch its memory, and returns
// the shortest step, and how many operations its products and attentions take. After every step it calls beside with the
// time that it took.
func stepSeconds(be kernels.Backend, build model.New, precision kernels.Precision, least time.Duration,
	beside func(took time.Duration)) (seconds, flops float64, err error) {
	counted := &countedOps{Backend: be, ops: *be.Ops()}
	counted.count()
	m, err := build(counted, model.Config{Lookback: stepLength, Horizon: stepLength, Channels: stepChannels, Season: 24, Seed: 1,
		Loss: kernels.L1, Backbone: weights.Random(1)})
	if err != nil {
		return 0, 0, err
	}
	tp := tensor.NewTape(counted, 1)
	tp.Precision = precision
	adam := nn.NewAdam(be, nn.AdamConfig{}, nn.Group{Params: nn.Trained(m.Params()), LR: 1e-4})
	r := rand.New(rand.NewPCG(1, 1))
	x, y := make([]float32, stepBatch*stepLength*stepChannels), make([]float32, stepBatch*stepLength*stepChannels)
	for i := range x {
		x[i], y[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
	}
	const warm = 2
	end := time.Now().Add(least)
	for i := 0; i <= warm || time.Now().Before(end); i++ {
		from := time.Now()
		counted.flops = 0
		tp.Train(uint32(i))
		out := m.Forward(tp, tp.Input(x, stepBatch, stepLength, stepChannels))
		loss := tp.Loss(kernels.L1, out.Pred, tp.Input(y, stepBatch, stepLength, stepChannels))
		if out.Aux != nil {
			loss = tp.Add(loss, out.Aux)
		}
		tp.Backward(loss)
		adam.GradNorm()
		adam.Step(1)
		if err := be.Sync(); err != nil {
			return 0, 0, err
		}
		if took := time.Since(from); i >= warm {
			if seconds == 0 || took.Seconds() < seconds {
				seconds = took.Seconds()
			}
			beside(took)
		}
	}
	return seconds, counted.flops, nil
}

// countedOps is a back end that counts the operations of products and attentions: two for a multiply-add. A causal
// attention has those pairs of tokens that see each other.
type countedOps struct {
	kernels.Backend
	ops   kernels.Ops
	flops float64
}

func (c *countedOps) Ops() *kernels.Ops { return &c.ops }

func (c *countedOps) count() {
	o := *c.Backend.Ops()
	c.ops.MatMul = func(y, a, b kernels.Buf, p kernels.Product) {
		c.flops += 2 * float64(p.M) * float64(p.N) * float64(p.K) * float64(max(p.Batch, 1))
		o.MatMul(y, a, b, p)
	}
	c.ops.Attention = func(y, lse, q, k, v kernels.Buf, p kernels.Attention) {
		c.flops += 4 * pairs(p)
		o.Attention(y, lse, q, k, v, p)
	}
	c.ops.AttentionGrad = func(dq, dk, dv kernels.Grad, dy, q, k, v, y, lse kernels.Buf, p kernels.Attention) {
		c.flops += 10 * pairs(p)
		o.AttentionGrad(dq, dk, dv, dy, q, k, v, y, lse, p)
	}
	// The scores over keys and codebook and the readout; backwards these again, and a product for each of the gradients.
	dynamic := func(p *kernels.DynamicAttention) float64 { return 2 * float64(p.T) * float64(p.A) * float64(p.P) }
	c.ops.DynamicAttention = func(y, align, o2, lse kernels.Buf, p kernels.DynamicAttention) {
		c.flops += dynamic(&p) * float64(2*p.D+p.R)
		o.DynamicAttention(y, align, o2, lse, p)
	}
	c.ops.DynamicAttentionGrad = func(d kernels.DynamicGrads, dy, dalign, align, o2, lse kernels.Buf, p kernels.DynamicAttention) {
		c.flops += dynamic(&p) * float64(5*p.D+3*p.R)
		o.DynamicAttentionGrad(d, dy, dalign, align, o2, lse, p)
	}
}

// pairs are the multiply-adds of one product of queries and keys.
func pairs(p kernels.Attention) float64 {
	n := float64(p.Tq) * float64(p.Tk)
	if p.Causal {
		n = float64(p.Tq) * (float64(p.Tk-p.Tq) + float64(p.Tq+1)/2)
	}
	return float64(p.B) * float64(p.A) * float64(p.D) * n
}
