// What a suite must satisfy beyond its types.

package suites

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/train"
	"ecalf/model/weights"
)

var safeName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// validate checks what the types cannot, and returns the first mistake with the path of its node.
func (s *Suite) validate() *Error {
	bad := mistake(func(path, format string, args ...any) *Error {
		return &Error{path: path, Msg: fmt.Sprintf(format, args...)}
	})
	_, knownProtocol := train.Protocols[s.Protocol]
	switch {
	case !safeName.MatchString(s.Name):
		return bad("$.name", "name %q: a suite's name is letters, digits, dot, dash and underscore, for it names the store", s.Name)
	case !knownProtocol:
		return bad("$.protocol", "unknown protocol %q: known are %s", s.Protocol, strings.Join(sortedKeys(train.Protocols), ", "))
	case s.Lookback < 1 || s.Lookback > 100_000:
		return bad("$.lookback", "lookback %d: the number of rows a model sees, 96 in the tables", s.Lookback)
	case len(s.Horizons) == 0:
		return bad("$.horizons", "no horizon: name at least one, such as [96, 192, 336, 720]")
	case len(s.Datasets)+len(s.Files)+len(s.Transfers) == 0:
		return bad("$.datasets", "no data set: name at least one of datasets, files or transfers")
	case len(s.Models) == 0:
		return bad("$.models", "no model: name at least one, such as - name: OLS")
	case len(s.Percents) == 0:
		return bad("$.percents", "no percent: leave percents out for [100]")
	case len(s.Backbones) == 0:
		return bad("$.backbones", "no backbone: leave backbones out for [auto]")
	case len(s.Seeds) == 0:
		return bad("$.seeds", "no seed: leave seeds out for [2021]")
	}
	for i, other := range s.Beside {
		if !safeName.MatchString(other) || other == s.Name || slices.Index(s.Beside, other) < i {
			return bad(fmt.Sprintf("$.beside[%d]", i), "beside %q: want distinct names of other suites, such as [baselines]", other)
		}
	}
	n := 1
	backbones := len(s.Backbones)
	for _, m := range s.Models {
		backbones = max(backbones, len(m.Backbones))
	}
	for _, axis := range []int{len(s.Horizons), len(s.Datasets) + len(s.Files) + len(s.Transfers), len(s.Percents), len(s.Seeds), len(s.Models), backbones} {
		if n *= axis; n > maxCells {
			return bad("$.models", "more than %d cells", maxCells)
		}
	}
	for i, h := range s.Horizons {
		if h < 1 || h > 100_000 || slices.Index(s.Horizons, h) < i {
			return bad(fmt.Sprintf("$.horizons[%d]", i), "horizon %d: want distinct numbers of rows from 1 to 100000", h)
		}
	}
	for i, p := range s.Percents {
		if p < 1 || p > 100 || slices.Index(s.Percents, p) < i {
			return bad(fmt.Sprintf("$.percents[%d]", i), "percent %d: want distinct shares of the training rows from 1 to 100", p)
		}
	}
	for i, seed := range s.Seeds {
		if seed < 1 || slices.Index(s.Seeds, seed) < i {
			return bad(fmt.Sprintf("$.seeds[%d]", i), "seed %d: want distinct numbers from 1", seed)
		}
	}
	for i, name := range s.Datasets {
		if _, err := data.Find(name); err != nil {
			return bad(fmt.Sprintf("$.datasets[%d]", i), "%v", err)
		}
		if slices.Index(s.Datasets, name) < i {
			return bad(fmt.Sprintf("$.datasets[%d]", i), "data set %s is named twice", name)
		}
	}
	for i, transfer := range s.Transfers {
		if err := s.checkTransfer(i, transfer); err != nil {
			return bad(fmt.Sprintf("$.transfers[%d]", i), "%v", err)
		}
	}
	if e := checkBackbones("$.backbones", s.Backbones, bad); e != nil {
		return e
	}
	for i, f := range s.Files {
		if e := s.validateFile(i, f, bad); e != nil {
			return e
		}
	}
	for i := range s.Models {
		if e := s.validateModel(i, bad); e != nil {
			return e
		}
	}
	return nil
}

// mistake makes an Error of the path of a node and a message.
type mistake func(path, format string, args ...any) *Error

func (s *Suite) validateModel(i int, bad mistake) *Error {
	m, at := s.Models[i], fmt.Sprintf("$.models[%d]", i)
	entry, err := baselines.Find(m.Name)
	switch {
	case err != nil:
		return bad(at+".name", "%v", err)
	case m.Label != "" && !usableLabel(m.Label):
		return bad(at+".label", badLabel, m.Label)
	case len(m.Backbones) > 0 && !entry.Adapts:
		return bad(at+".backbones", "%s adapts no language model: it takes no backbones", m.Name)
	}
	if e := checkBackbones(at+".backbones", m.Backbones, bad); e != nil {
		return e
	}
	if e := s.validateCases(at, m, bad); e != nil {
		return e
	}
	labels := map[string]bool{m.Label: true}
	for j, v := range m.Variants {
		at := fmt.Sprintf("%s.variants[%d]", at, j)
		switch {
		case !usableLabel(v.Label):
			return bad(at+".label", badLabel, v.Label)
		case labels[v.Label]:
			return bad(at+".label", "two columns of %s are labelled %q", m.Name, v.Label)
		case len(v.Backbones) > 0 && !entry.Adapts:
			return bad(at+".backbones", "%s adapts no language model: it takes no backbones", m.Name)
		}
		labels[v.Label] = true
		if e := checkBackbones(at+".backbones", v.Backbones, bad); e != nil {
			return e
		}
	}
	for _, other := range s.Models[:i] {
		switch {
		case other.Name == m.Name && fmt.Sprint(other) == fmt.Sprint(m):
			return bad(at+".name", "model %s is named twice with the same params", m.Name)
		case other.Name == m.Name && other.Label == m.Label && m.Label != "":
			return bad(at+".label", "two columns of %s are labelled %q", m.Name, m.Label)
		}
	}
	return nil
}

