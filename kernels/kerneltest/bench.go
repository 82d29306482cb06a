package kerneltest

// Timing, as GFLOP/s or GB/s and as a share of what the machine reaches.

import (
	"testing"
	"time"

	"ecalf/kernels"
)

// Timing is one pass of a case, ready to be timed.
type Timing struct {
	Pass         string // "forward" or "backward"
	Flops, Bytes float64
	Run          func() // the pass, once
}

// Timings prepares the forward pass of c on be, and the backward pass if c says what work it is. Each has run once, so
// that pages are fetched and constants packed. free gives the memory back.
func (c *Case) Timings(be kernels.Backend) (passes []Timing, free func()) {
	var mine []kernels.Buf
	room := func(n int) kernels.Buf {
		mine = append(mine, be.Alloc(n))
		return mine[len(mine)-1]
	}
	var in, out []kernels.Buf
	for _, x := range c.draw() {
		buf := room(len(x))
		be.Upload(buf, x)
		in = append(in, buf)
	}
	for _, n := range c.Out {
		out = append(out, room(n))
	}
	passes = []Timing{{"forward", c.Flops, c.Bytes, func() { c.Run(be.Ops(), out, in) }}}
	passes[0].Run()
	if c.BackFlops+c.BackBytes > 0 {
		dout := room(c.Out[0])
		din := make([]kernels.Grad, len(in))
		for i, x := range in {
			if !c.In[i].Constant() {
				din[i] = kernels.Into(room(x.Len))
			}
		}
		passes = append(passes, Timing{"backward", c.BackFlops, c.BackBytes, func() { c.Back(be.Ops(), din, dout, in, out) }})
		passes[1].Run()
	}
	return passes, func() {
		for _, b := range mine {
			be.Free(b)
		}
	}
}

// Precision is that of the case's products.
func (c *Case) Precision() kernels.Precision {
	if c.BF16 {
		return kernels.BF16
	}
	return kernels.FP32
}

// Seconds runs the pass again and again for at least that long and returns the shortest time of one run. After every
// run it calls beside with the time that it took.
func (t Timing) Seconds(be kernels.Backend, least time.Duration, beside func(took time.Duration)) (float64, error) {
	best := time.Duration(1<<63 - 1)
	for end := time.Now().Add(least); time.Now().Before(end); {
		from := time.Now()
		t.Run()
		if err := be.Sync(); err != nil {
			return 0, err
		}
		took := time.Since(from)
		best = min(best, took)
		beside(took)
	}
	return best.Seconds(), nil
}

// Bench times the passes of the cases as Go benchmarks.
func Bench(b *testing.B, be kernels.Backend, cases []Case) {
	peak, _ := kernels.PeakOf(be)
	for _, c := range cases {
		b.Run(c.String(), func(b *testing.B) {
			passes, free := c.Timings(be)
			defer free()
			for _, t := range passes {
				b.Run(t.Pass, func(b *testing.B) {
					for b.Loop() {
						t.Run()
					}
					if err := be.Sync(); err != nil {
						b.Fatal(err)
					}
					seconds := b.Elapsed().Seconds() / float64(b.N)
					report(b, "GFLOP/s", "%peak", t.Flops/seconds/1e9, peak.Over(c.Precision(), b.Elapsed()))
					report(b, "GB/s", "%stream", t.Bytes/seconds/1e9, peak.Stream)
				})
			}
		})
	}
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
