// ecalf report: one HTML page of all that the records of a results folder say.

package main

import (
	"bytes"
	"fmt"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"ecalf/bench/report"
	"ecalf/bench/result"
)

func reportCommand() *cobra.Command {
	var o tableOptions
	c := &cobra.Command{
		Use:   "report",
		Short: "Write one HTML page of tables, training curves, cost and provenance",
		Long: `Report writes the records of a results folder as one HTML page that needs no network: for each suite the tables as
"ecalf table" prints them, the cells without a result and why, the loss of every training by epoch, what the models show
while they learn, what the cells cost, and the machines, builds and data files behind them. The page has no scripts and
follows the reader's light or dark setting. Where the pictures of all trainings would make it large, it says how many
are left out; --suite then draws more of one suite.`,
		Example: `  ecalf report                                          # results/*.jsonl → report.html
  ecalf report --suite long --output long.html
  ecalf report --results mine --only dataset=ETTh1 --output -`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := o.selected()
			if err != nil {
				return err
			}
			var suites []report.Suite
			for _, name := range storeSuites(all.records) {
				table := result.BuildTable(ofSuite(all.records, name), all.options[name])
				suites = append(suites, report.Suite{Name: name, Table: table})
			}
			var b bytes.Buffer
			if err := report.Write(&b, suites); err != nil {
				return err
			}
			if o.output == "-" {
				_, err := c.OutOrStdout().Write(b.Bytes())
				return err
			}
			if err := renameio.WriteFile(o.output, b.Bytes(), 0o644); err != nil {
				return fmt.Errorf("%s: %w", o.output, err)
			}
			fmt.Fprintf(c.ErrOrStderr(), "%s: %d records\n", o.output, len(all.records))
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.suites, "suite", nil, "suites to show, by name or YAML file (default: every store of the folder)")
	f.StringVar(&o.results, "results", "results", "folder of the stores")
	f.StringVar(&o.output, "output", "report.html", "file to write, or - for standard output")
	f.StringArrayVar(&o.only, "only", nil, "key=value,…: only these cells, as in ecalf run")
	return c
}
