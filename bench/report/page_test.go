// Tests of the page: that it is whole, stands alone, shows every number and hides no failure.

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ecalf/bench/result"
)

// record is an OK record, changed by change.
func record(model, dataset string, horizon int, seed int64, mse float64, change func(*result.Record)) result.Record {
	mae := mse / 2
	r := result.Record{
		Cell: result.Cell{Suite: "mine", Dataset: dataset, Horizon: horizon, Lookback: 96, Setting: "full", Percent: 100,
			Model: model, Protocol: "standard", Seed: seed},
		Status: result.OK, MSE: &mse, MAE: &mae, Windows: 2881 - horizon,
	}
	if change != nil {
		change(&r)
	}
	if r.Status != result.OK {
		r.MSE, r.MAE, r.Windows = nil, nil, 0
	}
	r.ID = r.Cell.ID()
	return r
}

// trained gives a record n epochs in which the loss falls and the model shows something, and a cost.
func trained(n int) func(*result.Record) {
	return func(r *result.Record) {
		for e := range n {
			r.Epochs = append(r.Epochs, result.Epoch{Epoch: e + 1, Train: 1 / float64(e+1), Val: 0.5 + 1/float64(e+2), Watched: map[string]float64{
				"score.0": 0.25, "score.2": 0.5, "score.10": 0.75, "weight.feature": 0.01, "degree": 0.9}})
		}
		wall, peak := 90.0, 1.5e9
		r.Fitted = map[string]float64{"best_epoch": float64(n)}
		r.Cost = result.Cost{WallSeconds: &wall, PeakRSSBytes: &peak, Missing: map[string]string{"joules": "no counter"}}
		r.Env = result.Environment{CPU: "a <CPU> & more", Cores: 2, Backend: "cpu/avx2", Precision: "fp32", Commit: "0123456789abcdef", DataSHA256: "f18de3ad", DataVerified: true}
	}
}

// Names and reasons that a careless page would take for its own markup.
const (
	hostileSet    = `<b>&"'`
	hostileReason = `loss not finite; see http://example.org/<script src="x">`
)

func seasonless(r *result.Record) { r.Status, r.Reason = result.Inapplicable, "no season" }

func records() []result.Record {
	return []result.Record{
		record("OLS", "ETTh1", 96, 0, 0.3801, nil),
		record("DLinear", "ETTh1", 96, 1, 0.3811, trained(4)),
		record("DLinear", "ETTh1", 96, 2, 0.3831, trained(1)),
		record("DLinear", "ETTh1", 192, 1, 0.43212, trained(3)),
		record("DLinear", "ETTh1", 192, 2, 0, func(r *result.Record) { trained(2)(r); r.Status, r.Reason = result.Failed, hostileReason }),
		record("OLS", hostileSet, 96, 0, 0.54321, func(r *result.Record) { r.Cell.DataSHA256 = strings.Repeat("ab", 32) }),
		record("DLinear</td>", "ETTh1->ETTh2", 96, 1, 0.61234, func(r *result.Record) { trained(2)(r); r.Cell.Setting = "zero"; r.Env.TargetSHA256 = "5e1f" }),
		record("SeasonalNaive", "ETTh1", 96, 0, 0, seasonless),
		record("SeasonalNaive", hostileSet, 96, 0, 0, seasonless),
		record("Seasonal", "ETTh1", 96, 0, 0, seasonless),
		record("Seasonal", hostileSet, 96, 0, 0, seasonless),
		record("Seasoned", "ETTh1", 96, 0, 0, seasonless),
	}
}

