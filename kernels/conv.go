// Convolution over one or two axes, with the borders that forecasting models use.

package kernels

// Padding is what Conv reads beyond the border.
type Padding int

const (
	Zeros    Padding = iota
	Circular         // the opposite side
	Repeat           // the border itself
)

// Conv describes a convolution of x (B, In, H, W) by w (Out, In, KH, KW) to
// y (B, Out, OutH, OutW). A one-dimensional one leaves H and KH at 1.
type Conv struct {
	B, In, H, W              int
	Out, KH, KW              int
	StrideH, StrideW         int // 0 means 1
	Dilation                 int // of both axes, 0 means 1
	Top, Bottom, Left, Right int // places read beyond each border
	Padding                  Padding
}

// OutH and OutW are the sizes of the result.
func (p Conv) OutH() int { return p.axisH().out() }
func (p Conv) OutW() int { return p.axisW().out() }

// axis is one axis of a convolution.
type axis struct{ size, taps, stride, dilation, before, after int }

func (p Conv) axisH() axis {
	return axis{p.H, p.KH, max(p.StrideH, 1), max(p.Dilation, 1), p.Top, p.Bottom}
}

func (p Conv) axisW() axis {
	return axis{p.W, p.KW, max(p.StrideW, 1), max(p.Dilation, 1), p.Left, p.Right}
}

func (a axis) out() int {
	room := a.before + a.size + a.after - (a.taps-1)*a.dilation - 1
	if room < 0 {
		return 0
	}
	return room/a.stride + 1
}

// sources tabulates (out, taps) the place that each tap of each output reads, −1
// for a zero beyond the border.
func (a axis) sources(padding Padding) []int {
	places := make([]int, 0, a.out()*a.taps)
	for o := range a.out() {
		for t := range a.taps {
			at := o*a.stride + t*a.dilation - a.before
			switch {
			case at >= 0 && at < a.size:
			case padding == Circular:
				at = ((at % a.size) + a.size) % a.size
			case padding == Repeat:
				at = min(max(at, 0), a.size-1)
			default:
				at = -1
			}
			places = append(places, at)
		}
	}
	return places
}

// taps is the number of weights that one output value sums over.
func (p Conv) taps() int { return p.In * p.KH * p.KW }

func (p Conv) check(op string, x, w, bias, y Buf) {
	sizes(op, p.B, p.In, p.H, p.W, p.Out, p.KH, p.KW, p.StrideH, p.StrideW, p.Dilation,
		p.Top, p.Bottom, p.Left, p.Right)
	optional(op, "x", x, p.B*p.In*p.H*p.W)
	optional(op, "w", w, p.Out*p.taps())
	optional(op, "bias", bias, p.Out)
	optional(op, "y", y, p.B*p.Out*p.OutH()*p.OutW())
}

func (l *level) conv(y, x, w, bias Buf, p Conv) {
	p.check("Conv", x, w, bias, y)
	n := p.OutH() * p.OutW()
	parallelSpans(p.B, p.Out*n*p.taps(), func(lo, hi int) {
		l.leaf.conv(y.Host, x.Host, w.Host, bias.Host, &p, lo, hi)
	})
}

func (l *level) convGrad(dx, dw, dbias Grad, dy, x, w Buf, p Conv) {
	const op = "ConvGrad"
	p.check(op, x, w, Buf{}, dy)
	p.check(op, dx.Buf, dw.Buf, dbias.Buf, Buf{})
	n := p.OutH() * p.OutW()
	if dx.Len != 0 {
		parallelSpans(p.B, p.Out*n*p.taps(), func(lo, hi int) {
			l.leaf.convGradX(dx.Host, dy.Host, w.Host, &p, lo, hi, dx.Add)
		})
	}
	if dw.Len != 0 {
		spans := min(Threads(), p.Out) // few, as each walks through all samples
		Parallel(spans, func(i int) {
			l.leaf.convGradW(dw.Host, dy.Host, x.Host, &p, i*p.Out/spans, (i+1)*p.Out/spans, dw.Add)
		})
	}
	if dbias.Len != 0 {
		l.sumSpread(dbias, dy, Buf{}, Spread{[3]int{p.B, p.Out, n}, [3]int{0, 1, 0}}, 1)
	}
}

// each calls f for every pair of a place in a plane of y and one in a plane of x
// that the weight number tap of the KH·KW joins.
func (p *Conv) each(f func(out, in, tap int)) {
	rows, cols := p.axisH().sources(p.Padding), p.axisW().sources(p.Padding)
	outW := p.OutW()
	for r, h := range rows {
		for c, w := range cols {
			if h >= 0 && w >= 0 {
				f(r/p.KH*outW+c/p.KW, h*p.W+w, r%p.KH*p.KW+c%p.KW)
			}
		}
	}
}

// convReference computes samples [lo, hi).
func convReference(y, x, w, bias []float32, p *Conv, lo, hi int) {
	in, out, taps := p.H*p.W, p.OutH()*p.OutW(), p.KH*p.KW
	sum := make([]float64, out)
	for b := lo; b < hi; b++ {
		for o := range p.Out {
			for i := range sum {
				sum[i] = at(bias, o, 0)
			}
			for c := range p.In {
				x, w := x[(b*p.In+c)*in:], w[(o*p.In+c)*taps:]
				p.each(func(i, j, t int) { sum[i] += float64(w[t]) * float64(x[j]) })
			}
			for i, s := range sum {
				y[(b*p.Out+o)*out+i] = float32(s)
			}
		}
	}
}

// convGradXReference gives dx of samples [lo, hi).
func convGradXReference(dx, dy, w []float32, p *Conv, lo, hi int, add bool) {
	in, out, taps := p.H*p.W, p.OutH()*p.OutW(), p.KH*p.KW
	sum := make([]float64, in)
	for b := lo; b < hi; b++ {
		for c := range p.In {
			clear(sum)
			for o := range p.Out {
				dy, w := dy[(b*p.Out+o)*out:], w[(o*p.In+c)*taps:]
				p.each(func(i, j, t int) { sum[j] += float64(w[t]) * float64(dy[i]) })
			}
			for j, s := range sum {
				put(&dx[(b*p.In+c)*in+j], s, add)
			}
		}
	}
}

// convGradWReference gives dw of the output channels [lo, hi).
func convGradWReference(dw, dy, x []float32, p *Conv, lo, hi int, add bool) {
	in, out, taps := p.H*p.W, p.OutH()*p.OutW(), p.KH*p.KW
	sum := make([]float64, taps)
	for o := lo; o < hi; o++ {
		for c := range p.In {
			clear(sum)
			for b := range p.B {
				dy, x := dy[(b*p.Out+o)*out:], x[(b*p.In+c)*in:]
				p.each(func(i, j, t int) { sum[t] += float64(dy[i]) * float64(x[j]) })
			}
			for t, s := range sum {
				put(&dw[(o*p.In+c)*taps+t], s, add)
			}
		}
	}
}
