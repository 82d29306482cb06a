// ecalf run: the cells of a suite that are not done yet, cheapest first.

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/suites"
	"ecalf/kernels"
)

type runOptions struct {
	suite, results, data, weights, keep, shard, backend, precision string
	only                                                           []string
	seeds                                                          []int64
	budget                                                         time.Duration
	retry                                                          bool
	shuffle                                                        int64 // seed of the channels' order; 0 is the file's
}

func runCommand() *cobra.Command {
	var o runOptions
	var dataDir, weightsDir *string
	c := &cobra.Command{
		Use:   "run",
		Short: "Run the cells of a suite that are not done yet, cheapest first",
		Long: `Run trains and scores every cell of a suite (data set × horizon × model × seed) that has no record yet and appends
one record per cell to RESULTS/SUITE.jsonl. Stop it at any time, by Ctrl-C or kill: run again, and it goes on where it
was. Several runs may share one results folder; none runs a cell that another is at.`,
		Example: `  ecalf run --suite quick
  ecalf run --suite long --budget 5m
  ecalf run --suite long --only dataset=ETTh1,dataset=ETTh2,horizon=96
  ecalf run --suite long --shard 0/4        # the first of four machines
  ecalf run --suite ./mine.yaml             # a grid of your own
  ecalf run --suite baselines --only dataset=ETTh1,model=DLinear --keep models`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if c.Flags().Changed("budget") && o.budget <= 0 {
				return usagef("--budget %v leaves no time for anything: give a duration such as 5m, or leave it out for no limit", o.budget)
			}
			if o.shuffle < 0 {
				return usagef("--shuffle-channels %d: want a number from 1 on that draws an order, or 0 for the file's", o.shuffle)
			}
			o.data, o.weights = *dataDir, *weightsDir
			return run(c.Context(), o, c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.suite, "suite", "long", "a suite's name or a YAML file")
	f.StringArrayVar(&o.only, "only", nil, "key=value,…: run only these cells; keys dataset, horizon, model, seed, percent, backbone, variant (a label, or plain); a key may be repeated for \"or\"")
	f.StringVar(&o.results, "results", "results", "folder of the stores")
	dataDir = dataFlag(c)
	weightsDir = weightsFlag(c)
	f.StringVar(&o.keep, "keep", "", "folder that takes the best epoch's weights of every model trained in this run, for \"ecalf forecast\" (default: they are not kept)")
	f.DurationVar(&o.budget, "budget", 0, "stop in time, such as 5m (default: no limit)")
	f.StringVar(&o.shard, "shard", "", "i/n: run the i-th of n equal parts, i from 0")
	f.StringVar(&o.backend, "backend", "auto", "auto, cpu or cuda")
	f.StringVar(&o.precision, "precision", "auto", "of matrix products: fp32, bf16, or auto for what this machine multiplies faster")
	f.Int64SliceVar(&o.seeds, "seeds", nil, "a,b,c: instead of the suite's seeds")
	f.Int64Var(&o.shuffle, "shuffle-channels", 0, "N: shuffle the channels by seed N for models that read them in an order, such as CALF; records and tables say so")
	f.BoolVar(&o.retry, "retry", false, "run failed cells again")
	return c
}

func run(ctx context.Context, o runOptions, out io.Writer) error {
	suite, shard, be, err := o.resolve()
	if err != nil {
		return err
	}
	sets, bones := newDatasets(o.data, suite.Files, out), newBackbones(o.weights, out)
	suite.ResolveBackbones(bones.resolve)
	cells := shuffled(suite.Cells(), o.shuffle)
	filter, err := suites.ParseFilter(o.only, cells)
	if err != nil {
		return usageError{err}
	}
	if !slices.ContainsFunc(cells, filter.Match) {
		return usagef("--only %s: no cell of suite %s matches all of it", strings.Join(o.only, " "), suite.Name)
	}
	identify(cells, filter, sets)
	path := storePath(o.results, suite.Name)
	store, err := result.Open(path)
	if err != nil {
		return err
	}
	if store.Repaired != "" {
		fmt.Fprintln(out, "note: "+store.Repaired)
	}
	if auto := bones.resolve("auto"); slices.ContainsFunc(cells, func(c result.Cell) bool { return c.Backbone == auto && filter.Match(c) }) {
		fmt.Fprintf(out, "backbone auto is %s\n", auto)
	}
	plan := makePlan(cells, filter, shard, sets, bones, store, o)
	if plan.otherwise > 0 && o.precision != "auto" {
		fmt.Fprintf(out, "note: %d of the cells done before were trained in another precision than %s, as their records say; they stay\n", plan.otherwise, o.precision)
	}
	for _, notFound := range plan.missing {
		fmt.Fprintln(out, "missing: "+notFound.Error())
	}
	s := scheduler{store: store, sets: sets, backbones: bones, backend: be, precision: precisionOn(be, o.precision), env: newEnvironment(be),
		checkpoints: path + ".checkpoints", keep: o.keep, out: out, resultsFlag: o.results}
	if o.budget > 0 {
		s.deadline = time.Now().Add(o.budget)
	}
	return s.run(ctx, plan)
}

// resolve reads the options that name things, so that a mistake costs no work.
func (o runOptions) resolve() (*suites.Suite, suites.Shard, kernels.Backend, error) {
	fail := func(err error) (*suites.Suite, suites.Shard, kernels.Backend, error) {
		return nil, suites.Shard{}, nil, usageError{err}
	}
	suite, err := suites.Load(o.suite)
	if err != nil {
		return fail(err)
	}
	if len(o.seeds) > 0 {
		for i, seed := range o.seeds {
			if seed < 1 || slices.Index(o.seeds, seed) < i {
				return fail(fmt.Errorf("--seeds: want distinct numbers from 1 on, got %d", seed))
			}
		}
		suite.Seeds = o.seeds
	}
	shard, err := suites.ParseShard(o.shard)
	if err != nil {
		return fail(err)
	}
	if !slices.Contains([]string{"auto", "fp32", "bf16"}, o.precision) {
		return fail(fmt.Errorf("--precision %q: want auto, fp32 or bf16", o.precision))
	}
	be, err := backend(o.backend)
	if err != nil {
		return fail(err)
	}
	return suite, shard, be, nil
}

// backend opens the back end of that name.
func backend(name string) (kernels.Backend, error) {
	switch name {
	case "auto", "cpu":
		return kernels.Select(os.Getenv("ECALF_LEVEL"))
	case "cuda":
		return nil, errors.New("--backend cuda: this build has no CUDA kernels; use --backend cpu")
	}
	return nil, fmt.Errorf("--backend %q: want auto, cpu or cuda", name)
}

// precisionOn is the precision of products on be that the flag asks for; auto is the quicker one.
func precisionOn(be kernels.Backend, flag string) kernels.Precision {
	switch flag {
	case "bf16":
		return kernels.BF16
	case "fp32":
		return kernels.FP32
	}
	return kernels.Quicker(be)
}

func storePath(results, suite string) string { return filepath.Join(results, suite+".jsonl") }

// identify completes the cells of a suite's own files, whose bytes are part of their identity. A file that cannot be
// used leaves its cells as they are: the scheduler passes over them.
func identify(cells []result.Cell, filter suites.Filter, sets *datasets) {
	for i := range cells {
		if _, own := sets.files[cells[i].Dataset]; own && filter.Match(cells[i]) {
			if set, err := sets.get(cells[i].Dataset); err == nil {
				cells[i].DataSHA256 = set.SHA256
			}
		}
	}
}

// shuffled gives the cells of models that read the channels in their order another order, drawn from seed; 0 leaves all
// as they are.
func shuffled(cells []result.Cell, seed int64) []result.Cell {
	for i := range cells {
		if baselines.Zoo[cells[i].Model].Ordered {
			cells[i].ChannelsSeed = seed
		}
	}
	return cells
}

// plan is what one run has to do.
type plan struct {
	todo      []result.Cell // cheapest first
	missing   []error       // *data.NotFoundError, *weights.NotFoundError
	noData    int           // cells that wait for a missing data set
	noWeights int           // cells that wait for a missing backbone
	done      int           // cells with a record
	failed    int           // cells among done whose record says failed
	otherwise int           // cells among done that have a result in another precision
	elsewhere int           // cells of other shards
}

func makePlan(cells []result.Cell, filter suites.Filter, shard suites.Shard, sets *datasets, bones *backbones, store *result.Store, o runOptions) plan {
	failed, otherwise := map[string]bool{}, map[string]bool{}
	for _, r := range store.Records() {
		failed[r.ID] = r.Status == result.Failed
		otherwise[r.ID] = r.Cell.Recipe != nil && r.Env.Precision != o.precision
	}
	var p plan
	absent := map[string]bool{} // data sets and backbones that have been told
	tell := func(what string, notFound error) {
		if !absent[what] {
			absent[what] = true
			p.missing = append(p.missing, notFound)
		}
	}
	for place, cell := range cells {
		if !filter.Match(cell) {
			continue
		}
		if !shard.Has(place) {
			p.elsewhere++
			continue
		}
		id := cell.ID()
		if store.Has(id) || failed[id] && !o.retry {
			p.done++
			switch {
			case failed[id]:
				p.failed++
			case otherwise[id]:
				p.otherwise++
			}
			continue
		}
		if notFound := sets.missingFor(cell); notFound != nil {
			tell("data "+notFound.Spec.Name, notFound)
			p.noData++
			continue
		}
		if cell.Backbone != "" {
			if notFound := bones.missing(cell.Backbone); notFound != nil {
				tell("backbone "+notFound.Name, notFound)
				p.noWeights++
				continue
			}
		}
		p.todo = append(p.todo, cell)
	}
	p.todo = inOrder(p.todo)
	return p
}

// inOrder sorts cells, the cheapest first and those of one training in a row; else they stay as the suite has them.
func inOrder(cells []result.Cell) []result.Cell {
	type place struct {
		cost  float64
		first int // cell of the same training
		cell  result.Cell
	}
	places, first := make([]place, len(cells)), map[string]int{}
	for i, c := range cells {
		id := c.TrainingID()
		if _, ok := first[id]; !ok {
			first[id] = i
		}
		places[i] = place{cost(c), first[id], c}
	}
	slices.SortStableFunc(places, func(a, b place) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.first, b.first)) })
	for i, p := range places {
		cells[i] = p.cell
	}
	return cells
}

// cost ranks cells by the forecast values that they compute, times the model's own cost of one.
func cost(c result.Cell) float64 {
	values := float64(c.Horizon)
	train, _ := c.Sets()
	if spec, err := data.Find(train); err == nil {
		values *= float64(spec.Rows * spec.Channels)
	}
	return values * baselines.Zoo[c.Model].Cost
}
