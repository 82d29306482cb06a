//go:build cgo

package kernels

import "testing"

// What attention needs beside its arrays grows with the tokens of a sample and not with their square; lse, which it keeps,
// is one number a query.
func TestAttentionMemoryIsLinearInTokens(t *testing.T) {
	bodies := []simd{simdAVX2, simdAVX512}
	for _, s := range bodies[:min(len(accelerated(&level{})), len(bodies))] {
		floats := func(tokens int) int {
			p := Attention{B: 2, A: 12, Tq: tokens, Tk: tokens, D: 64}.normal()
			c := p.forC(nil, nil, nil, nil)
			return s.attentionScratch(&c)
		}
		for tokens := 64; tokens <= 1<<16; tokens *= 2 {
			if one, two := floats(tokens), floats(2*tokens); one <= 0 || two > 2*one {
				t.Errorf("%v: %d floats for %d tokens, %d for %d", s, one, tokens, two, 2*tokens)
			}
		}
	}
}
