// Tests of the published numbers: that the file is sound, and which of several papers a table quotes.

package result

import (
	"math"
	"strings"
	"testing"
)

func TestPublishedFileIsSound(t *testing.T) {
	all, err := parsePublished(publishedCSV)
	if err != nil {
		t.Fatal(err)
	}
	values, misprints := 0, 0
	for _, vs := range all {
		for _, v := range vs {
			values++
			if v.misprint {
				misprints++
			}
		}
	}
	// 1863 numbers were collected; the README beside the file explains the misprints: 2 averages of LLM-PS, 4 values
	// of TimeMixer's table and the 3 averages that contain one of them.
	if values != 1863 || misprints != 9 {
		t.Errorf("%d values, %d misprints; want 1863 and 9", values, misprints)
	}
}

func TestPublishedPreference(t *testing.T) {
	for _, c := range []struct {
		name     string
		dataset  string
		horizon  int
		setting  string
		model    string
		mse, mae float64 // as printed in the source
		source   string
	}{
		{"own paper: average", "ETTh1", 0, "full", "CALF", 0.432, 0.428, "CALF (AAAI 2025) Table 1"},
		{"own paper: its cost table", "Weather", 96, "full", "CALF", 0.164, 0.204, "CALF (AAAI 2025) Table 5"},
		{"no horizon in the own paper", "ETTh1", 192, "full", "CALF", 0.427, 0.423, "LLM-PS (arXiv 2503.09656) Table 7"},
		{"own paper before LLM-PS", "ETTm1", 96, "full", "iTransformer", 0.334, 0.368, "iTransformer (ICLR 2024) Table 10"},
		{"baseline: iTransformer's table", "ETTh1", 96, "full", "PatchTST", 0.414, 0.419, "iTransformer (ICLR 2024) Table 10"},
		{"baseline's average: the same table", "Traffic", 0, "full", "PatchTST", 0.481, 0.304, "iTransformer (ICLR 2024) Table 10"},
		{"not in iTransformer's table: TimeMixer's", "Weather", 96, "full", "MICN", 0.198, 0.261, "TimeMixer (ICLR 2024) unified hyper-parameters"},
		{"few-shot", "ETTh1", 96, "10%", "PatchTST", 0.433, 0.428, "LLM-PS (arXiv 2503.09656) Table 8"},
		{"misprinted average falls back", "ETTh1", 0, "10%", "PatchTST", 0.683, 0.546, "CALF (AAAI 2025) Table 3"},
		{"zero-shot", "ETTh1->ETTm1", 96, "zero", "LLM-PS", 0.719, 0.575, "LLM-PS (arXiv 2503.09656) Table 9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			mse, mae, source, ok := Published(c.dataset, c.horizon, c.setting, c.model)
			if !ok || mse != c.mse || mae != c.mae || source != c.source {
				t.Errorf("got %v %v from %q, %v; want %v %v from %q", mse, mae, source, ok, c.mse, c.mae, c.source)
			}
		})
	}
	for _, k := range []publishedKey{
		{"ETTh1", 96, "full", "EnhancedCALF"}, {"ETTh1", 48, "full", "CALF"}, {"ETTh1", 96, "5%", "CALF"}, {"Synthetic", 96, "full", "DLinear"},
	} {
		if _, _, source, ok := Published(k.dataset, k.horizon, k.setting, k.model); ok {
			t.Errorf("%v is said to be published in %q", k, source)
		}
	}
}

// A data set's average must be that of its rows, whatever papers they were taken from, or a table contradicts itself.
func TestPublishedAveragesMatchTheirRows(t *testing.T) {
	// Half a unit of the third digit each for the four rows' mean and the average, and what papers round on the way.
	const tolerance = 0.0021
	// Where the papers' own averages are off; the file's notes have the figures.
	off := map[publishedKey]bool{
		{"ETTh1", 0, "10%", "Crossformer"}:    true,
		{"ETTh1->ETTm1", 0, "zero", "LLM-PS"}: true,
	}
	seen := 0
	for k := range published() {
		if k.horizon != 0 {
			continue
		}
		mse, mae, _, _ := Published(k.dataset, 0, k.setting, k.model)
		var sumMSE, sumMAE float64
		rows := 0
		for _, h := range standardHorizons {
			a, b, _, ok := Published(k.dataset, h, k.setting, k.model)
			if ok {
				sumMSE, sumMAE, rows = sumMSE+a, sumMAE+b, rows+1
			}
		}
		if rows < len(standardHorizons) {
			continue
		}
		seen++
		agrees := math.Abs(sumMSE/4-mse) <= tolerance && math.Abs(sumMAE/4-mae) <= tolerance
		if agrees == off[k] {
			t.Errorf("%v: average %v/%v, its rows give %.4f/%.4f; known to be off: %v", k, mse, mae, sumMSE/4, sumMAE/4, off[k])
		}
	}
	if seen < 100 {
		t.Errorf("only %d averages were compared", seen)
	}
}

func TestParsePublishedRefuses(t *testing.T) {
	const good = "itransformer-t10,RLinear,ETTm1,96,96,full,0.355,0.376,"
	for _, c := range []struct{ name, text, want string }{
		{"empty file", "", "EOF"},
		{"other header", "a,b\n", "line 1: header"},
		{"too few fields", publishedHeader + "\na,b\n", "wrong number of fields"},
		{"unknown source", publishedHeader + "\n" + strings.Replace(good, "-t10", "-t11", 1), `line 2: unknown source "itransformer-t11"`},
		{"no model", publishedHeader + "\n" + strings.Replace(good, "RLinear", "", 1), "model or data set is empty"},
		{"other look-back", publishedHeader + "\n" + strings.Replace(good, "ETTm1,96", "ETTm1,336", 1), `look-back "336"`},
		{"other horizon", publishedHeader + "\n" + strings.Replace(good, "96,full", "48,full", 1), `horizon "48"`},
		{"other setting", publishedHeader + "\n" + strings.Replace(good, "full", "half", 1), `setting "half"`},
		{"not a number", publishedHeader + "\n" + strings.Replace(good, "0.355", "NaN", 1), `error "NaN"`},
		{"negative", publishedHeader + "\n" + strings.Replace(good, "0.355", "-0.355", 1), `error "-0.355"`},
		{"lost digits", publishedHeader + "\n" + strings.Replace(good, "0.355", "0.35", 1), `error "0.35"`},
		{"twice", publishedHeader + "\n" + good + "\n" + good, "line 3: the source gives this number twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := parsePublished(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
