// ecalf check: rerun the pinned cells and compare their metrics with the golden ones.

package main

import (
	"context"
	_ "embed"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/suites"
	"ecalf/bench/train"
)

//go:embed golden.csv
var goldenCSV string

// goldenFile is where --update writes, seen from the repository's root.
const goldenFile = "bench/golden.csv"

// solvedTolerance is the relative tolerance of models that are solved, not trained: levels and architectures differ in
// the order of float32 additions over a look-back of 96, eps·96 ≈ 6e-6 of a forecast at most.
const solvedTolerance = 1e-5

// golden is the expected outcome of one cell.
type golden struct {
	dataset, setting, model string
	horizon, windows        int
	mse, mae, tolerance     float64 // tolerance is relative
}

func (g golden) key() string {
	return fmt.Sprintf("%s/%d %s %s", g.dataset, g.horizon, g.setting, g.model)
}

func checkCommand() *cobra.Command {
	var dir *string
	var update bool
	c := &cobra.Command{
		Use:   "check",
		Short: "Rerun the pinned cells and fail if a metric moved",
		Long: `Check reruns the suite "check" and compares every error with the golden one within its tolerance. If one moved it
prints a table of expected, got and tolerance and exits 1. Cells whose data set is missing are named and left out; the
synthetic set is always there.`,
		Example: "  ecalf check\n  ecalf check --update     # in the repository, after a change that is meant to move metrics",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return check(c.Context(), *dir, update, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	dir = dataFlag(c)
	c.Flags().BoolVar(&update, "update", false, "write what was measured to "+goldenFile)
	return c
}

func check(ctx context.Context, dir string, update bool, stdout, stderr io.Writer) error {
	want, err := readGolden(strings.NewReader(goldenCSV))
	if err != nil {
		return fmt.Errorf("%s: %w", goldenFile, err)
	}
	began := time.Now()
	got, missing, err := measure(ctx, dir, stderr)
	if err != nil {
		return err
	}
	for _, m := range missing {
		fmt.Fprintln(stderr, "not checked: "+m.Error())
	}
	if update {
		if len(missing) > 0 {
			return fmt.Errorf("--update needs every data set of the suite: %d are missing", len(missing))
		}
		if err := writeGolden(goldenFile, got); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: %d cells written\n", goldenFile, len(got))
		return nil
	}
	moved := compareGolden(want, got, missing)
	if len(moved) == 0 {
		fmt.Fprintf(stdout, "%d cells as expected, in %.1f s\n", len(got), time.Since(began).Seconds())
		return nil
	}
	t := tablewriter.NewTable(stdout)
	t.Header("cell", "metric", "expected", "got", "tolerance")
	for _, m := range moved {
		t.Append(m.cell, m.metric, m.want, m.got, m.tolerance)
	}
	if err := t.Render(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d metrics moved; if they were meant to: ecalf check --update, and say why in the commit\n", len(moved))
	return failedQuietly{}
}

// measure runs the cells of the suite "check" whose data is there.
func measure(ctx context.Context, dir string, stderr io.Writer) ([]golden, []*data.NotFoundError, error) {
	suite, err := suites.Load("check")
	if err != nil {
		return nil, nil, err
	}
	be, err := backend("cpu")
	if err != nil {
		return nil, nil, err
	}
	sets := newDatasets(dir, nil, stderr)
	var got []golden
	var missing []*data.NotFoundError
	absent := map[string]bool{}
	for _, cell := range suite.Cells() {
		if absent[cell.Dataset] {
			continue
		}
		if notFound := sets.missing(cell.Dataset); notFound != nil {
			missing = append(missing, notFound)
			absent[cell.Dataset] = true
			continue
		}
		set, err := sets.get(cell.Dataset)
		if err != nil {
			return nil, nil, err
		}
		rec, err := train.Run(ctx, train.Job{Cell: cell, Set: set, Backend: be})
		if err != nil {
			return nil, nil, err
		}
		g := golden{dataset: cell.Dataset, setting: cell.Setting, model: cell.Model, horizon: cell.Horizon, windows: rec.Windows,
			mse: math.NaN(), mae: math.NaN(), tolerance: solvedTolerance}
		switch rec.Status {
		case result.OK:
			g.mse, g.mae = *rec.MSE, *rec.MAE
		case result.Failed:
			return nil, nil, fmt.Errorf("%s failed: %s", g.key(), rec.Reason)
		}
		got = append(got, g)
	}
	return got, missing, nil
}

// move is a metric outside its tolerance, or a cell that only one side has.
type move struct{ cell, metric, want, got, tolerance string }

// compareGolden lists every metric of got that is not what want says, and every cell that should have run and did not.
func compareGolden(want, got []golden, missing []*data.NotFoundError) []move {
	left := map[string]golden{}
	for _, w := range want {
		left[w.key()] = w
	}
	for _, m := range missing {
		for key, w := range left {
			if w.dataset == m.Spec.Name {
				delete(left, key)
			}
		}
	}
	var moved []move
	for _, g := range got {
		w, ok := left[g.key()]
		delete(left, g.key())
		if !ok {
			moved = append(moved, move{g.key(), "cell", "not in " + goldenFile, "run", ""})
			continue
		}
		if g.windows != w.windows {
			moved = append(moved, move{g.key(), "windows", strconv.Itoa(w.windows), strconv.Itoa(g.windows), "0"})
		}
		for _, m := range []struct {
			name      string
			want, got float64
		}{{"mse", w.mse, g.mse}, {"mae", w.mae, g.mae}} {
			if math.IsNaN(m.want) && math.IsNaN(m.got) {
				continue // not applicable, as expected
			}
			if !(math.Abs(m.got-m.want) <= w.tolerance*m.want) { // written so that NaN is a move
				moved = append(moved, move{g.key(), m.name, number(m.want), number(m.got), fmt.Sprintf("±%.2g", w.tolerance*m.want)})
			}
		}
	}
	for _, w := range want { // in the file's order
		if _, ok := left[w.key()]; ok {
			moved = append(moved, move{w.key(), "cell", "run", "not in the suite", ""})
		}
	}
	return moved
}

func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 9, 64)
}

var goldenHeader = []string{"dataset", "horizon", "setting", "model", "windows", "mse", "mae", "tolerance"}

// readGolden reads the golden metrics. An empty mse and mae say that the model does not apply to the cell.
func readGolden(r io.Reader) ([]golden, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || strings.Join(rows[0], ",") != strings.Join(goldenHeader, ",") {
		return nil, fmt.Errorf("want the header %s", strings.Join(goldenHeader, ","))
	}
	var out []golden
	for i, row := range rows[1:] {
		g := golden{dataset: row[0], setting: row[2], model: row[3]}
		var errs [5]error
		g.horizon, errs[0] = strconv.Atoi(row[1])
		g.windows, errs[1] = strconv.Atoi(row[4])
		g.mse, errs[2] = metric(row[5])
		g.mae, errs[3] = metric(row[6])
		g.tolerance, errs[4] = strconv.ParseFloat(row[7], 64)
		for _, err := range errs {
			if err != nil {
				return nil, fmt.Errorf("line %d: %w", i+2, err)
			}
		}
		out = append(out, g)
	}
	return out, nil
}

func metric(s string) (float64, error) {
	if s == "" {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(s, 64)
}

func writeGolden(path string, cells []golden) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%w: --update works in the repository's root", err)
	}
	var b strings.Builder
	w := csv.NewWriter(&b)
	rows := [][]string{goldenHeader}
	for _, g := range cells {
		rows = append(rows, []string{g.dataset, strconv.Itoa(g.horizon), g.setting, g.model, strconv.Itoa(g.windows),
			number(g.mse), number(g.mae), strconv.FormatFloat(g.tolerance, 'g', -1, 64)})
	}
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	return renameio.WriteFile(path, []byte(b.String()), 0o644)
}
