// ecalf data: list, verify and fetch the public data sets, export their windows.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/bench/suites"
)

func dataCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "List, verify, fetch and export the data sets",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(dataListCommand(), dataVerifyCommand(), dataFetchCommand(), dataExportCommand())
	return c
}

// specsNamed returns the public specs of those names, all that live in files if there are none.
func specsNamed(names []string) ([]data.Spec, error) {
	var specs []data.Spec
	for _, name := range names {
		spec, err := data.Find(name)
		if err != nil {
			return nil, usageError{err}
		}
		if spec.File == "" {
			return nil, usagef("%s is made by the program: it has no file", name)
		}
		specs = append(specs, spec)
	}
	if len(names) == 0 {
		specs = slices.DeleteFunc(slices.Clone(data.Specs), func(s data.Spec) bool { return s.File == "" })
	}
	return specs, nil
}

// listing is a line of `data list --json`.
type listing struct {
	Name     string   `json:"name"`
	Rows     int      `json:"rows"`
	Channels int      `json:"channels"`
	Step     string   `json:"step"`
	Season   int      `json:"season"`
	Train    int      `json:"train_rows"`
	Val      int      `json:"val_rows"`
	Test     int      `json:"test_rows"`
	Windows  []int    `json:"test_windows"` // at horizons 96, 192, 336, 720
	Path     string   `json:"path,omitempty"`
	Sources  []string `json:"sources,omitempty"`
}

var tableHorizons = []int{96, 192, 336, 720}

const tableLookback = 96

