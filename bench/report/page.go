// Package report writes one self-contained HTML page of what the records of some suites say: the tables, the curves of
// every training, what the models show while they learn, what it cost and on what it ran.
//
// Reading order: page.go, page.html, curves.go, plot.go, facts.go.
package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"ecalf/bench/result"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed style.css
	styleCSS string

	page = template.Must(template.New("page").Parse(pageHTML))
)

// pictureBytes is how much of a page pictures may take; a page of some megabytes still opens on a phone.
const pictureBytes = 3 << 20

// Suite is one suite of the page and the table of its records.
type Suite struct {
	Name  string
	Table *result.Table
}

// section is what the page says of one suite.
type section struct {
	ID, Name string
	Records  string // how many
	Seconds  string
	Tables   template.HTML
	Lost     []lost
	Drawn    string // the seeds that any cell has
	Seeds    []key  // the colours of those that were trained with
	Curves   gallery
	Watched  gallery
	Costs    []cost
	Notes    []string // to the costs
	Ran      []environment
	Data     []dataFile
}

// Write writes the page, XML that browsers read as HTML, to w. The same records give the same bytes.
func Write(w io.Writer, suites []Suite) error {
	var sections []section
	records := 0
	for i, s := range suites {
		var tables bytes.Buffer
		if err := s.Table.WriteHTML(&tables); err != nil {
			return err
		}
		columns := s.Table.Columns()
		all := recordsOf(columns)
		records += len(all)
		seeds := seedsOf(all, func(r result.Record) bool { return len(r.Epochs) > 0 })
		curves, watched, err := galleries(columns, seeds, pictureBytes/len(suites))
		if err != nil {
			return fmt.Errorf("suite %s: %w", s.Name, err)
		}
		costs, notes := costsOf(columns)
		sections = append(sections, section{
			ID: fmt.Sprintf("suite-%d", i+1), Name: s.Name, Records: counted(len(all), "record"), Seconds: totalSeconds(all),
			Tables: template.HTML(tables.String()), Lost: lostOf(columns),
			Drawn: listed(seedsOf(all, func(r result.Record) bool { return r.Cell.Seed != 0 })),
			Seeds: seedKeys(seeds), Curves: curves, Watched: watched,
			Costs: costs, Notes: notes, Ran: environmentsOf(all), Data: dataOf(all),
		})
	}
	var b bytes.Buffer
	err := page.Execute(&b, map[string]any{"Style": template.CSS(styleCSS), "Sections": sections,
		"Records": counted(records, "record"), "Suites": counted(len(sections), "suite")})
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if _, err := b.WriteTo(w); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func recordsOf(columns []result.Column) (all []result.Record) {
	for _, c := range columns {
		all = append(all, c.Records...)
	}
	return all
}

// seedsOf are the seeds of the records that match, in ascending order.
func seedsOf(records []result.Record, match func(result.Record) bool) (seeds []int64) {
	for _, r := range records {
		if match(r) {
			seeds = append(seeds, r.Cell.Seed)
		}
	}
	slices.Sort(seeds)
	return slices.Compact(seeds)
}

func listed(seeds []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(seeds), " ", ", "), "[]")
}

func seedKeys(seeds []int64) (keys []key) {
	for i, s := range seeds {
		keys = append(keys, key{i % colours, fmt.Sprintf("seed %d", s)})
	}
	return keys
}
