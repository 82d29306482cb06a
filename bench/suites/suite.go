// Package suites holds the grids of the benchmark: YAML files, read strictly, that expand to cells.
package suites

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed *.yaml
var embedded embed.FS

// Suite is one grid: every data set × horizon × percent × model × backbone × seed, and every transfer × horizon × model
// × backbone × seed.
type Suite struct {
	Name       string   `yaml:"name"`       // names the store, results/<name>.jsonl
	About      string   `yaml:"about"`      // what the suite is for
	Protocol   string   `yaml:"protocol"`   // "standard", the default: see train.Protocols
	Lookback   int      `yaml:"lookback"`   // L, rows
	Horizons   []int    `yaml:"horizons"`   // H, rows
	Datasets   []string `yaml:"datasets"`   // names of package data's table
	Files      []File   `yaml:"files"`      // CSV files of the user's own
	Transfers  []string `yaml:"transfers"`  // zero-shot: "ETTh1->ETTh2" trains and validates on the first set and tests on the second
	Percents   []int    `yaml:"percents"`   // share of the training rows, first rows; default 100
	Seeds      []int64  `yaml:"seeds"`      // for models that draw random numbers; default 2021
	Backbones  []string `yaml:"backbones"`  // for models that adapt a language model; default auto, the best that is there
	Models     []Model  `yaml:"models"`     // in the order of the tables' columns
	Beside     []string `yaml:"beside"`     // suites whose models stand in this one's tables too, in the rows that both have
	References []string `yaml:"references"` // published models to print beside ours
}

// File is a CSV of the user's own, under the name it has in tables.
type File struct {
	Name   string    `yaml:"name"`
	Path   string    `yaml:"path"`   // relative to the suite's folder
	Season int       `yaml:"season"` // rows in the main season; default a day's, or as package data says
	Split  []float64 `yaml:"split"`  // shares of train, validation, test; default .7 .1 .2
}

// Model is a column of the grid: a name of the Zoo, its hyper-parameters and, if it is trained, how.
type Model struct {
	Name      string         `yaml:"name"`
	Label     string         `yaml:"label"`    // behind the name in tables, where a suite has a model several times
	Datasets  []string       `yaml:"datasets"` // runs on these alone; default all
	Params    map[string]any `yaml:"params"`
	Backbones []string       `yaml:"backbones"` // instead of the suite's
	Train     map[string]any `yaml:"train"`     // a train.Recipe
	Cases     []Case         `yaml:"cases"`     // what differs on some cells; later cases win over earlier ones
	Variants  []Variant      `yaml:"variants"`  // more columns of the model, trained alike
}

// Variant is a model of its own that differs from the one it stands under in its label and in these.
type Variant struct {
	Label     string         `yaml:"label"`
	Params    map[string]any `yaml:"params"` // changes the model's, key by key
	Backbones []string       `yaml:"backbones"`
}

// spread puts the variants of all models behind them, as models.
func (s *Suite) spread() {
	var all []Model
	for _, m := range s.Models {
		variants := m.Variants
		m.Variants = nil
		all = append(all, m)
		for _, v := range variants {
			other := m
			other.Label, other.Params = v.Label, merged(maps.Clone(m.Params), v.Params)
			if v.Backbones != nil {
				other.Backbones = v.Backbones
			}
			all = append(all, other)
		}
	}
	s.Models = all
}

// Case changes params and recipe, key by key, of the cells that it names, or leaves them out. An empty list names all.
// A data set names the transfers from it too.
type Case struct {
	Datasets []string       `yaml:"datasets"`
	Horizons []int          `yaml:"horizons"`
	Percents []int          `yaml:"percents"`
	Params   map[string]any `yaml:"params"`
	Train    map[string]any `yaml:"train"`
	Skip     bool           `yaml:"skip"` // the model is not run on these cells, whatever later cases say
}

