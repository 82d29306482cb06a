// Enhanced CALF: CALF with dynamic attention to the prototypes, a distillation of many levels, and weights of the losses
// that follow how well the branches are aligned.

package model

import (
	"fmt"
	"math"

	"ecalf/kernels"
	"ecalf/model/nn"
	"ecalf/model/tensor"
)

// EnhancedParams are the hyper-parameters of Enhanced CALF. Every part can be switched off; without any it is CALF.
type EnhancedParams struct {
	CALFParams

	Temperature bool `json:"temperature"` // dynamic attention: a temperature per token and head
	Bias        bool `json:"bias"`        // … a bias per token, head and prototype, of low rank
	Gate        bool `json:"gate"`        // … a predicted degree of alignment that weighs what is read
	Relation    bool `json:"relation"`    // distillation: how the tokens of a sample relate to each other
	Global      bool `json:"global"`      // … the mean token of a sample
	Levels      bool `json:"levels"`      // … weights of the levels are learned
	Contrast    bool `json:"contrast"`    // … samples are told apart (InfoNCE)
	Tempered    bool `json:"tempered"`    // … with a temperature that follows the alignment of a level
	Adaptive    bool `json:"adaptive"`    // the losses' weights follow the alignment
	OneWay      bool `json:"one_way"`     // the text branch learns from the time branch, which sees none of these losses
	Direct      bool `json:"direct"`      // a linear reading of the window beside the time branch's forecast

	RelationWeight float64 `json:"relation_weight"`
	GlobalWeight   float64 `json:"global_weight"`
	EntropyWeight  float64 `json:"entropy_weight"` // η: of the level weights' divergence from their start
	Sharpness      float64 `json:"sharpness"`      // κ: how much a level's score moves its temperature
	ContrastWeight float64 `json:"contrast_weight"`
	MatchWeight    float64 `json:"match_weight"` // of the predicted degree's distance from the observed one
	Adaptivity     float64 `json:"adaptivity"`   // β: how much the feature loss gains where alignment is poor
	DirectScale    float64 `json:"direct_scale"` // m: how fast the direct reading learns
}

// reconstructed are the settings of the reconstruction, with every part on.
var reconstructed = EnhancedParams{
	CALFParams:  publishedCALF.weighing("features"),
	Temperature: true, Bias: true, Gate: true, Relation: true, Global: true, Levels: true, Contrast: true, Tempered: true, Adaptive: true,
	OneWay: true, Direct: true,
	RelationWeight: 1, GlobalWeight: 1, EntropyWeight: 1, Sharpness: 1, ContrastWeight: 0.01, MatchWeight: 0.01, Adaptivity: 1, DirectScale: 10,
}

// check returns an error that names the hyper-parameter which makes no sense.
func (p EnhancedParams) check() error {
	for name, w := range map[string]float64{
		"relation_weight": p.RelationWeight, "global_weight": p.GlobalWeight, "entropy_weight": p.EntropyWeight, "sharpness": p.Sharpness,
		"contrast_weight": p.ContrastWeight, "match_weight": p.MatchWeight, "adaptivity": p.Adaptivity, "direct_scale": p.DirectScale,
	} {
		if !(w >= 0) || math.IsInf(w, 1) {
			return fmt.Errorf("%s is %v: want 0 or more", name, w)
		}
	}
	return nil
}

// EnhancedCALF is the reconstruction of "Enhanced Cross-Modal Fine-Tuning Framework for Few-Shot Learning", which is
// known here by its abstract alone: dynamic-attention matching, multi-level distillation and contrast, adaptive
// alignment. All parts start neutral, so that its first forecasts are CALF's. Letters as in CALF; A heads, T = B·C tokens.
type EnhancedCALF struct {
	*CALF
	params    EnhancedParams
	season    int
	attention *dynamicMatch // nil if no part of it is on
	levels    *levelWeights
	contrast  *nn.Param // log_temperature (1); nil without contrast
	alignment *alignment
	seen      map[string]float64
}