// usableLabel reports whether a suite may give the label: "plain" asks for models without one, and ChosenLabel is the tables' own.
func usableLabel(label string) bool {
	return safeLabel.MatchString(label) && label != "plain" && label != result.ChosenLabel
}

const badLabel = "label %q: up to 40 letters, digits, spaces and signs that name a column, and neither plain nor " + result.ChosenLabel

// safeLabel is what may stand behind a model's name in a table.
var safeLabel = regexp.MustCompile(`^[\pL\pN][-+_.,=/%()\pL\pN ]{0,38}[\pL\pN)%]$`)

// checkBackbones checks the names of backbones; whether their files are there is seen when cells run.
func checkBackbones(at string, names []string, bad mistake) *Error {
	for i, name := range names {
		if err := weights.CheckName(name); err != nil {
			return bad(fmt.Sprintf("%s[%d]", at, i), "%v", err)
		}
		if slices.Index(names, name) < i {
			return bad(fmt.Sprintf("%s[%d]", at, i), "backbone %s is named twice", name)
		}
	}
	return nil
}

// checkTransfer says what is wrong with a transfer: it goes from one public set to another of as many channels.
func (s *Suite) checkTransfer(i int, transfer string) error {
	source, target, ok := strings.Cut(transfer, "->")
	if !ok {
		return fmt.Errorf("transfer %q: want two data sets, such as ETTh1->ETTh2", transfer)
	}
	from, err := data.Find(source)
	if err != nil {
		return err
	}
	to, err := data.Find(target)
	switch {
	case err != nil:
		return err
	case source == target || slices.Index(s.Transfers, transfer) < i:
		return fmt.Errorf("transfer %q: want distinct pairs of distinct data sets", transfer)
	case from.Channels != to.Channels:
		return fmt.Errorf("transfer %q: %s has %d channels and %s %d: they must be as many", transfer, source, from.Channels, target, to.Channels)
	}
	return nil
}

func (s *Suite) validateFile(i int, f File, bad mistake) *Error {
	at := fmt.Sprintf("$.files[%d]", i)
	_, known := data.Find(f.Name)
	switch {
	case !safeName.MatchString(f.Name):
		return bad(at+".name", "name %q: letters, digits, dot, dash and underscore", f.Name)
	case known == nil:
		return bad(at+".name", "%s is the name of a public data set: give your file another", f.Name)
	case slices.ContainsFunc(s.Files[:i], func(o File) bool { return o.Name == f.Name }):
		return bad(at+".name", "file %s is named twice", f.Name)
	case f.Path == "" || filepath.Clean(f.Path) == ".":
		return bad(at+".path", "file %s has no path", f.Name)
	case f.Season < 0:
		return bad(at+".season", "season %d: the number of rows in a season, 24 for hourly data", f.Season)
	case f.Split != nil && !goodSplit(f.Split):
		return bad(at+".split", "split %v: want three shares of train, validation and test above 0 that add up to 1, such as [0.7, 0.1, 0.2]", f.Split)
	}
	return nil
}

func goodSplit(split []float64) bool {
	sum := 0.0
	for _, share := range split {
		if !(share > 0) {
			return false
		}
		sum += share
	}
	return len(split) == 3 && sum > 1-1e-9 && sum < 1+1e-9
}

// validateCases checks that every cell of a model comes out with params that are JSON and, for a trained model, with a
// complete recipe.
func (s *Suite) validateCases(at string, m Model, bad mistake) *Error {
	for i, name := range m.Datasets {
		if !slices.ContainsFunc(s.places(), func(p place) bool { return p.dataset == name }) {
			return bad(fmt.Sprintf("%s.datasets[%d]", at, i), "%s is not among the suite's data sets", name)
		}
	}
	for i, c := range m.Cases {
		for j, name := range c.Datasets {
			if !slices.ContainsFunc(s.places(), func(p place) bool { return p.dataset == name || strings.HasPrefix(p.dataset, name+"->") }) {
				return bad(fmt.Sprintf("%s.cases[%d].datasets[%d]", at, i, j), "%s is not among the suite's data sets", name)
			}
		}
	}
	entry, _ := baselines.Find(m.Name)
	for _, p := range s.places() {
		if !names(m.Datasets, p.dataset) {
			continue
		}
		_, recipe, err := m.at(p.dataset, p.horizon, p.percent)
		switch {
		case err != nil:
			return bad(at+".params", "params of %s: %v", m.Name, err)
		case entry.Deterministic() && recipe != nil:
			return bad(at+".train", "%s is not trained: it takes no train", m.Name)
		case entry.Deterministic():
		case recipe == nil:
			return bad(at+".name", "%s is trained: give it a train block with epochs, batch, lr, schedule, patience and loss", m.Name)
		default:
			if _, err := train.ParseRecipe(recipe); err != nil {
				return bad(at+".train", "train of %s on %s/%d: %v", m.Name, p.dataset, p.horizon, err)
			}
		}
	}
	return nil
}

// datasetNames lists the suite's public sets and own files.
func (s *Suite) datasetNames() []string {
	names := slices.Clone(s.Datasets)
	for _, f := range s.Files {
		names = append(names, f.Name)
	}
	return names
}
