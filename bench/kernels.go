// ecalf kernels: how fast this machine is, and what the operations reach of it.

package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"ecalf/kernels"
	"ecalf/kernels/kerneltest"
)

// speed is one line of `ecalf kernels`, and an object of its --json. What is not known is absent.
type speed struct {
	Op        string  `json:"op"`
	Level     string  `json:"level"`
	Precision string  `json:"precision,omitempty"`
	Shape     string  `json:"shape,omitempty"`
	Threads   int     `json:"threads"`
	GFLOPS    float64 `json:"gflops,omitempty"`
	GBPS      float64 `json:"gbps,omitempty"`
	Peak      float64 `json:"peak,omitempty"`    // GFLOP/s, or GB/s where the operation is bound by memory
	Share     float64 `json:"share,omitempty"`   // of the peak, 0 … 1
	Seconds   float64 `json:"seconds,omitempty"` // of one training step
}

func kernelsCommand() *cobra.Command {
	var ops, levels []string
	var threads []int
	var least time.Duration
	var asJSON bool
	c := &cobra.Command{
		Use:   "kernels",
		Short: "Measure this machine's peaks and what every operation reaches of them",
		Long: `Kernels measures, per level, the peaks of this machine (multiply-adds in registers, bfloat16 products, STREAM's triad)
and then every operation at the shapes of CALF's training step, as GFLOP/s or GB/s and as a share of the peak. The figure
is the fastest of the runs that fit into --time; what computes is held against the best of the peak's loop that ran in turn
with it, each time for as long, and what moves memory against the triad. The peak of AMX is that of tiles of random numbers
from the first cache: their power lowers the clock, and every product has them.`,
		Example: "  ecalf kernels\n  ecalf kernels --op MatMul --level avx512,amx --threads 1,2\n  ecalf kernels --json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			backends, err := levelsNamed(levels)
			if err != nil {
				return err
			}
			if least <= 0 {
				return usagef("--time %v: want a duration such as 300ms", least)
			}
			known := opNames()
			for _, op := range ops {
				if !slices.Contains(known, op) {
					return usagef("--op %s: known are %s", op, strings.Join(known, ", "))
				}
			}
			var all []speed
			for _, n := range threads {
				if most := 4 * runtime.NumCPU(); n < 1 || n > most {
					return usagef("--threads %d: want 1 to %d on this machine", n, most)
				}
				before := kernels.SetThreads(n)
				for _, be := range backends {
					some, err := measureLevel(c.Context(), be, ops, n, least, c.ErrOrStderr())
					if err != nil {
						return err
					}
					all = append(all, some...)
				}
				kernels.SetThreads(before)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), all)
			}
			return writeSpeeds(c.OutOrStdout(), all)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&ops, "op", nil, "only these operations")
	f.StringSliceVar(&levels, "level", nil, "only these levels (default: all but generic)")
	f.IntSliceVar(&threads, "threads", []int{runtime.NumCPU()}, "numbers of threads")
	f.DurationVar(&least, "time", 300*time.Millisecond, "time for each operation")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// levelsNamed returns the back ends of those levels, all that have kernels of their own if none is named.
func levelsNamed(names []string) ([]kernels.Backend, error) {
	var backends []kernels.Backend
	for _, name := range names {
		be, err := kernels.Select(name)
		if err != nil {
			return nil, usageError{err}
		}
		backends = append(backends, be)
	}
	if len(names) == 0 {
		if backends = kernels.CPUs(); len(backends) > 1 {
			backends = backends[1:]
		}
	}
	return backends, nil
}

func opNames() (names []string) {
	for _, c := range kerneltest.ModelCases() {
		names = appendNew(names, c.Op)
	}
	for _, s := range steps {
		names = append(names, s.op)
	}
	return names
}