func written(t *testing.T, records []result.Record) string {
	t.Helper()
	var b bytes.Buffer
	suites := []Suite{{"mine", result.BuildTable(records, result.Options{References: []string{"PatchTST"}})}}
	if err := Write(&b, suites); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// element is one of the page, with its own text.
type element struct {
	name, text string
	attributes map[string]string
}

// elements takes a page apart, and fails where it is not XML.
func elements(t *testing.T, page string) (all []*element) {
	t.Helper()
	var open []*element
	for d := xml.NewDecoder(strings.NewReader(page)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if len(open) > 0 {
				t.Fatalf("<%s> is not closed", open[0].name)
			}
			return all
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := &element{name: token.Name.Local, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			all, open = append(all, e), append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			for _, e := range open {
				e.text += string(token)
			}
		}
	}
}

func TestPageShowsWhatTablesPrint(t *testing.T) {
	page := elements(t, written(t, records()))
	var cells, text []string
	for _, e := range page {
		if e.name == "td" || e.name == "th" {
			cells = append(cells, e.text)
		}
		text = append(text, e.text)
	}
	var markdown bytes.Buffer
	if err := result.BuildTable(records(), result.Options{References: []string{"PatchTST"}}).WriteMarkdown(&markdown); err != nil {
		t.Fatal(err)
	}
	plain := strings.NewReplacer("**", "", "<u>", "", "</u>", "")
	numbers := 0
	for line := range strings.Lines(markdown.String()) {
		if !strings.HasPrefix(line, "| ") || strings.Contains(line, "<br>") {
			continue
		}
		for cell := range strings.SplitSeq(line, "|") {
			want := html.UnescapeString(plain.Replace(strings.TrimSpace(cell)))
			if strings.Contains(want, ".") {
				numbers++
			}
			if want != "" && !slices.Contains(cells, want) {
				t.Errorf("no cell of the page says %q", want)
			}
		}
	}
	if numbers < 12 { // two metrics of six rows with a result
		t.Errorf("only %d numbers compared", numbers)
	}
	whole := strings.Join(text, "\n")
	for _, want := range []string{
		hostileSet, hostileReason, "no season", "ETTh1/192 seed 2", "DLinear</td>", // failures and names, letter by letter
		"energy not measured: no counter (4 cells)", "1.5 GB", "90 s", // cost, of the four trainings that were scored
		"a <CPU> & more; 2 cores", "cpu/avx2, fp32", "0123456789ab", "the public file", "the user's own", strings.Repeat("ab", 32), // provenance
		"Seeds 1, 2.", "seed 1", "seed 2", "alignment score by level", "degree of alignment", // curves
	} {
		if !strings.Contains(whole, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

func TestPageStandsAlone(t *testing.T) {
	for _, e := range elements(t, written(t, records())) {
		if slices.Contains([]string{"script", "link", "img", "image", "iframe", "object", "embed", "form"}, e.name) {
			t.Errorf("<%s>", e.name)
		}
		style := e.attributes["style"]
		if e.name == "style" {
			style = e.text
		}
		if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
			t.Errorf("<%s> loads something: %s", e.name, style)
		}
		for name, value := range e.attributes {
			if name == "src" || name == "href" && !strings.HasPrefix(value, "#") || strings.HasPrefix(name, "on") {
				t.Errorf("<%s %s=%q>", e.name, name, value)
			}
		}
	}
}

// What cannot be seen can be heard: pictures have words, headings of tables say what they head.
func TestPageCanBeHeard(t *testing.T) {
	count := map[string]int{}
	ids := map[string]bool{}
	for _, e := range elements(t, written(t, records())) {
		count[e.name]++
		ids[e.attributes["id"]] = true
		switch e.name {
		case "svg":
			if e.attributes["role"] != "img" || !strings.Contains(e.attributes["aria-label"], " after ") {
				t.Errorf("svg without words: %v", e.attributes)
			}
			if strings.Contains(e.attributes["aria-label"], "NaN") {
				t.Errorf("svg says %s", e.attributes["aria-label"])
			}
		case "th":
			if e.attributes["scope"] == "" {
				t.Errorf("th %q without scope", e.text)
			}
		case "a":
			defer func() {
				if !ids[strings.TrimPrefix(e.attributes["href"], "#")] {
					t.Errorf("%s leads nowhere", e.attributes["href"])
				}
			}()
		case "html":
			if e.attributes["lang"] == "" {
				t.Error("no language")
			}
		}
	}
	// Three trainings, DLinear on ETTh1 96 and 192 and in zero-shot: two losses each, and the families score, weight and "".
	if want := 3*2 + 3*3; count["svg"] != want {
		t.Errorf("%d pictures, want %d", count["svg"], want)
	}
}

// Every cell without a result is named, by the models that it has none of; those of the same cells share a line.
func TestLost(t *testing.T) {
	got := lostOf(result.BuildTable(records(), result.Options{}).Columns())
	want := []lost{
		{[]string{"DLinear"}, result.Failed, hostileReason, []string{"ETTh1/192 seed 2"}},
		{[]string{"SeasonalNaive", "Seasonal"}, result.Inapplicable, "no season", []string{"ETTh1/96", hostileSet + "/96"}},
		{[]string{"Seasoned"}, result.Inapplicable, "no season", []string{"ETTh1/96"}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPageOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, nil); err != nil {
		t.Fatal(err)
	}
	elements(t, b.String())
	if !strings.Contains(b.String(), "There are no records.") {
		t.Error("the page does not say that there are no records")
	}
}

func TestPageOfThousandsStaysSmall(t *testing.T) {
	const limit = 5 << 20
	var many []result.Record
	for d := range 10 {
		for h := range 10 {
			for m := range 5 {
				for seed := range int64(4) {
					many = append(many, record(fmt.Sprint("model", m), fmt.Sprint("set", d), 96+h, seed+1, 0.4, trained(100)))
				}
			}
		}
	}
	page := written(t, many)
	if len(page) > limit {
		t.Errorf("%d records take %d bytes, limit %d", len(many), len(page), limit)
	}
	drawn := strings.Count(page, "<figure>")
	left := 0
	for _, m := range regexp.MustCompile(`The pictures of (\d+) more`).FindAllStringSubmatch(page, -1) {
		var n int
		fmt.Sscan(m[1], &n)
		left += n
	}
	if want := 2 * 10 * 10 * 5; drawn == 0 || left == 0 || drawn+left != want { // losses and what is watched
		t.Errorf("%d figures drawn, %d left out, want %d in all", drawn, left, want)
	}
	if page != written(t, many) {
		t.Error("the same records give another page")
	}
}
