// ecalf table: the paper's tables from the records of a results folder.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"ecalf/baselines"
	"ecalf/bench/result"
	"ecalf/bench/suites"
)

// printable is a table of any kind.
type printable interface {
	WriteConsole(io.Writer) error
	WriteMarkdown(io.Writer) error
	WriteLaTeX(io.Writer) error
	WriteCSV(io.Writer) error
}

// formats are the ways a table is written.
var formats = map[string]func(printable, io.Writer) error{
	"console":  printable.WriteConsole,
	"markdown": printable.WriteMarkdown,
	"latex":    printable.WriteLaTeX,
	"csv":      printable.WriteCSV,
}

// kinds are what a table can be about.
var kinds = map[string]func([]result.Record, result.Options) printable{
	"errors":    func(r []result.Record, o result.Options) printable { return result.BuildTable(r, o) },
	"cost":      func(r []result.Record, o result.Options) printable { return result.CostListing(r, o) },
	"alignment": func(r []result.Record, o result.Options) printable { return result.AlignmentListing(r, o) },
	"parts":     func(r []result.Record, o result.Options) printable { return result.PartsListing(r, o) },
}

type tableOptions struct {
	suites           []string
	results          string
	what             string
	format, output   string
	only, references []string
}

func tableCommand() *cobra.Command {
	var o tableOptions
	c := &cobra.Command{
		Use:   "table",
		Short: "Print the tables of the records that are there",
		Long: `Table prints the records of a results folder as the papers do: a row per data set and horizon, MSE and MAE per model,
best bold and second underlined, mean ± sd over seeds, published numbers and the difference beside ours, averages over
complete rows, first places of the rows with a rival. Cells without a record stay blank. --what parts has, for a model
that a suite runs in several forms, a row per form, with the change against the model as it is: an ablation. --what cost
lists the seconds, memory and energy of every training, --what alignment what Enhanced CALF shows while it trains:
alignment scores, shares, temperatures and weights of the losses in the first, the best and the last epoch.`,
		Example: `  ecalf table --suite long
  ecalf table --suite long --only dataset=ETTh1 --format latex --output etth1.tex
  ecalf table --suite ablation --what parts
  ecalf table --suite long --what alignment --only dataset=ETTh1,horizon=96
  ecalf table --format csv            # every store of the folder`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			write, ok := formats[o.format]
			if !ok {
				return usagef("--format %q: want console, markdown, latex or csv", o.format)
			}
			build, ok := kinds[o.what]
			if !ok {
				return usagef("--what %q: want errors, parts, cost or alignment", o.what)
			}
			var b bytes.Buffer
			if err := o.write(&b, build, write, c.Flags().Changed("references"), c.OutOrStdout()); err != nil {
				return err
			}
			if o.output == "" {
				_, err := c.OutOrStdout().Write(b.Bytes())
				return err
			}
			if err := renameio.WriteFile(o.output, b.Bytes(), 0o644); err != nil {
				return fmt.Errorf("%s: %w", o.output, err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.suites, "suite", nil, "suites to print, by name or YAML file (default: every store of the folder)")
	f.StringVar(&o.results, "results", "results", "folder of the stores")
	f.StringVar(&o.what, "what", "errors", "errors, parts, cost or alignment")
	f.StringVar(&o.format, "format", "console", "console, markdown, latex or csv")
	f.StringVar(&o.output, "output", "", "file to write (default: standard output)")
	f.StringArrayVar(&o.only, "only", nil, "key=value,…: only these cells, as in ecalf run")
	f.StringSliceVar(&o.references, "references", nil, "published models to print beside ours (default: the suites' own, of the models that --only names)")
	return c
}

// write writes the table of each suite to b, in the width and colours of screen. A CSV is one table for all.
func (o tableOptions) write(b *bytes.Buffer, build func([]result.Record, result.Options) printable, write func(printable, io.Writer) error, ownReferences bool, screen io.Writer) error {
	all, err := o.selected()
	if err != nil {
		return err
	}
	if o.format == "csv" {
		opts := result.Options{Bounds: boundModels()}
		if o.what == "parts" { // what a part is held against may be another suite's; other tables have a column for the suite
			for _, name := range storeSuites(all.records) {
				opts.Beside = append(opts.Beside, all.options[name].Beside...)
			}
		}
		return write(build(all.records, opts), b)
	}
	for _, name := range storeSuites(all.records) {
		opts := all.options[name]
		if ownReferences {
			opts.References = o.references
		}
		opts.Width, opts.Color = screenOf(screen)
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		if err := write(build(ofSuite(all.records, name), opts), b); err != nil {
			return err
		}
	}
	if b.Len() == 0 {
		return fmt.Errorf("--what %s: no record has any: parts are of models that a suite runs under labels, closed-form models do not train in epochs, and alignment is EnhancedCALF's", o.what)
	}
	return nil
}

// selection is what the options ask for: records, and how the tables of their suites are built.
type selection struct {
	records []result.Record
	options map[string]result.Options // by suite
}

func (o tableOptions) selected() (*selection, error) {
	known, err := loadSuites(o.results, o.suites)
	if err != nil {
		return nil, err
	}
	records, err := readStores(o.results, o.suites)
	if err != nil {
		return nil, err
	}
	options, all := map[string]result.Options{}, records
	for _, name := range storeSuites(records) {
		if options[name], err = suiteOptions(o.results, name, known[name]); err != nil {
			return nil, err
		}
		all = slices.Concat(all, options[name].Beside)
	}
	var cells []result.Cell
	for _, r := range all {
		cells = append(cells, r.Cell)
	}
	filter, err := suites.ParseFilter(o.only, cells)
	if err != nil {
		return nil, usageError{err}
	}
	lost := func(r result.Record) bool { return !filter.Match(r.Cell) }
	records = slices.DeleteFunc(records, lost)
	if len(records) == 0 {
		return nil, usagef("--only %s: no record matches all of it", strings.Join(o.only, " "))
	}
	for name, opts := range options {
		opts.Beside = slices.DeleteFunc(opts.Beside, lost)
		opts.References = slices.DeleteFunc(slices.Clone(opts.References), func(model string) bool { return !filter.Allows("model", model) })
		options[name] = opts
	}
	return &selection{records, options}, nil
}

// suiteOptions are the order of models of a suite, its references and, from the stores in the folder results, what stands
// beside it. A suite of the user's own that is not at hand, nil, keeps the order of its records.
func suiteOptions(results, name string, suite *suites.Suite) (result.Options, error) {
	o := result.Options{Bounds: boundModels(), Ordered: orderedModels()}
	if suite == nil {
		suite, _ = suites.Load(name)
	}
	if suite != nil {
		o.References = suite.References
		for _, m := range suite.Models {
			o.Models = appendNew(o.Models, m.Name)
		}
		for _, other := range suite.Beside {
			records, err := readStores(results, []string{other})
			if err != nil && !errors.Is(err, errNoRecords) {
				return o, err
			}
			o.Beside = append(o.Beside, records...)
		}
	}
	return o, nil
}

// ofSuite are the records of one suite.
func ofSuite(records []result.Record, suite string) []result.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r result.Record) bool { return r.Cell.Suite != suite })
}

