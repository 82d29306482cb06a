// ecalf score: somebody else's predictions under the same protocol.

package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/suites"
	"ecalf/bench/train"
)

// modelName is what a model of somebody else's may be called in tables.
var modelName = regexp.MustCompile(`^[\pL\pN][-+_.()/ \pL\pN]{0,62}[)\pL\pN+]$|^[\pL\pN]$`)

func scoreCommand() *cobra.Command {
	var dir *string
	var pred, results string
	cell := result.Cell{Lookback: tableLookback, Protocol: "standard", External: true}
	c := &cobra.Command{
		Use:   "score",
		Short: "Score somebody else's predictions and keep the record beside ours",
		Long: `Score reads forecasts of every test window in order, float32 (N, H, C) on z-scored data, as .npy, computes their
errors as for our own models and appends a record that is marked external. "ecalf data export" writes the windows.`,
		Example: "  ecalf score --dataset ETTh1 --horizon 96 --model MyModel --pred pred.npy",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if _, err := data.Find(cell.Dataset); err != nil {
				return usageError{err}
			}
			suite, err := suites.Load(cell.Suite)
			if err != nil {
				return usageError{err}
			}
			cell.Suite = suite.Name
			if !modelName.MatchString(cell.Model) {
				return usagef("--model %q: want a name of letters, digits and the like, no spaces around it", cell.Model)
			}
			if cell.Seed < 0 {
				return usagef("--seed %d: want a number from 1 on, or nothing for a single run", cell.Seed)
			}
			if _, ours := baselines.Zoo[cell.Model]; ours {
				return usagef("--model %s is one of ours: give yours a name of its own", cell.Model)
			}
			if cell.Percent, err = percentOf(cell.Setting); err != nil {
				return usageError{err}
			}
			set, err := newDatasets(*dir, nil, c.ErrOrStderr()).get(cell.Dataset)
			if err != nil {
				return err
			}
			test, err := set.Windows(data.Test, cell.Lookback, cell.Horizon)
			if err != nil {
				return err
			}
			p, err := data.OpenPredictions(pred, test.Len(), cell.Horizon, test.Channels())
			if err != nil {
				return err
			}
			defer p.Close()
			rec, err := train.ScoreExternal(c.Context(), cell, set, p.Next)
			if err != nil {
				return fmt.Errorf("%s: %w", pred, err)
			}
			be, err := backend("cpu")
			if err != nil {
				return err
			}
			rec.Env = newEnvironment(be).on(set, set, "")
			store, err := result.Open(storePath(results, cell.Suite))
			if err != nil {
				return err
			}
			if err := store.Append(rec); errors.Is(err, result.ErrExists) {
				return fmt.Errorf("%s: %w, and records are never changed: give these predictions another --model or --seed", cellName(cell), err)
			} else if err != nil {
				return fmt.Errorf("%s: %w", cellName(cell), err)
			}
			fmt.Fprintf(c.OutOrStdout(), "%s  %s\n", cellName(cell), outcome(rec))
			return nil
		},
	}
	dir = dataFlag(c)
	f := c.Flags()
	f.StringVar(&cell.Suite, "suite", "long", "the suite whose tables it joins")
	f.StringVar(&cell.Dataset, "dataset", "", "data set")
	f.IntVar(&cell.Horizon, "horizon", 96, "rows forecast")
	f.StringVar(&cell.Model, "model", "", "the model's name in tables")
	f.StringVar(&pred, "pred", "", "predictions, .npy float32 (N, H, C)")
	f.StringVar(&cell.Setting, "setting", "full", "what the model was trained on: full, or a share such as 10%")
	f.Int64Var(&cell.Seed, "seed", 0, "the run's seed, where there are several")
	f.StringVar(&results, "results", "results", "folder of the stores")
	required(c, "dataset", "model", "pred")
	return c
}

// percentOf reads a setting of the tables: "full" is 100, "10%" is 10.
func percentOf(setting string) (int, error) {
	if setting == "full" {
		return 100, nil
	}
	number, ok := strings.CutSuffix(setting, "%")
	percent, err := strconv.Atoi(number)
	if !ok || err != nil || percent < 1 || percent > 99 {
		return 0, fmt.Errorf("--setting %q: want full, or a share of the training rows such as 10%%", setting)
	}
	return percent, nil
}
