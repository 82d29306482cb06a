//go:build cgo

// Convolutions as matrix products: every output place's taps become a column.

package kernels

import "ecalf/kernels/internal/memory"

// run is n neighbouring outputs that read n neighbouring inputs, or zeros where in < 0.
type run struct{ out, in, n int }

// runs groups, for every tap, what the outputs along an axis read.
func (a axis) runs(padding Padding) [][]run {
	at := a.sources(padding)
	byTap := make([][]run, a.taps)
	for t := range byTap {
		var rs []run
		for o := range a.out() {
			in := at[o*a.taps+t]
			if last := len(rs) - 1; last >= 0 && (in < 0 && rs[last].in < 0 || in >= 0 && rs[last].in >= 0 && in == rs[last].in+rs[last].n) {
				rs[last].n++
			} else {
				rs = append(rs, run{o, in, 1})
			}
		}
		byTap[t] = rs
	}
	return byTap
}

// columns calls f for every row of the matrix (taps, outputs) of one sample, part by part:
// n elements from place at of the matrix on, read from place in of the sample or, where
// in < 0, zero.
func (p *Conv) columns(rows []int, runs [][]run, f func(at, in, n int)) {
	outH, outW := p.OutH(), p.OutW()
	for c := range p.In {
		for u := range p.KH {
			for v := range p.KW {
				line := ((c*p.KH+u)*p.KW + v) * outH * outW
				for i := range outH {
					h := rows[i*p.KH+u]
					for _, r := range runs[v] {
						in := (c*p.H+h)*p.W + r.in
						if h < 0 || r.in < 0 {
							in = -1
						}
						f(line+i*outW+r.out, in, r.n)
					}
				}
			}
		}
	}
}

// unfold writes the matrix of a sample.
func (p *Conv) unfold(matrix, x []float32, rows []int, runs [][]run) {
	p.columns(rows, runs, func(at, in, n int) {
		if in < 0 {
			clear(matrix[at : at+n])
		} else {
			copy(matrix[at:at+n], x[in:])
		}
	})
}

// serial computes one product on the calling thread.
func (t *tiling) serial(c, a, b []float32, p Product) {
	p = p.normal()
	packed := memory.Borrow(t.packedLen(p.K, p.N))
	defer memory.GiveBack(packed)
	t.pack(packed, b, &p, 0, ceil(p.N, t.nr))
	t.rectangle(c, a, right{b: packed}, &p, 0, 0, p.M, 0, p.N)
}

func (t *tiling) conv(y, x, w, bias []float32, p *Conv, lo, hi int) {
	in, out, taps := p.In*p.H*p.W, p.OutH()*p.OutW(), p.taps()
	rows, runs := p.axisH().sources(p.Padding), p.axisW().runs(p.Padding)
	matrix := memory.Borrow(taps * out)
	defer memory.GiveBack(matrix)
	for b := lo; b < hi; b++ {
		p.unfold(matrix, x[b*in:], rows, runs)
		y := y[b*p.Out*out:]
		for o, v := range bias[:min(len(bias), p.Out)] {
			for i := range out {
				y[o*out+i] = v
			}
		}
		t.serial(y, w, matrix, Product{M: p.Out, N: out, K: taps, Add: len(bias) != 0})
	}
}

func (t *tiling) convGradX(dx, dy, w []float32, p *Conv, lo, hi int, add bool) {
	in, out, taps := p.In*p.H*p.W, p.OutH()*p.OutW(), p.taps()
	rows, runs := p.axisH().sources(p.Padding), p.axisW().runs(p.Padding)
	matrix := memory.Borrow(taps * out)
	defer memory.GiveBack(matrix)
	for b := lo; b < hi; b++ {
		dx := dx[b*in : (b+1)*in]
		if !add {
			clear(dx)
		}
		t.serial(matrix, w, dy[b*p.Out*out:], Product{M: taps, N: out, K: p.Out, TransA: true})
		p.columns(rows, runs, func(at, in, n int) {
			if in >= 0 {
				for i, v := range matrix[at : at+n] {
					dx[in+i] += v
				}
			}
		})
	}
}

func (t *tiling) convGradW(dw, dy, x []float32, p *Conv, lo, hi int, add bool) {
	in, out, taps := p.In*p.H*p.W, p.OutH()*p.OutW(), p.taps()
	rows, runs := p.axisH().sources(p.Padding), p.axisW().runs(p.Padding)
	matrix := memory.Borrow(taps * out)
	defer memory.GiveBack(matrix)
	dw = dw[lo*taps : hi*taps]
	if !add {
		clear(dw)
	}
	for b := range p.B {
		p.unfold(matrix, x[b*in:], rows, runs)
		t.serial(dw, dy[(b*p.Out+lo)*out:], matrix, Product{M: hi - lo, N: taps, K: out, TransB: true, Add: true})
	}
}
