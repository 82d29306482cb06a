package kerneltest

// Timing, as GFLOP/s or GB/s and as a share of what the machine reaches.

import (
	"testing"

	"ecalf/kernels"
)

// Bench times the forward pass of the cases, and the backward pass of those that say what
// work it is.
func Bench(b *testing.B, be kernels.Backend, cases []Case) {
	peak, _ := kernels.PeakOf(be)
	for _, c := range cases {
		b.Run(c.String(), func(b *testing.B) { c.bench(b, be, peak) })
	}
}

func (c *Case) bench(b *testing.B, be kernels.Backend, peak kernels.Peak) {
	upload := func(x []float32) kernels.Buf {
		buf := be.Alloc(len(x))
		be.Upload(buf, x)
		return buf
	}
	var in, out []kernels.Buf
	for _, x := range c.draw() {
		in = append(in, upload(x))
	}
	for _, n := range c.Out {
		out = append(out, upload(make([]float32, n)))
	}
	top := peak.FP32
	if c.BF16 && peak.BF16 > 0 {
		top = peak.BF16
	}
	clock := func(b *testing.B, flops, bytes float64, run func()) {
		run() // fetches pages, packs constants
		for b.Loop() {
			run()
		}
		if err := be.Sync(); err != nil {
			b.Fatal(err)
		}
		seconds := b.Elapsed().Seconds() / float64(b.N)
		report(b, "GFLOP/s", "%peak", flops/seconds/1e9, top)
		report(b, "GB/s", "%stream", bytes/seconds/1e9, peak.Stream)
	}
	b.Run("forward", func(b *testing.B) {
		clock(b, c.Flops, c.Bytes, func() { c.Run(be.Ops(), out, in) })
	})
	if c.BackFlops+c.BackBytes == 0 {
		return
	}
	dout := upload(make([]float32, c.Out[0]))
	din := make([]kernels.Grad, len(in))
	for i, x := range in {
		if !c.In[i].Constant() {
			din[i] = kernels.Into(be.Alloc(x.Len))
		}
	}
	b.Run("backward", func(b *testing.B) {
		clock(b, c.BackFlops, c.BackBytes, func() { c.Back(be.Ops(), din, dout, in, out) })
	})
}

// report adds a rate, and its share of the highest one known, to a benchmark's line.
func report(b *testing.B, unit, share string, rate, top float64) {
	if rate > 0 {
		b.ReportMetric(rate, unit)
		if top > 0 {
			b.ReportMetric(100*rate/top, share)
		}
	}
}