// screenOf is the width of a terminal and whether it shows colours; 0 and false for anything else.
func screenOf(w io.Writer) (width int, color bool) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		width = 0
	}
	return width, os.Getenv("NO_COLOR") == ""
}

// loadSuites reads the suites of those names or files, and refuses names that nothing is known of, neither a suite nor a
// store.
func loadSuites(results string, names []string) (map[string]*suites.Suite, error) {
	known := map[string]*suites.Suite{}
	for _, name := range names {
		suite, err := suites.Load(name)
		if err != nil {
			if _, stored := os.Stat(storePath(results, filepath.Base(name))); stored == nil {
				continue
			}
			return nil, usageError{err}
		}
		known[suite.Name] = suite
	}
	return known, nil
}

// errNoRecords says that a store is not there or empty.
var errNoRecords = errors.New("no records: `ecalf run` makes some")

// readStores reads the stores of those suites, or all of the folder. Its error is errNoRecords if there is nothing to read.
func readStores(dir string, names []string) ([]result.Record, error) {
	var paths []string
	for _, name := range names {
		if suite, err := suites.Load(name); err == nil {
			name = suite.Name // a file's suite may be called otherwise
		}
		paths = append(paths, storePath(dir, name))
	}
	if len(names) == 0 {
		paths, _ = filepath.Glob(storePath(dir, "*"))
	}
	var all []result.Record
	for _, path := range paths {
		records, err := result.Read(path)
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("%s: no such store: %w", path, errNoRecords)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: %w", dir, errNoRecords)
	}
	return all, nil
}

// storeSuites lists the suites of the records, in their order.
func storeSuites(records []result.Record) (names []string) {
	for _, r := range records {
		names = appendNew(names, r.Cell.Suite)
	}
	return names
}

// boundModels are the models of the Zoo that do not compete.
func boundModels() []string { return modelsThat(func(e baselines.Entry) bool { return e.Bound }) }

// orderedModels are those that read the channels in their order.
func orderedModels() []string { return modelsThat(func(e baselines.Entry) bool { return e.Ordered }) }

func modelsThat(are func(baselines.Entry) bool) (names []string) {
	for _, name := range baselines.Names() {
		if are(baselines.Zoo[name]) {
			names = append(names, name)
		}
	}
	return names
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
