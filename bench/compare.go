// ecalf compare: two stores, or two models of one, cell by cell.

package main

import (
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ecalf/bench/result"
)

func compareCommand() *cobra.Command {
	var results, format string
	var suiteNames []string
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare two stores or two models, cell by cell, with a significance test",
		Long: `Compare prints, for every cell that A and B have both, the errors of each, the difference and the probability that it
is chance: Welch's t test over seeds where both have several, else a paired t test over blocks of test windows. A and B
are stores (files or folders), or two columns of the tables of --results, such as CALF and "CALF tuned", or PatchTST, which
another suite ran. Of a model that a suite runs in several forms, "CALF chosen" is, row by row, the one of those run that
has the lowest validation MSE; the notes say which.`,
		Example: "  ecalf compare old/long.jsonl results/long.jsonl\n  ecalf compare OLS OLS+IN --suite long\n" +
			"  ecalf compare \"CALF chosen\" \"EnhancedCALF chosen\" --suite long",
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			write, ok := map[string]func(*result.Comparison, io.Writer) error{
				"console":  (*result.Comparison).WriteConsole,
				"markdown": (*result.Comparison).WriteMarkdown,
				"csv":      (*result.Comparison).WriteCSV,
				"json":     (*result.Comparison).WriteJSON,
			}[format]
			if !ok {
				return usagef("--format %q: want console, markdown, csv or json", format)
			}
			comparison, err := compare(args[0], args[1], results, suiteNames)
			if err != nil {
				return err
			}
			return write(comparison, c.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&results, "results", "results", "folder of the stores, to compare two models")
	f.StringSliceVar(&suiteNames, "suite", nil, "suites to compare (default: all)")
	f.StringVar(&format, "format", "console", "console, markdown, csv or json")
	return c
}

// compare takes two stores that exist, or else two models.
func compare(a, b, results string, suiteNames []string) (*result.Comparison, error) {
	_, errA := os.Stat(a)
	_, errB := os.Stat(b)
	if errA != nil && errB != nil {
		records, err := readStores(results, suiteNames)
		if err != nil {
			return nil, err
		}
		for _, name := range storeSuites(records) {
			opts, err := suiteOptions(results, name, nil)
			if err != nil {
				return nil, err
			}
			records = append(records, joined(name, ofSuite(records, name), opts.Beside)...)
		}
		return result.CompareModels(records, a, b)
	}
	sides := [2]result.Side{{Name: a}, {Name: b}}
	for i := range sides {
		records, err := readSide(sides[i].Name, suiteNames)
		if err != nil {
			return nil, err
		}
		sides[i].Records = records
	}
	return result.Compare(sides[0], sides[1]), nil
}

// joined are those of others that stand beside own in the tables of suite, as records of that suite.
func joined(suite string, own, others []result.Record) []result.Record {
	records := result.Beside(own, others)
	for i := range records {
		records[i].Cell.Suite = suite
	}
	return records
}

// readSide reads a store's file, or the stores of a folder.
func readSide(path string, suiteNames []string) ([]result.Record, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return result.Read(filepath.Clean(path))
	}
	return readStores(path, suiteNames)
}
