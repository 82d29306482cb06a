// The loop over a plan's cells: claims, budget, clean stops, one record at a time.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"ecalf/bench/result"
	"ecalf/bench/train"
	"ecalf/kernels"
	"ecalf/model/weights"
)

type scheduler struct {
	store       *result.Store
	sets        *datasets
	backbones   *backbones
	backend     kernels.Backend
	precision   kernels.Precision
	checkpoints string // folder
	keep        string // folder for the trained models' weights; empty: they are not kept
	env         environment
	deadline    time.Time // zero: no limit
	out         io.Writer
	resultsFlag string
}

// tally counts how the cells of a run ended.
type tally struct {
	done, failed, inapplicable int
	busy                       int // left to another run that is at them
	unreadable                 int // the file of their data set or backbone cannot be used
}

// run works through the plan. It returns an error for what a script must notice: an interruption, a failed cell, a
// store that cannot be written, or nothing to show at all because every data set is missing.
func (s *scheduler) run(ctx context.Context, p plan) error {
	work := ctx
	if !s.deadline.IsZero() {
		var cancel context.CancelFunc
		work, cancel = context.WithDeadline(ctx, s.deadline)
		defer cancel()
	}
	progress := newProgress(s.out, len(p.todo))
	var t tally
	left := len(p.todo)
	for i, cell := range p.todo {
		if work.Err() != nil {
			break
		}
		if err := s.runCell(work, cell, p.todo[i+1:], &t, progress); err != nil {
			if work.Err() != nil && errors.Is(err, work.Err()) {
				break
			}
			progress.stop()
			return err
		}
		left--
	}
	progress.stop()
	return s.report(ctx, p, t, left)
}

// runCell runs one cell unless it is done or another run is at it, or at its training. later are the cells that come after.
func (s *scheduler) runCell(ctx context.Context, cell result.Cell, later []result.Cell, t *tally, progress progress) error {
	training := cell.TrainingID()
	claim, ok, err := s.store.Claim(training)
	if err != nil {
		return err
	}
	if !ok {
		t.busy++
		progress.skip()
		return nil
	}
	defer claim.Release()
	if err := s.store.Refresh(); err != nil {
		return err
	}
	if s.store.Has(cell.ID()) {
		progress.skip()
		return nil
	}
	progress.start(cell)
	set, test, err := s.sets.of(cell) // which says what is wrong
	var backbone *weights.Backbone
	if err == nil && cell.Backbone != "" {
		backbone, err = s.backbones.get(cell.Backbone, cell.Seed) // which does too
	}
	if err != nil {
		t.unreadable++
		progress.skip()
		return nil
	}
	checkpoint := filepath.Join(s.checkpoints, training+".safetensors")
	shared := slices.ContainsFunc(later, func(c result.Cell) bool { return c.TrainingID() == training && !s.store.Has(c.ID()) })
	rec, err := train.Run(ctx, train.Job{Cell: cell, Set: set, Target: test, Backbone: backbone, Backend: s.backend, Precision: s.precision, Checkpoint: checkpoint, Shared: shared,
		Keep: s.keepFile(cell), Commit: s.env.Commit, Every: time.Minute,
		Log: func(format string, args ...any) { progress.note(cell, fmt.Sprintf(format, args...)) }})
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // the next cell's peak is its own
	rec.Env = s.env.on(set, test, rec.Env.Precision)
	if backbone != nil {
		rec.Env.Weights = backbone.Source
	}
	if err := s.store.Append(rec); err != nil && !errors.Is(err, result.ErrExists) {
		return err
	}
	// The record is on the disk, so the training's progress has served, unless a later cell begins with it. If it stays, the
	// next run of the cell meets it only under --retry, and goes on where it failed.
	if !shared {
		_ = os.Remove(checkpoint)
	}
	switch rec.Status {
	case result.OK:
		t.done++
	case result.Failed:
		t.failed++
	default:
		t.inapplicable++
	}
	progress.finish(rec)
	return nil
}

// keepFile is where the cell's trained model goes, "" for nowhere.
func (s *scheduler) keepFile(c result.Cell) string {
	if s.keep == "" {
		return ""
	}
	var parts []string
	for _, part := range []string{c.Suite, strings.Replace(c.Dataset, "->", "-to-", 1), strconv.Itoa(c.Horizon), c.Model, c.Backbone,
		strconv.FormatInt(c.Seed, 10), c.ID()[:8]} {
		if part != "" {
			parts = append(parts, strings.NewReplacer("/", "_", `\`, "_", ":", "_").Replace(part))
		}
	}
	return filepath.Join(s.keep, strings.Join(parts, "-")+".safetensors")
}

// report says how the run ended and what to do next.
func (s *scheduler) report(ctx context.Context, p plan, t tally, left int) error {
	fmt.Fprintf(s.out, "%d cells run, %d were done before", t.done+t.failed+t.inapplicable, p.done)
	for _, part := range []struct {
		n    int
		text string
	}{
		{t.inapplicable, "not applicable (the records say why)"}, {t.failed, "failed"}, {t.busy, "left to another run"},
		{t.unreadable, "with a data or weights file that cannot be used"},
		{p.noData, "without data"}, {p.noWeights, "without weights"}, {p.elsewhere, "in other shards"}, {left, "left"},
	} {
		if part.n > 0 {
			fmt.Fprintf(s.out, ", %d %s", part.n, part.text)
		}
	}
	fmt.Fprintln(s.out)
	switch {
	case ctx.Err() != nil:
		return errors.New("interrupted; every finished cell is kept: run the same command again to go on")
	case t.failed > 0:
		return fmt.Errorf("%d cells failed: their records in %s say why", t.failed, s.resultsFlag)
	case p.failed > 0:
		return fmt.Errorf("%d cells had failed before: their records in %s say why, --retry runs them again", p.failed, s.resultsFlag)
	case t.unreadable > 0:
		return fmt.Errorf("%d cells could not run: mend or replace the files named above, then run the same command again", t.unreadable)
	case left > 0:
		fmt.Fprintln(s.out, "the budget is used up; run the same command again to go on")
	case p.noData+p.noWeights > 0 && t == (tally{}) && p.done == 0:
		return errors.New("no cell could run: every data set or backbone that was asked for is missing")
	}
	return nil
}
