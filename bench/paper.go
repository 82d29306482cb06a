// ecalf paper: what the text in paper/ takes from the records, as LaTeX to be \input.

package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"ecalf/bench/result"
	"ecalf/bench/suites"
)

func paperCommand() *cobra.Command {
	var results, output string
	c := &cobra.Command{
		Use:   "paper",
		Short: "Write the tables and numbers of the paper, as LaTeX",
		Long: `Paper writes every table and every number that the text of paper/ takes from the records: tables/*.tex and numbers.tex.
What has no record yet is said to be not yet run, so the text can be built at any time.`,
		Example: "  ecalf paper                                  # as committed; make paper does it and builds the PDF\n  ecalf paper --results mine --output paper    # the paper of your own runs",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			files, err := paperInputs(results)
			if err != nil {
				return err
			}
			for _, name := range slices.Sorted(maps.Keys(files)) {
				path := filepath.Join(output, filepath.FromSlash(name))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					return err
				}
				if err := renameio.WriteFile(path, files[name], 0o644); err != nil {
					return fmt.Errorf("%s: %w", path, err)
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&results, "results", "results", "folder of the stores")
	f.StringVar(&output, "output", "paper", "folder to write to")
	return c
}

// paperTables are the suites whose tables the paper prints, paperSuites those and what stands beside them.
var (
	paperTables = []string{"long", "fewshot", "zeroshot", "ablation"}
	paperSuites = slices.Concat(paperTables, []string{"baselines"})
)

// paperInputs are the files that the paper inputs, by their path in its folder.
func paperInputs(results string) (map[string][]byte, error) {
	files := map[string][]byte{}
	records, options := map[string][]result.Record{}, map[string]result.Options{}
	for _, suite := range paperSuites {
		all, err := readStores(results, []string{suite})
		switch {
		case err == nil:
		case errors.Is(err, errNoRecords):
			all = nil
		default:
			return nil, err
		}
		opts, err := suiteOptions(results, suite, nil)
		if err != nil {
			return nil, err
		}
		records[suite], options[suite] = all, opts
		if !slices.Contains(paperTables, suite) {
			continue
		}
		var table printable
		if all != nil {
			table = result.BuildTable(all, opts)
		}
		if files["tables/"+suite+".tex"], err = paperTable(table, suite); err != nil {
			return nil, err
		}
	}
	var costs []byte
	for _, suite := range paperSuites {
		l := result.CostListing(records[suite], options[suite])
		if l.Empty() {
			continue
		}
		table, err := paperTable(l, suite)
		if err != nil {
			return nil, err
		}
		costs = append(costs, table...)
	}
	if costs == nil {
		costs, _ = paperTable(nil, "long")
	}
	files["tables/cost.tex"] = costs
	pairs := paperPairs(records, options)
	for name, l := range map[string]*result.Listing{"summary": summaryListing(pairs), "data": dataListing()} {
		table, err := paperTable(l, name)
		if err != nil {
			return nil, err
		}
		files["tables/"+name+".tex"] = table
	}
	forms, formsOf := options["long"], slices.DeleteFunc(slices.Clone(records["long"]), func(r result.Record) bool {
		return r.Cell.Model != "CALF" && r.Cell.Model != ours
	})
	forms.Beside = nil
	for _, p := range []struct {
		name, suite string
		records     []result.Record
		options     result.Options
	}{{"parts", "ablation", records["ablation"], options["ablation"]}, {"forms", "long", formsOf, forms}} {
		var parts printable
		if l := result.PartsListing(p.records, p.options); !l.Empty() {
			parts = l
		}
		table, err := paperTable(parts, p.suite)
		if err != nil {
			return nil, err
		}
		files["tables/"+p.name+".tex"] = table
	}
	recipes, err := recipeListing()
	if err != nil {
		return nil, err
	}
	if files["tables/recipes.tex"], err = paperTable(recipes, "recipes"); err != nil {
		return nil, err
	}
	files["numbers.tex"] = paperNumbers(records, pairs)
	return files, nil
}

const generatedHead = "% written by `ecalf paper` from results/: do not edit\n"

// paperTable is a table as the paper inputs it, or the remark that a suite has none yet.
func paperTable(t printable, suite string) ([]byte, error) {
	b := bytes.NewBufferString(generatedHead)
	if t == nil {
		fmt.Fprintf(b, "\\notyet{%s}\n", suite)
		return b.Bytes(), nil
	}
	err := t.WriteLaTeX(b)
	return b.Bytes(), err
}

// ours is the model that the paper is about, rivals the columns that it is held against. CALF tuned is CALF with weights
// of the losses that were chosen as ours were, CALF chosen whichever form has the lower validation MSE in a row.
const ours, tuned, chosen = "EnhancedCALF", "tuned", result.ChosenLabel

var rivals = []string{"CALF", "CALF " + tuned, "CALF " + chosen, "OLS", "OLS+IN"}

// trained are rivals that another suite trained. Where there is nothing to compare they are left out.
var trained = []string{"DLinear", "NLinear", "RLinear", "PatchTST", "iTransformer", "GPT4TS"}

// paperPair is ours against a rival in one setting, on one backbone.
type paperPair struct {
	suite, setting, rival, backbone string
	result.Overall
	ok bool // whether any cell has a result of both
}

// paperPairs compares ours with every rival in every setting, on each backbone that ours has run on; where it has not run,
// a pair with one of rivals and without rows stands for what is to come. A rival that is chosen meets ours chosen.
func paperPairs(records map[string][]result.Record, options map[string]result.Options) (pairs []paperPair) {
	for _, p := range []struct{ suite, setting string }{{"long", "full"}, {"fewshot", "10%"}, {"fewshot", "5%"}, {"zeroshot", "zero"}} {
		of := slices.DeleteFunc(slices.Concat(records[p.suite], joined(p.suite, records[p.suite], options[p.suite].Beside)), func(r result.Record) bool {
			return r.Cell.Setting != p.setting || r.Cell.ChannelsSeed != 0
		})
		var backbones []string
		for _, r := range of {
			if r.Cell.Model == ours {
				backbones = appendNew(backbones, r.Cell.Backbone)
			}
		}
		slices.Sort(backbones)
		if len(backbones) == 0 {
			backbones = []string{""}
		}
		for _, backbone := range backbones {
			for _, rival := range slices.Concat(rivals, trained) {
				pair := paperPair{suite: p.suite, setting: p.setting, rival: rival, backbone: backbone}
				both := slices.DeleteFunc(slices.Clone(of), func(r result.Record) bool { return r.Cell.Backbone != "" && r.Cell.Backbone != backbone })
				mine := ours
				if strings.HasSuffix(rival, " "+chosen) {
					mine += " " + chosen
				}
				// An error says that one of them has no record, or several variants of which none is the one.
				if c, err := result.CompareModels(both, rival, mine); err == nil {
					pair.Overall, pair.ok = c.Overall()
				}
				if pair.ok || slices.Contains(rivals, rival) {
					pairs = append(pairs, pair)
				}
			}
		}
	}
	return pairs
}

// summaryListing is the paper's first table: ours against its rivals, setting by setting.
func summaryListing(pairs []paperPair) *result.Listing {
	heads := []string{"setting", "against", "backbone", "metric", "rows", "its", "ours", "change", "lower in", "surely lower", "surely higher"}
	var rows [][]string
	for _, p := range pairs {
		for m, metric := range []string{"MSE", "MAE"} {
			row := []string{p.setting, p.rival, p.backbone, metric}
			if p.ok {
				row = append(row, fmt.Sprint(p.Rows), fmt.Sprintf("%.3f", p.A[m]), fmt.Sprintf("%.3f", p.B[m]), signed(p.Percent[m])+"%",
					fmt.Sprint(p.Better[m]), fmt.Sprint(p.Surely[m]), fmt.Sprint(p.Worse[m]))
			}
			rows = append(rows, row)
		}
	}
	return result.PlainListing("Enhanced CALF against its rivals, over the rows (data set and horizon) that both have", "summary", 4, heads, rows,
		"its and ours are means over the rows, each a mean over its seeds; change is the geometric mean of the rows' ratios, less one",
		"against CALF chosen, a row has of each model the form, of those that were run in it, with the lowest validation MSE",
		fmt.Sprintf("surely means p < %v: Welch's t test over seeds or, where a side has one seed, the paired t test over blocks of test windows, for MSE alone; not corrected for the number of rows", result.Significant))
}

// signed is v with one digit and a sign, unless it is nought.
func signed(v float64) string {
	s := fmt.Sprintf("%+.1f", v)
	if s[1:] == "0.0" {
		return s[1:]
	}
	return strings.Replace(s, "-", "−", 1)
}

// recipeListing is how CALF and ours are trained, data set by data set, as the suite long has it.
func recipeListing() (*result.Listing, error) {
	suite, err := suites.Load("long")
	if err != nil {
		return nil, err
	}
	keys := []string{"batch", "lr", "proj_lr", "schedule", "t_max", "epochs", "patience", "loss"}
	var rows [][]string
	for _, model := range []string{"CALF", ours} {
		var seen []string
		for _, c := range suite.Cells() {
			if c.Model != model || c.Variant != "" || slices.Contains(seen, c.Dataset) {
				continue
			}
			seen = append(seen, c.Dataset)
			recipe, err := recipeTexts(c.Recipe, keys)
			if err != nil {
				return nil, fmt.Errorf("suite long, %s on %s: %w", model, c.Dataset, err)
			}
			rows = append(rows, slices.Concat([]string{model, c.Dataset}, recipe))
		}
	}
	return result.PlainListing("How the models are trained, as the suite long has it", "recipes", 2, slices.Concat([]string{"model", "data set"}, keys), rows), nil
}