// NewEnhancedCALF builds an Enhanced CALF on c.Backbone. See EnhancedParams for its hyper-parameters.
func NewEnhancedCALF(be kernels.Backend, c Config) (Model, error) {
	p := reconstructed
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("EnhancedCALF: %w", err)
	}
	calf, err := newCALF(be, c, p.CALFParams)
	if err != nil {
		return nil, err
	}
	if !calf.params.Text {
		return nil, fmt.Errorf("EnhancedCALF: text is off: all its parts are about the text branch, use CALF")
	}
	p.CALFParams = calf.params // with the losses' weights, which loss_weights may name
	m := &EnhancedCALF{CALF: calf, params: p, season: c.Season, seen: map[string]float64{}}
	b := nn.NewBuild(be, c.Seed)
	if p.Temperature || p.Bias || p.Gate {
		m.attention = newDynamicMatch(b.In("dynamic"), p, c, calf)
	}
	m.levels = newLevelWeights(b.In("levels"), calf.levelCount(), p.FeatureDecay, p.Levels)
	if p.Contrast {
		m.contrast = b.In("contrast").Param("log_temperature", nn.Constant(float32(math.Log(0.1))), 1)
	}
	if p.Adaptive || p.Contrast && p.Tempered {
		m.alignment = newAlignment(b.In("alignment"), calf.levelCount())
	}
	if p.Direct {
		calf.direct = newDirect(b.In("direct"), c.Lookback, c.Horizon, p.DirectScale)
	}
	if p.OneWay {
		for _, l := range calf.timeProj { // without a gradient they stay what they are
			nn.Freeze(l.Weight)
		}
	}
	calf.all = append(calf.all, b.Params()...)
	return m, nil
}

// Forward maps x (B, L, C) to (B, H, C). In training Aux is the weighted sum of all alignment losses.
func (m *EnhancedCALF) Forward(tp *tensor.Tape, x *tensor.Tensor) Output {
	if !tp.Training() {
		return Output{Pred: m.predict(tp, x)}
	}
	match, degree := m.match(tp), (*tensor.Tensor)(nil)
	if m.attention != nil {
		match = func(h *tensor.Tensor) (text *tensor.Tensor) {
			text, degree = m.attention.forward(tp, x, h, m.season)
			return text
		}
	}
	pass := m.pass(tp, x, match)
	y := pass.y
	if m.params.OneWay {
		pass.y = tp.Detach(y)
	}
	var output *tensor.Tensor
	if m.params.OutputWeight > 0 {
		output = m.outputLoss(tp, pass) // before the levels, as in CALF: gradients add up in the same order
	}
	levels := m.distill(tp, pass)
	scores := m.alignment.observe(tp, levels)
	weights := m.params.lossWeights(scores)

	var aux sum
	if output != nil {
		aux.add(tp, weights.output, output)
	}
	if weights.feature > 0 {
		m.levels.add(tp, &aux, weights.feature, m.params.EntropyWeight, levels)
	}
	if weights.contrast > 0 {
		aux.add(tp, weights.contrast, m.contrastLoss(tp, levels, scores))
	}
	if degree != nil {
		last := levels[len(levels)-1]
		aux.add(tp, m.params.MatchWeight, matchLoss(tp, degree, last.z, last.zText))
		m.seen["degree"] = float64(tp.MeanAll(tp.Detach(degree)).Values()[0])
	}
	m.look(scores, weights)
	return Output{Pred: y, Aux: aux.total}
}

// features are CALF's. With one_way those of the time branch are constants: what aligns the branches teaches the text
// branch, and with it the encoder whose tokens that reads.
func (m *EnhancedCALF) features(tp *tensor.Tape, p pass, level int) (z, zText *tensor.Tensor) {
	z, zText = m.CALF.features(tp, p, level)
	if m.params.OneWay {
		z = tp.Detach(z)
	}
	return z, zText
}

// look notes what is worth seeing of a step.
func (m *EnhancedCALF) look(scores []float64, w alignmentWeights) {
	m.seen["weight.feature"], m.seen["weight.output"], m.seen["weight.contrast"] = w.feature, w.output, w.contrast
	for i := range scores {
		m.seen[fmt.Sprintf("share.%d", i)] = m.levels.shares[i]
		if m.alignment != nil {
			m.seen[fmt.Sprintf("score.%d", i)] = scores[i]
		}
	}
}

// Observe returns the last step's alignment score, share and contrast's temperature of every level, the losses' weights
// and the mean degree of alignment, those of the parts that are on.
func (m *EnhancedCALF) Observe() map[string]float64 { return m.seen }