// names says whether the case is about a cell.
func (c Case) names(dataset string, horizon, percent int) bool {
	source, _, _ := strings.Cut(dataset, "->")
	return (names(c.Datasets, dataset) || names(c.Datasets, source)) && names(c.Horizons, horizon) && names(c.Percents, percent)
}

const (
	maxBytes = 64 << 10 // the parser recurses, so this bounds its depth too
	maxCells = 100_000
)

// Names lists the suites that come with the program.
func Names() []string {
	files, _ := embedded.ReadDir(".")
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Load reads the suite of that name or, if the argument looks like a path, that YAML file.
func Load(nameOrFile string) (*Suite, error) {
	if strings.ContainsAny(nameOrFile, `/\`) || path.Ext(nameOrFile) == ".yaml" || path.Ext(nameOrFile) == ".yml" {
		info, err := os.Stat(nameOrFile)
		if err != nil {
			return nil, fmt.Errorf("suite: %w", err)
		}
		if info.Size() > maxBytes {
			return nil, fmt.Errorf("%s: %d bytes is no suite; the limit is %d", nameOrFile, info.Size(), maxBytes)
		}
		src, err := os.ReadFile(nameOrFile)
		if err != nil {
			return nil, fmt.Errorf("suite: %w", err)
		}
		return parseOwn(nameOrFile, src)
	}
	src, err := embedded.ReadFile(nameOrFile + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("unknown suite %q: known are %s; a file of your own is given by its path, such as ./%s.yaml",
			nameOrFile, strings.Join(Names(), ", "), nameOrFile)
	}
	return Parse(nameOrFile+".yaml", src)
}

// parseOwn parses a suite of the user's own. Paths in it are relative to its folder; a name that comes with the program
// is refused, since its records would stand among the program's.
func parseOwn(file string, src []byte) (*Suite, error) {
	s, err := Parse(file, src)
	if err != nil {
		return nil, err
	}
	if ours, err := embedded.ReadFile(s.Name + ".yaml"); err == nil && !bytes.Equal(ours, src) {
		return nil, fmt.Errorf("%s: the name %s is that of a suite that comes with the program: give yours another", file, s.Name)
	}
	for i, f := range s.Files {
		if !filepath.IsAbs(f.Path) {
			s.Files[i].Path = filepath.Join(filepath.Dir(file), f.Path)
		}
	}
	return s, nil
}

// at returns the model's hyper-parameters and recipe on one cell as canonical JSON, nil where there are none.
func (m Model) at(dataset string, horizon, percent int) (params, recipe json.RawMessage, err error) {
	p, r := maps.Clone(m.Params), maps.Clone(m.Train)
	for _, c := range m.Cases {
		if c.names(dataset, horizon, percent) {
			p, r = merged(p, c.Params), merged(r, c.Train)
		}
	}
	if params, err = canonical(p); err != nil {
		return nil, nil, err
	}
	recipe, err = canonical(r)
	return params, recipe, err
}

// skips says whether the model is not run on one cell.
func (m Model) skips(dataset string, horizon, percent int) bool {
	return slices.ContainsFunc(m.Cases, func(c Case) bool { return c.Skip && c.names(dataset, horizon, percent) })
}

func names[T comparable](list []T, v T) bool { return len(list) == 0 || slices.Contains(list, v) }

func merged(to, from map[string]any) map[string]any {
	if to == nil {
		to = map[string]any{}
	}
	maps.Copy(to, from)
	return to
}

// exponent is a number that YAML 1.2 knows and the YAML library takes for text: 1e-3, without a point.
var exponent = regexp.MustCompile(`^[-+]?[0-9]+[eE][-+]?[0-9]+$`)

func canonical(m map[string]any) (json.RawMessage, error) {
	if len(m) == 0 {
		return nil, nil
	}
	m = maps.Clone(m)
	for key, value := range m {
		if text, ok := value.(string); ok && exponent.MatchString(text) {
			if number, err := strconv.ParseFloat(text, 64); err == nil {
				m[key] = number
			}
		}
	}
	return json.Marshal(m)
}
