// What a run shows while it works: a bar on a terminal, a plain line per cell elsewhere.

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"ecalf/bench/result"
)

type progress interface {
	start(result.Cell)
	finish(result.Record)
	note(c result.Cell, text string) // something on the way of the cell at hand
	skip()                           // the cell at hand was someone else's
	stop()
}

// newProgress shows n cells on out.
func newProgress(out io.Writer, n int) progress {
	if f, ok := out.(*os.File); ok && n > 0 && term.IsTerminal(int(f.Fd())) {
		return newBar(out, n)
	}
	return &plainLines{out: out, total: n}
}

func cellName(c result.Cell) string {
	name := fmt.Sprintf("%s/%d %s", c.Dataset, c.Horizon, c.Model)
	if c.Backbone != "" {
		name += " (" + c.Backbone + ")"
	}
	if c.Variant != "" {
		name += " " + c.Variant
	}
	if c.Setting != "full" {
		name += " " + c.Setting
	}
	if c.Seed != 0 {
		name += fmt.Sprintf(" seed %d", c.Seed)
	}
	return name
}

// outcome is a finished cell in a few words.
func outcome(r result.Record) string {
	if r.Status != result.OK {
		return r.Status + ": " + r.Reason
	}
	return fmt.Sprintf("mse %.4f  mae %.4f  %d windows  %.1f s", *r.MSE, *r.MAE, r.Windows, *r.Cost.WallSeconds)
}

type plainLines struct {
	out         io.Writer
	seen, total int
}

func (p *plainLines) start(result.Cell) {}
func (p *plainLines) skip()             { p.seen++ }
func (p *plainLines) stop()             {}
func (p *plainLines) note(c result.Cell, text string) {
	fmt.Fprintf(p.out, "  %s  %s\n", cellName(c), text)
}
func (p *plainLines) finish(r result.Record) {
	p.seen++
	fmt.Fprintf(p.out, "[%d/%d] %s  %s\n", p.seen, p.total, cellName(r.Cell), outcome(r))
}

// bar shows the cell at hand, the share that is done and the time left.
type bar struct {
	container *mpb.Progress
	bar       *mpb.Bar
	current   atomic.Pointer[string] // read by the bar's own goroutine
}

func newBar(out io.Writer, n int) *bar {
	b := &bar{container: mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))}
	b.current.Store(new(string))
	b.bar = b.container.AddBar(int64(n),
		mpb.PrependDecorators(decor.CountersNoUnit("%d/%d ", decor.WCSyncSpace)),
		mpb.AppendDecorators(
			decor.AverageETA(decor.ET_STYLE_GO),
			decor.Any(func(decor.Statistics) string { return "  " + *b.current.Load() }),
		))
	return b
}

func (b *bar) start(c result.Cell) {
	name := cellName(c)
	b.current.Store(&name)
}
func (b *bar) skip() { b.bar.Increment() }
func (b *bar) note(c result.Cell, text string) {
	short, _, _ := strings.Cut(text, ":") // the losses would leave no room for the bar
	line := cellName(c) + "  " + short
	b.current.Store(&line)
}
func (b *bar) stop() {
	if !b.bar.Completed() {
		b.bar.Abort(false)
	}
	b.container.Wait()
}
func (b *bar) finish(r result.Record) {
	if r.Status == result.Failed {
		fmt.Fprintf(b.container, "%s  %s\n", cellName(r.Cell), outcome(r))
	}
	b.bar.Increment()
}
