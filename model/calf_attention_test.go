// What Attention shows is what the text tokens are made of.

package model

import (
	"path/filepath"
	"testing"

	"ecalf/kernels"
	"ecalf/model/tensor"
)

// tokensFrom are the text tokens (1, C, D) made of weights a by hand: what they read of the values, and with a gate, whose
// degrees a has, what a token keeps of its own.
func tokensFrom(tp *tensor.Tape, m *CALF, a Attention, d tensor.Dynamic) []float32 {
	v := m.cross.Project(tp, m.prototypes, 2) // (P, D)
	values, width := v.Values(), v.Dim(1)
	var carries, own []float32
	if a.Degree != nil {
		carries, own = d.Carry.Values(), d.Own.Values()
	}
	y := make([]float32, a.Channels*width)
	for i := range y { // channel i/width, and of the width's head and its own column
		c, col := i/width, i%width
		head := c*a.Heads + col/(width/a.Heads)
		var read float64
		for p, w := range a.Weights[head*a.Prototypes:][:a.Prototypes] {
			read += float64(w) * float64(values[p*width+col])
		}
		if a.Degree != nil {
			rest := 1 - float64(a.Degree[head])
			carry := float64(carries[col/(width/a.Heads)])
			read = read*(1-rest*(1-carry)) + rest*float64(own[i])
		}
		y[i] = float32(read)
	}
	return m.cross.Out.Forward(tp, tp.Input(y, 1, a.Channels, width)).Values()
}

func TestAttentionIsWhatTheTextTokensAreMadeOf(t *testing.T) {
	f, c := openEnhanced(t, filepath.Join("testdata", "enhanced-small.safetensors"))
	defer f.Close()
	for _, be := range kernels.CPUs() {
		t.Run(be.Name(), func(t *testing.T) {
			m := c.enhanced(t, be)
			tp := tensor.NewTape(be, 0)
			tp.Precision = kernels.FP32
			tp.Eval()
			x, _ := c.data(tp)
			x = tp.Rows(x, 1, 2) // one window
			series, _ := m.series(tp, x)
			h := m.timeTokens(tp, series)

			a, err := m.Attention(tp, x)
			if err != nil || len(a.Degree) != a.Channels*a.Heads || len(a.Temperature) != a.Channels*a.Heads {
				t.Fatalf("%d degrees and %d temperatures of %d channels and %d heads, %v", len(a.Degree), len(a.Temperature), a.Channels, a.Heads, err)
			}
			text, _ := m.attention.forward(tp, x, h, m.season)
			nearAll(t, "EnhancedCALF", text.Values(), tokensFrom(tp, m.CALF, a, m.attention.dynamic(tp, x, h, m.season)), 2e-5, 0)
			for i, temperature := range a.Temperature {
				if temperature < 0.125 || temperature > 8 {
					t.Errorf("temperature %d is %v, want 1/8 … 8", i, temperature)
				}
			}

			a, err = m.CALF.Attention(tp, x)
			if err != nil || a.Degree != nil || a.Temperature != nil {
				t.Fatalf("CALF has degrees %v, temperatures %v, %v", a.Degree, a.Temperature, err)
			}
			nearAll(t, "CALF", m.cross.Cross(tp, h, m.prototypes).Values(), tokensFrom(tp, m.CALF, a, tensor.Dynamic{}), 2e-5, 0)

			m.attention = nil // all its parts off
			if b, err := m.Attention(tp, x); err != nil || b.Weights[0] != a.Weights[0] {
				t.Errorf("without dynamic attention it is not CALF's: %v", err)
			}
			m.cross = nil
			if _, err := m.Attention(tp, x); err == nil {
				t.Error("a model without a text branch has an attention")
			}
		})
	}
}