// measureLevel measures the peaks of be and the operations of that name, all if none is named. Progress goes to out.
func measureLevel(ctx context.Context, be kernels.Backend, ops []string, threads int, least time.Duration, out io.Writer) ([]speed, error) {
	cases := kerneltest.ModelCases() // anew for each level: they keep what be has packed
	if len(ops) > 0 {
		cases = slices.DeleteFunc(cases, func(c kerneltest.Case) bool { return !slices.Contains(ops, c.Op) })
	}
	level := strings.TrimPrefix(be.Name(), "cpu/")
	peak, _ := kernels.PeakOf(be)
	all := []speed{}
	for _, p := range []speed{
		{Op: "peak-fma", Precision: kernels.FP32.String(), GFLOPS: peak.FP32},
		{Op: "peak-product", Precision: kernels.BF16.String(), GFLOPS: peak.BF16},
		{Op: "peak-triad", GBPS: peak.Stream},
	} {
		if p.GFLOPS+p.GBPS > 0 {
			p.Level, p.Threads = level, threads
			all = append(all, p)
		}
	}
	for i, c := range cases {
		if c.BF16 && !kernels.HasBF16(be, c.Op) {
			continue // that would be the float32 body again
		}
		fmt.Fprintf(out, "%s, %d threads: %d of %d, %s\n", level, threads, i+1, len(cases), c.String())
		passes, free := c.Timings(be)
		for _, t := range passes {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			top := &sustained{peak: peak, precision: c.Precision()}
			if t.Flops == 0 {
				top = &sustained{best: peak.Stream}
			}
			seconds, err := t.Seconds(be, least, top.measure)
			if err != nil {
				return nil, err
			}
			s := speed{Op: c.Op, Level: level, Precision: c.Precision().String(), Shape: c.Shape, Threads: threads,
				GFLOPS: t.Flops / seconds / 1e9, GBPS: t.Bytes / seconds / 1e9, Peak: top.best}
			if t.Pass != "forward" {
				s.Op += " " + t.Pass
			}
			rate := s.GFLOPS
			if rate == 0 {
				rate = s.GBPS
			}
			if s.Peak > 0 {
				s.Share = rate / s.Peak
			}
			all = append(all, s)
		}
		free()
	}
	for _, step := range steps {
		if len(ops) > 0 && !slices.Contains(ops, step.op) {
			continue
		}
		for _, precision := range []kernels.Precision{kernels.FP32, kernels.BF16} {
			if precision == kernels.BF16 && peak.BF16 == 0 || ctx.Err() != nil {
				continue
			}
			fmt.Fprintf(out, "%s, %d threads: %s in %s\n", level, threads, step.op, precision)
			top := &sustained{peak: peak, precision: precision}
			seconds, flops, err := stepSeconds(be, step.build, precision, least, top.measure)
			if err != nil {
				return nil, err
			}
			s := speed{Op: step.op, Level: level, Precision: precision.String(), Threads: threads, Seconds: seconds, GFLOPS: flops / seconds / 1e9, Peak: top.best,
				Shape: fmt.Sprintf("B %d, C %d, L %d, H %d", stepBatch, stepChannels, stepLength, stepLength)}
			if top.best > 0 {
				s.Share = s.GFLOPS / top.best
			}
			all = append(all, s)
		}
	}
	return all, ctx.Err()
}

// sustained is the best that the processor's peak was, measured in turn with the runs of an operation and over times as
// long: a machine that others share reaches its peak for a few milliseconds more often than for a second.
type sustained struct {
	peak      kernels.Peak
	precision kernels.Precision // Auto: nothing to measure, best is known
	best      float64           // GFLOP/s or GB/s
}

func (s *sustained) measure(took time.Duration) {
	if s.precision != kernels.Auto {
		s.best = max(s.best, s.peak.Over(s.precision, max(took, time.Millisecond)))
	}
}

func writeSpeeds(w io.Writer, all []speed) error {
	t := tablewriter.NewTable(w)
	t.Header("op", "level", "precision", "threads", "GFLOP/s", "GB/s", "peak", "share", "seconds", "shape")
	figure := func(v float64, format string) string {
		if v == 0 {
			return ""
		}
		return fmt.Sprintf(format, v)
	}
	for _, s := range all {
		t.Append(s.Op, s.Level, s.Precision, s.Threads, figure(s.GFLOPS, "%.0f"), figure(s.GBPS, "%.1f"),
			figure(s.Peak, "%.0f"), figure(100*s.Share, "%.0f %%"), figure(s.Seconds, "%.3f"), s.Shape)
	}
	return t.Render()
}
