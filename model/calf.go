// CALF: a language model's blocks, adapted to time series, in step with the same blocks on word-like tokens.

package model

import (
	"fmt"
	"math"
	"strings"

	"ecalf/kernels"
	"ecalf/model/llm"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// CALFParams are CALF's hyper-parameters, under the names that suites use.
type CALFParams struct {
	Heads         int     `json:"n_heads"`      // of the encoder layer and the cross-attention; 0: as the backbone
	DFF           int     `json:"d_ff"`         // hidden width of the encoder layer
	Dropout       float32 `json:"dropout"`      // everywhere but in the cross-attention
	LoRA          bool    `json:"lora"`         // adapt the time branch's attention
	LoRARank      int     `json:"lora_rank"`    // r
	LoRAAlpha     float32 `json:"lora_alpha"`   // α; the adapters' scale is α/r
	Text          bool    `json:"text"`         // the text branch and with it both alignment losses
	LossWeights   string  `json:"loss_weights"` // "code", "paper" or "features"; the next two win over it
	OutputWeight  float64 `json:"output_weight"`
	FeatureWeight float64 `json:"feature_weight"`
	FeatureDecay  float64 `json:"feature_decay"` // from the last level to the one before
}

// publishedCALF are the settings of the public code (repository Hank0626/CALF, run.py and scripts).
var publishedCALF = CALFParams{
	DFF: 2048, Dropout: 0.1, LoRA: true, LoRARank: 8, LoRAAlpha: 32, Text: true, LossWeights: "code",
	OutputWeight: math.NaN(), FeatureWeight: math.NaN(), FeatureDecay: 0.8,
}

// lossWeights are those of the output and of the feature loss: the public code's, and the paper's (section
// "Experimental setup"), which are the same numbers the other way round. Those called features were chosen for Enhanced CALF
// on validation, few-shot (paper/notes.md).
var lossWeights = map[string][2]float64{"code": {1, 0.01}, "paper": {0.01, 1}, "features": {0, 1}}

// weighing is p with the losses weighted as named.
func (p CALFParams) weighing(name string) CALFParams {
	p.LossWeights = name
	return p
}

// read fills p from a configuration and checks it.
func (p *CALFParams) read(c Config) error {
	if c.Backbone == nil {
		return fmt.Errorf("it adapts a language model: name a backbone")
	}
	named, ok := lossWeights[p.LossWeights]
	if !ok {
		return fmt.Errorf("loss_weights %q: want code, paper or features", p.LossWeights)
	}
	if math.IsNaN(p.OutputWeight) {
		p.OutputWeight = named[0]
	}
	if math.IsNaN(p.FeatureWeight) {
		p.FeatureWeight = named[1]
	}
	if p.Heads == 0 {
		p.Heads = c.Backbone.Heads
	}
	switch {
	case p.Heads < 1 || c.Backbone.Width%p.Heads != 0:
		return fmt.Errorf("n_heads is %d: give a divisor of the backbone's width, %d", p.Heads, c.Backbone.Width)
	case p.DFF < 1 || p.LoRARank < 1:
		return fmt.Errorf("d_ff %d, lora_rank %d: each must be 1 or more", p.DFF, p.LoRARank)
	case !(p.Dropout >= 0 && p.Dropout < 1):
		return fmt.Errorf("dropout is %v: give a rate of 0 or more, below 1", p.Dropout)
	case !(p.OutputWeight >= 0) || !(p.FeatureWeight >= 0) || !(p.FeatureDecay >= 0 && p.FeatureDecay <= 1):
		return fmt.Errorf("output_weight %v, feature_weight %v, feature_decay %v: want 0 or more, the last one up to 1", p.OutputWeight, p.FeatureWeight, p.FeatureDecay)
	case c.Channels > c.Backbone.Positions:
		return NotApplicable(fmt.Sprintf("%d channels are %d tokens, and backbone %s knows %d positions", c.Channels, c.Channels, c.Backbone.Name, c.Backbone.Positions))
	}
	return nil
}

// CALF is Liu et al., "CALF: Aligning LLMs for Time Series Forecasting via Cross-modal Fine-Tuning", AAAI 2025
// (arXiv 2403.07300), as its public code computes it. Channels are tokens: B samples, L look-back, C channels, D width
// of the backbone, H horizon, P prototypes, N blocks.
type CALF struct {
	params     CALFParams
	loss       kernels.LossKind
	rev        *nn.RevIN
	embed      *nn.Linear             // in_layer.linear: L → D
	encoder    *nn.EncoderLayer       // in_layer.transformer_encoder: over the channels of a sample
	cross      *nn.MultiheadAttention // in_layer.cross_attention: time tokens look at the prototypes
	prototypes *tensor.Tensor         // (P, D)
	stack      *llm.Stack
	timeProj   []*nn.Linear // time_proj.i, text_proj.i: D → D, no bias; one for each of the N+1 hidden states
	textProj   []*nn.Linear
	out        *nn.Linear // out_layer: D → H, for both branches
	direct     *direct    // nil but in Enhanced CALF
	all        []*nn.Param
}

// NewCALF builds a CALF on c.Backbone. See CALFParams for its hyper-parameters. More channels than the backbone has
// positions is NotApplicable.
func NewCALF(be kernels.Backend, c Config) (Model, error) {
	p := publishedCALF
	if err := c.Decode(&p); err != nil {
		return nil, err
	}
	m, err := newCALF(be, c, p)
	if err != nil {
		return nil, err
	}
	return m, nil
}

func newCALF(be kernels.Backend, c Config, p CALFParams) (*CALF, error) {
	if err := p.read(c); err != nil {
		if _, ok := err.(NotApplicable); ok {
			return nil, err
		}
		return nil, fmt.Errorf("CALF: %w", err)
	}
	d := c.Backbone.Width
	b := nn.NewBuild(be, c.Seed)
	in := b.In("in_layer")
	m := &CALF{
		params: p,
		loss:   c.Loss,
		rev:    nn.NewRevINPlain(),
		embed:  nn.NewLinear(in.In("linear"), c.Lookback, d),
		encoder: nn.NewEncoderLayer(in.In("transformer_encoder").At("layers", 0),
			nn.EncoderConfig{Width: d, Heads: p.Heads, Hidden: p.DFF, Act: kernels.ReLU, Dropout: p.Dropout}),
	}
	options := llm.Options{Names: branches[c.Backbone.Arch], Streams: 1, Dropout: p.Dropout}
	if p.LoRA {
		options.LoRA = &llm.LoRA{Rank: p.LoRARank, Alpha: p.LoRAAlpha, Dropout: p.Dropout}
	}
	if p.Text {
		options.Streams = 2
		m.cross = nn.NewMultiheadAttention(in.In("cross_attention"), d, p.Heads, 0)
		m.prototypes = tensor.From(be, c.Backbone.Prototypes.Values, c.Backbone.Prototypes.Shape...)
	}
	var err error
	if m.stack, err = llm.New(b, c.Backbone, options); err != nil {
		return nil, err
	}
	if p.Text {
		for i := range c.Backbone.Blocks + 1 {
			m.timeProj = append(m.timeProj, nn.NewLinearNoBias(b.At("time_proj", i), d, d))
			m.textProj = append(m.textProj, nn.NewLinearNoBias(b.At("text_proj", i), d, d))
		}
	}
	m.out = nn.NewLinear(b.In("out_layer"), d, c.Horizon)
	m.all = b.Params()
	for _, p := range m.all {
		if isProjection(p.Name) {
			p.Group = ProjectionGroup
		}
	}
	return m, nil
}

// branches are the prefixes of the two branches' parameters in a checkpoint. Those of a GPT-2 are the published ones;
// CALF without blocks has its positions under the same.
var branches = map[weights.Arch][2]string{
	weights.GPT2:  {"gpt2.base_model.model", "gpt2_text"},
	weights.None:  {"gpt2.base_model.model", "gpt2_text"},
	weights.LLaMA: {"llm", "llm_text"},
}

// ProjectionGroup is the optimiser's group of the parameters that the public code trains at a rate of their own: those
// with "_proj" in their name, which are the feature projections and the in_proj and out_proj of both attentions.
const ProjectionGroup = "proj"

// isProjection says whether a parameter belongs to ProjectionGroup. The adapters of a LLaMA's q_proj do not: those of
// GPT-2's c_attn, for which they stand, have no such name.
func isProjection(name string) bool {
	return strings.Contains(name, "_proj") && !strings.Contains(name, "lora_")
}

func (m *CALF) Params() []*nn.Param { return m.all }

// aligned says whether a loss needs the text branch.
func (m *CALF) aligned() bool {
	return m.params.Text && (m.params.OutputWeight > 0 || m.params.FeatureWeight > 0)
}

// Forward maps x (B, L, C) to (B, H, C). In training Aux is the weighted sum of the output and the feature loss.
func (m *CALF) Forward(tp *tensor.Tape, x *tensor.Tensor) Output {
	if !tp.Training() || !m.aligned() {
		return Output{Pred: m.predict(tp, x)}
	}
	p := m.pass(tp, x, m.match(tp))
	var aux sum
	if w := m.params.OutputWeight; w > 0 {
		aux.add(tp, w, m.outputLoss(tp, p))
	}
	if w := m.params.FeatureWeight; w > 0 {
		for i := m.levelCount() - 1; i >= 0; i, w = i-1, w*m.params.FeatureDecay {
			z, zText := m.features(tp, p, i)
			aux.add(tp, w, tp.Loss(m.loss, z, zText))
		}
	}
	return Output{Pred: p.y, Aux: aux.total}
}

// pass is what both branches computed of a batch in training.
type pass struct {
	moments tensor.Moments
	hidden  []*tensor.Tensor // N+1 states (2B, C, D), time before text; to the last one the tokens are added
	samples int              // B
	y       *tensor.Tensor   // forecast of the time branch (B, H, C)
}

// match is CALF's cross-modal match: attention from the time tokens (B, C, D) to the prototypes.
func (m *CALF) match(tp *tensor.Tape) func(h *tensor.Tensor) *tensor.Tensor {
	return func(h *tensor.Tensor) *tensor.Tensor { return m.cross.Cross(tp, h, m.prototypes) }
}

// pass runs both branches. match makes the text tokens of the time tokens, both (B, C, D).
func (m *CALF) pass(tp *tensor.Tape, x *tensor.Tensor, match func(h *tensor.Tensor) *tensor.Tensor) pass {
	series, moments := m.series(tp, x) // (B, C, L)
	h := m.timeTokens(tp, series)      // (B, C, D)
	both := tp.Concat(0, h, match(h))  // (2B, C, D)
	p := pass{moments: moments, hidden: m.stack.Forward(tp, both, 2), samples: h.Dim(0)}
	end := len(p.hidden) - 1
	p.hidden[end] = tp.Add(p.hidden[end], both)
	p.y = m.timeForecast(tp, tp.Rows(p.hidden[end], 0, p.samples), series, moments)
	return p
}

// predict runs the time branch alone: all that a forecast needs.
func (m *CALF) predict(tp *tensor.Tape, x *tensor.Tensor) *tensor.Tensor {
	series, moments := m.series(tp, x) // (B, C, L)
	h := m.timeTokens(tp, series)      // (B, C, D)
	var hidden []*tensor.Tensor
	tp.Noisy(func() { hidden = m.stack.Forward(tp, h, 1) })
	return m.timeForecast(tp, tp.Add(hidden[len(hidden)-1], h), series, moments)
}

// outputLoss is the distance of the two branches' forecasts.
func (m *CALF) outputLoss(tp *tensor.Tape, p pass) *tensor.Tensor {
	text := tp.Rows(p.hidden[len(p.hidden)-1], p.samples, 2*p.samples)
	return tp.Loss(m.loss, p.y, m.forecast(tp, text, p.moments))
}

// levelCount is N+1, the number of hidden states that are compared.
func (m *CALF) levelCount() int { return len(m.timeProj) }

// features are the projected hidden states of a level: time and text, (B, C, D) each.
func (m *CALF) features(tp *tensor.Tape, p pass, level int) (z, zText *tensor.Tensor) {
	x := p.hidden[level]
	z = m.timeProj[level].Forward(tp, tp.Rows(x, 0, p.samples))
	return z, m.textProj[level].Forward(tp, tp.Rows(x, p.samples, 2*p.samples))
}

// sum is a weighted sum of losses.
type sum struct{ total *tensor.Tensor }

func (s *sum) add(tp *tensor.Tape, weight float64, loss *tensor.Tensor) {
	term := tp.Affine(loss, float32(weight), 0)
	if s.total != nil {
		term = tp.Add(s.total, term)
	}
	s.total = term
}

// series are the normalised windows by channels: x (B, L, C) to (B, C, L).
func (m *CALF) series(tp *tensor.Tape, x *tensor.Tensor) (*tensor.Tensor, tensor.Moments) {
	x, moments := m.rev.Norm(tp, x)
	return tp.Permute(x, 0, 2, 1), moments
}

// timeTokens embeds each channel's series and lets the channels of a sample see each other: (B, C, L) to (B, C, D).
func (m *CALF) timeTokens(tp *tensor.Tape, series *tensor.Tensor) *tensor.Tensor {
	return m.encoder.Forward(tp, m.embed.Forward(tp, series))
}

// forecast maps tokens (B, C, D) to (B, H, C) on the data's scale.
func (m *CALF) forecast(tp *tensor.Tape, tokens *tensor.Tensor, moments tensor.Moments) *tensor.Tensor {
	return m.rev.Denorm(tp, tp.Permute(m.out.Forward(tp, tokens), 0, 2, 1), moments)
}

// timeForecast is forecast of the time branch, whose windows were series (B, C, L).
func (m *CALF) timeForecast(tp *tensor.Tape, tokens, series *tensor.Tensor, moments tensor.Moments) *tensor.Tensor {
	y := m.out.Forward(tp, tokens) // (B, C, H)
	if m.direct != nil {
		y = m.direct.onto(tp, y, series)
	}
	return m.rev.Denorm(tp, tp.Permute(y, 0, 2, 1), moments)
}
