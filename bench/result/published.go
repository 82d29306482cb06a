// The numbers other papers printed, to stand beside ours: published/results.csv, whose README says where they come from.

package result

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed published/results.csv
var publishedCSV string

// publishedLookback is the look-back of every published number.
const publishedLookback = 96

// source is a table in a paper.
type source struct {
	key   string // in published/results.csv
	title string // in footnotes
	own   string // the model that the paper presents
}

// sources is the order of preference among the tables that print a model's number, after the model's own paper. The
// three that print every horizon come first, so that a data set's rows and its average have one source if at all possible.
var sources = []source{
	{"itransformer-t10", "iTransformer (ICLR 2024) Table 10", "iTransformer"},
	{"timemixer-unified", "TimeMixer (ICLR 2024) unified hyper-parameters", "TimeMixer"},
	{"llmps-t7", "LLM-PS (arXiv 2503.09656) Table 7", "LLM-PS"},
	{"llmps-t8", "LLM-PS (arXiv 2503.09656) Table 8", "LLM-PS"},
	{"llmps-t9", "LLM-PS (arXiv 2503.09656) Table 9", "LLM-PS"},
	{"calf-aaai25-t1", "CALF (AAAI 2025) Table 1", "CALF"},
	{"calf-aaai25-t3", "CALF (AAAI 2025) Table 3", "CALF"},
	{"calf-aaai25-t4", "CALF (AAAI 2025) Table 4", "CALF"},
	{"calf-aaai25-t5", "CALF (AAAI 2025) Table 5", "CALF"},
	{"calf-aaai25-t6", "CALF (AAAI 2025) Table 6", "CALF"},
}

type publishedKey struct {
	dataset string
	horizon int // 0 is the average over 96, 192, 336 and 720
	setting string
	model   string
}

type publishedValue struct {
	mse, mae float64
	source   int // in sources
	misprint bool
}

// Published returns what the papers print for a model at look-back 96, on z-scored data, with the title of the paper
// and table. Horizon 0 asks for the average over 96, 192, 336 and 720; a zero-shot data set is written
// "ETTh1->ETTm1". Of several papers the model's own is preferred, then the order of the list sources; numbers known to be
// misprinted are left out. A number nobody printed is not ok.
func Published(dataset string, horizon int, setting, model string) (mse, mae float64, source string, ok bool) {
	best := publishedValue{source: len(sources)}
	for _, v := range published()[publishedKey{dataset, horizon, setting, model}] {
		if !v.misprint && publishedRank(v.source, model) < publishedRank(best.source, model) {
			best = v
		}
	}
	if best.source == len(sources) {
		return 0, 0, "", false
	}
	return best.mse, best.mae, sources[best.source].title, true
}

// publishedRank is lower for a source that is preferred for model.
func publishedRank(i int, model string) int {
	if i < len(sources) && sources[i].own == model {
		return i - len(sources)
	}
	return i
}

// published parses the embedded file once. A test sees to it that there is no error to lose.
var published = sync.OnceValue(func() map[publishedKey][]publishedValue {
	all, _ := parsePublished(publishedCSV)
	return all
})

const publishedHeader = "source,model,dataset,lookback,horizon,setting,mse,mae,note"

// parsePublished reads the file strictly: the header, known sources, settings and horizons, positive errors with
// three digits, and no number given twice by one source.
func parsePublished(text string) (map[publishedKey][]publishedValue, error) {
	r := csv.NewReader(strings.NewReader(text))
	all := map[publishedKey][]publishedValue{}
	for line := 1; ; line++ {
		f, err := r.Read()
		switch {
		case err == io.EOF && line > 1:
			return all, nil
		case err != nil:
			return nil, fmt.Errorf("published numbers: %w", err)
		case line == 1:
			if got := strings.Join(f, ","); got != publishedHeader {
				return nil, fmt.Errorf("published numbers: line 1: header is %q, want %q", got, publishedHeader)
			}
			continue
		}
		k, v, err := parsePublishedRow(f)
		if err == nil && slices.ContainsFunc(all[k], func(o publishedValue) bool { return o.source == v.source }) {
			err = errors.New("the source gives this number twice")
		}
		if err != nil {
			return nil, fmt.Errorf("published numbers: line %d: %w", line, err)
		}
		all[k] = append(all[k], v)
	}
}

// parsePublishedRow reads one row of nine fields, which the CSV reader has counted.
func parsePublishedRow(f []string) (k publishedKey, v publishedValue, err error) {
	k = publishedKey{model: f[1], dataset: f[2], setting: f[5]}
	if v.source = slices.IndexFunc(sources, func(s source) bool { return s.key == f[0] }); v.source < 0 {
		return k, v, fmt.Errorf("unknown source %q", f[0])
	}
	if k.model == "" || k.dataset == "" {
		return k, v, errors.New("model or data set is empty")
	}
	if f[3] != strconv.Itoa(publishedLookback) {
		return k, v, fmt.Errorf("look-back %q, want %d", f[3], publishedLookback)
	}
	if f[4] != "avg" {
		if k.horizon, _ = strconv.Atoi(f[4]); !slices.Contains(standardHorizons, k.horizon) {
			return k, v, fmt.Errorf("horizon %q, want avg or one of %v", f[4], standardHorizons)
		}
	}
	if !slices.Contains([]string{"full", "10%", "5%", "zero"}, k.setting) {
		return k, v, fmt.Errorf("unknown setting %q", k.setting)
	}
	for i, to := range []*float64{&v.mse, &v.mae} {
		if *to, err = strconv.ParseFloat(f[6+i], 64); err != nil || !(*to > 0) || strconv.FormatFloat(*to, 'f', 3, 64) != f[6+i] {
			return k, v, fmt.Errorf("error %q is not a positive number with three digits", f[6+i])
		}
	}
	v.misprint = strings.HasPrefix(f[8], "misprint")
	return k, v, nil
}

// standardHorizons are those that a published average is over.
var standardHorizons = []int{96, 192, 336, 720}
