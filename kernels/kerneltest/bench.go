package kerneltest

import (
	"testing"

	"ecalf/kernels"
)

// Bench times the forward and the backward pass of every case that states its work, as
// GFLOP/s or GB/s and as a share of what the machine reaches.
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
	c.Run(be.Ops(), out, in)
	for b.Loop() {
		c.Run(be.Ops(), out, in)
	}
	if err := be.Sync(); err != nil {
		b.Fatal(err)
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	if c.Flops > 0 {
		rate := c.Flops / seconds / 1e9
		b.ReportMetric(rate, "GFLOP/s")
		if top := c.peakRate(peak); top > 0 {
			b.ReportMetric(100*rate/top, "%peak")
		}
	}
	if c.Bytes > 0 {
		rate := c.Bytes / seconds / 1e9
		b.ReportMetric(rate, "GB/s")
		if peak.Stream > 0 {
			b.ReportMetric(100*rate/peak.Stream, "%stream")
		}
	}
}

func (c *Case) peakRate(p kernels.Peak) float64 {
	if c.BF16 && p.BF16 > 0 {
		return p.BF16
	}
	return p.FP32
}