func dataListCommand() *cobra.Command {
	var dir *string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Show rows, channels, split and test windows of every data set, and where its file is",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var rows []listing
			for _, s := range data.Specs {
				train, val, test := s.Split.Rows(s.Rows)
				l := listing{Name: s.Name, Rows: s.Rows, Channels: s.Channels, Step: s.Step.String(), Season: s.Season,
					Train: train, Val: val, Test: test, Sources: s.Sources}
				for _, h := range tableHorizons {
					l.Windows = append(l.Windows, test-h+1) // the test part begins one look-back early
				}
				if s.File == "" {
					l.Path = "built in"
				} else if path, err := s.Locate(data.Dirs(*dir)); err == nil {
					l.Path = path
				}
				rows = append(rows, l)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), rows)
			}
			t := tablewriter.NewTable(c.OutOrStdout())
			t.Header("data set", "rows", "channels", "step", "season", "train/val/test rows", "test windows 96/192/336/720", "file")
			for _, l := range rows {
				path := l.Path
				if path == "" {
					path = "missing: ecalf data fetch " + l.Name
				}
				t.Append(l.Name, l.Rows, l.Channels, l.Step, l.Season, slashed(l.Train, l.Val, l.Test), slashed(l.Windows...), path)
			}
			return t.Render()
		},
	}
	dir = dataFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func slashed(numbers ...int) string {
	s := ""
	for i, n := range numbers {
		if i > 0 {
			s += "/"
		}
		s += strconv.Itoa(n)
	}
	return s
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func dataVerifyCommand() *cobra.Command {
	var dir *string
	c := &cobra.Command{
		Use:   "verify [NAME…]",
		Short: "Read the data files that are there and compare their SHA-256 with the public ones",
		Long:  "Verify reads every file named (all, without names) and exits 1 if one is damaged or differs from the public file. A file that is not there is an error only if it was named.",
		RunE: func(c *cobra.Command, names []string) error {
			specs, err := specsNamed(names)
			if err != nil {
				return err
			}
			bad := false
			for _, s := range specs {
				set, err := data.Open(s, data.Dirs(*dir))
				var notFound *data.NotFoundError
				switch {
				case errors.As(err, &notFound):
					fmt.Fprintf(c.OutOrStdout(), "%-12s missing   %v\n", s.Name, err)
					bad = bad || len(names) > 0
				case err != nil:
					fmt.Fprintf(c.OutOrStdout(), "%-12s DAMAGED   %v\n", s.Name, err)
					bad = true
				case !set.Verified:
					fmt.Fprintf(c.OutOrStdout(), "%-12s DIFFERS   %s\n", s.Name, strings.Join(set.Warnings, "; "))
					bad = true
				default:
					fmt.Fprintf(c.OutOrStdout(), "%-12s ok        sha256 %s\n", s.Name, set.SHA256)
				}
			}
			if bad {
				return failedQuietly{}
			}
			return nil
		},
	}
	dir = dataFlag(c)
	return c
}

func dataFetchCommand() *cobra.Command {
	var dir *string
	var quiet bool
	var suite string
	c := &cobra.Command{
		Use:   "fetch [NAME…]",
		Short: "Download the data sets that are not there yet",
		Long: `Fetch downloads every data set named (all, without names) that no data directory holds into --data, $ECALF_DATA or
data/, resumes what was cut off, and checks the SHA-256. Without a network it says so within five seconds.`,
		Example: "  ecalf data fetch\n  ecalf data fetch ETTh1 Weather --data /srv/data",
		RunE: func(c *cobra.Command, names []string) error {
			specs, err := specsNamed(names)
			if err != nil {
				return err
			}
			if suite != "" {
				s, err := suites.Load(suite)
				if err != nil {
					return usageError{err}
				}
				specs = slices.DeleteFunc(specs, func(spec data.Spec) bool { return !slices.Contains(s.PublicSets(), spec.Name) })
			}
			return fetch(c.Context(), specs, data.Dirs(*dir), quiet, c.ErrOrStderr())
		},
	}
	dir = dataFlag(c)
	c.Flags().StringVar(&suite, "suite", "", "only the sets of this suite")
	c.Flags().BoolVar(&quiet, "quiet", false, "say nothing of sets that are there already")
	return c
}

// fetch downloads what is missing into the first directory, and stops asking when there is no network.
func fetch(ctx context.Context, specs []data.Spec, dirs []string, quiet bool, out io.Writer) error {
	var failed []string
	for i, s := range specs {
		if path, err := s.Locate(dirs); err == nil {
			if !quiet {
				fmt.Fprintf(out, "%s: there already, %s\n", s.Name, path)
			}
			continue
		}
		dst := filepath.Join(dirs[0], filepath.FromSlash(s.File))
		err := data.Download(ctx, http.DefaultClient, s.Sources, dst, s.SHA256, s.Bytes, megabytes(out, s.Name))
		switch {
		case errors.Is(err, data.ErrOffline):
			for _, rest := range specs[i:] {
				if _, err := rest.Locate(dirs); err != nil {
					failed = append(failed, rest.Name)
				}
			}
			fmt.Fprintf(out, "%v\n", err)
			return fmt.Errorf("not fetched: %v; get them elsewhere and put them under %s as `ecalf data list` names them, or try again with a network", failed, dirs[0])
		case err != nil:
			fmt.Fprintf(out, "%s: %v\n", s.Name, err)
			failed = append(failed, s.Name)
		default:
			fmt.Fprintf(out, "%s: %s\n", s.Name, dst)
		}
	}
	if len(failed) > 0 {
		return fmt.Errorf("not fetched: %v", failed)
	}
	return nil
}

// megabytes tells a download's progress, a line every tenth of the file.
func megabytes(out io.Writer, name string) func(done, total int64) {
	told := int64(0)
	return func(done, total int64) {
		if total > 0 && done-told >= total/10 {
			told = done
			fmt.Fprintf(out, "%s: %.1f of %.1f MB\n", name, float64(done)/1e6, float64(total)/1e6)
		}
	}
}

func dataExportCommand() *cobra.Command {
	var dir *string
	var dataset, part, out string
	var horizon, lookback int
	c := &cobra.Command{
		Use:   "export",
		Short: "Write a part's windows as .npy, for a model in any language",
		Long: `Export writes x.npy (N, L, C) and y.npy (N, H, C), float32, z-scored by the training rows: every window of the part
in order, as this program scores them. Predict y from x, save the forecasts as .npy and hand them to ecalf score.`,
		Example: "  ecalf data export --dataset ETTh1 --horizon 96 --split test --out windows",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			p, ok := map[string]data.Part{"train": data.Train, "val": data.Val, "test": data.Test}[part]
			if !ok {
				return usagef("--split %q: want train, val or test", part)
			}
			if _, err := data.Find(dataset); err != nil {
				return usageError{err}
			}
			if horizon < 1 || lookback < 1 {
				return usagef("--horizon %d, --lookback %d: want 1 row or more", horizon, lookback)
			}
			set, err := newDatasets(*dir, nil, c.ErrOrStderr()).get(dataset)
			if err != nil {
				return err
			}
			w, err := set.Windows(p, lookback, horizon)
			if err != nil {
				return err
			}
			if err := w.WriteNPY(out); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: x.npy (%d, %d, %d), y.npy (%d, %d, %d)\n", out,
				w.Len(), lookback, w.Channels(), w.Len(), horizon, w.Channels())
			return nil
		},
	}
	dir = dataFlag(c)
	f := c.Flags()
	f.StringVar(&dataset, "dataset", "", "data set")
	f.IntVar(&horizon, "horizon", 96, "rows to forecast")
	f.IntVar(&lookback, "lookback", tableLookback, "rows a model sees")
	f.StringVar(&part, "split", "test", "train, val or test")
	f.StringVar(&out, "out", "", "folder to write to")
	required(c, "dataset", "out")
	return c
}

// required marks flags that a command cannot do without; leaving one out is a usage error.
func required(c *cobra.Command, flags ...string) {
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		for _, name := range flags {
			if !c.Flags().Changed(name) {
				return usagef("--%s is missing", name)
			}
		}
		return nil
	}
}
