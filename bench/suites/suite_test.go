package suites

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEmbeddedSuitesLoad(t *testing.T) {
	if len(Names()) < 4 {
		t.Fatalf("suites: %v", Names())
	}
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		if s.Name != name || s.About == "" {
			t.Errorf("%s.yaml has name %q and about %q", name, s.Name, s.About)
		}
		if len(s.Cells()) == 0 {
			t.Errorf("%s has no cell", name)
		}
	}
}

// good is a suite without mistakes; each case below changes one place of it.
const good = `name: mine
lookback: 96
horizons: [96, 192]
datasets: [ETTh1, Synthetic]
files:
  - {name: Own, path: own.csv, season: 7, split: [0.6, 0.2, 0.2]}
percents: [100, 10]
seeds: [1, 2]
models:
  - name: Oracle
  - name: OLS
`

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	if _, err := Parse("mine.yaml", []byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "seeds:", "sedes:", `mine.yaml:8:1: unknown key "sedes"`},
		{"unknown key in a model", "  - name: OLS", "  - name: OLS\n    parms: {}", `mine.yaml:12:5: unknown key "parms"`},
		{"unknown model", "- name: OLS", "- name: Ols", `mine.yaml:11:11: unknown model "Ols": did you mean "OLS"?`},
		{"unknown data set", "[ETTh1, Synthetic]", "[ETTh1, ETTh3]", `mine.yaml:4:19: unknown data set "ETTh3"`},
		{"wrong type", "lookback: 96", "lookback: many", `mine.yaml:2:11: `},
		{"key twice", "lookback: 96", "lookback: 96\nlookback: 97", `mine.yaml:3:1: `},
		{"not YAML", "lookback: 96", "lookback: [96", `mine.yaml:`},
		{"no lookback", "lookback: 96\n", "", `mine.yaml:1:1: lookback 0`},
		{"no model", "models:\n  - name: Oracle\n  - name: OLS\n", "", `mine.yaml:1:1: no model`},
		{"horizon 0", "[96, 192]", "[96, 0]", `mine.yaml:3:16: horizon 0`},
		{"horizon twice", "[96, 192]", "[96, 96]", `mine.yaml:3:16: horizon 96`},
		{"percent 101", "[100, 10]", "[100, 101]", `mine.yaml:7:17: percent 101`},
		{"seed 0", "[1, 2]", "[1, 0]", `mine.yaml:8:12: seed 0`},
		{"unknown protocol", "lookback: 96", "lookback: 96\nprotocol: mine", `mine.yaml:3:11: unknown protocol "mine": known are calf-official, standard`},
		{"name that is a path", "name: mine", "name: ../mine", `mine.yaml:1:7: name "../mine"`},
		{"model twice", "- name: Oracle", "- name: OLS", `mine.yaml:11:11: model OLS is named twice`},
		{"file named as a public set", "name: Own", "name: ETTh2", `mine.yaml:6:12: ETTh2 is the name of a public data set`},
		{"file without path", "path: own.csv, ", "", `mine.yaml:6:5: file Own has no path`},
		{"split beyond 1", "[0.6, 0.2, 0.2]", "[0.6, 0.2, 0.3]", `mine.yaml:6:50: split`},
		{"alias", "[96, 192]", "&h [96, 192]", `mine.yaml:3:11: anchors, aliases and tags`},
		{"tag", "[96, 192]", "!!str 96", `mine.yaml:3:11: anchors, aliases and tags`},
		{"recipe of a solved model", "  - name: OLS", "  - name: OLS\n    train: {epochs: 1}", `mine.yaml:12:12: OLS is not trained`},
		{"trained model without recipe", "- name: OLS", "- name: DLinear", `mine.yaml:11:11: DLinear is trained: give it a train block`},
		{"incomplete recipe", "  - name: OLS", "  - name: DLinear\n    train: {epochs: 1, lr: 1e-3}", `mine.yaml:12:12: train of DLinear on ETTh1/96: epochs, batch and patience`},
		{"unknown backbone", "lookback: 96", "lookback: 96\nbackbones: [auto, gpt3]", `mine.yaml:3:19: unknown backbone "gpt3": known are auto, gpt2`},
		{"backbone twice", "lookback: 96", "lookback: 96\nbackbones: [none, none]", `mine.yaml:3:19: backbone none is named twice`},
		{"no backbone", "lookback: 96", "lookback: 96\nbackbones: []", `mine.yaml:3:12: no backbone`},
		{"backbones of a model without", "- name: OLS", "- name: OLS\n    backbones: [none]", `mine.yaml:12:16: OLS adapts no language model`},
		{"unknown backbone of a model", "- name: OLS", "- name: CALF\n    backbones: [x]", `mine.yaml:12:17: unknown backbone "x"`},
		{"transfer to nowhere", "lookback: 96", "lookback: 96\ntransfers: [ETTh1]", `mine.yaml:3:13: transfer "ETTh1": want two data sets`},
		{"transfer to an unknown set", "lookback: 96", "lookback: 96\ntransfers: [ETTh1->ETTh2, ETTh1->ETTh3]", `mine.yaml:3:27: unknown data set "ETTh3"`},
		{"transfer to itself", "lookback: 96", "lookback: 96\ntransfers: [ETTh1->ETTh1]", `mine.yaml:3:13: transfer "ETTh1->ETTh1": want distinct`},
		{"transfer to other channels", "lookback: 96", "lookback: 96\ntransfers: [ETTh1->Weather]", `mine.yaml:3:13: transfer "ETTh1->Weather": ETTh1 has 7 channels and Weather 21: they must be as many`},
		{"beside itself", "lookback: 96", "lookback: 96\nbeside: [other, mine]", `mine.yaml:3:17: beside "mine": want distinct names of other suites`},
		{"beside a path", "lookback: 96", "lookback: 96\nbeside: [../x]", `mine.yaml:3:10: beside "../x"`},
		{"label that is none", "- name: OLS", "- name: OLS\n    label: \"a|b\"", `mine.yaml:12:12: label "a|b"`},
		{"label of the tables", "- name: OLS", "- name: OLS\n    label: chosen", `mine.yaml:12:12: label "chosen"`},
		{"variant that is the plain model", "  - name: OLS", "  - name: OLS\n    variants: [{label: plain}]", `mine.yaml:12:24: label "plain"`},
		{"label twice", "  - name: OLS", "  - {name: OLS, label: in}\n  - {name: OLS, label: in, params: {ridge: 1}}", `mine.yaml:12:24: two columns of OLS are labelled "in"`},
		{"variant twice", "  - name: OLS", "  - name: OLS\n    variants: [{label: in}, {label: in}]", `mine.yaml:12:37: two columns of OLS are labelled "in"`},
		{"variant without a label", "  - name: OLS", "  - name: OLS\n    variants: [{params: {ridge: 1}}]", `mine.yaml:12:16: label ""`},
		{"model on a set that is not here", "- name: OLS", "- name: OLS\n    datasets: [ETTh2]", `mine.yaml:12:16: ETTh2 is not among the suite's data sets`},
		{"case of a set that is not here", "- name: OLS", "- name: OLS\n    cases: [{datasets: [ETTh2]}]", `mine.yaml:12:25: ETTh2 is not among the suite's data sets`},
		{"empty", good, "", `mine.yaml:1:1: the file is empty`},
		{"a list", good, "- 1", `mine.yaml:1:1: `},
		{"two documents", "name: mine", "name: mine\n---\nname: mine", `mine.yaml:1:1: want one YAML document`},
		{"too many cells", "[100, 10]\nseeds: [1, 2]", "[" + upTo(100) + "]\nseeds: [" + upTo(1000) + "]", `mine.yaml:10:3: more than 100000 cells`},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := strings.Replace(good, c.old, c.new, 1)
			if src == good {
				t.Fatalf("%q is not in the suite", c.old)
			}
			_, err := Parse("mine.yaml", []byte(src))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s…", err, c.want)
			}
		})
	}
}

// upTo lists the numbers 1 … n.
func upTo(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d,", i+1)
	}
	return strings.TrimSuffix(b.String(), ",")
}

func TestLoadFromFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(path, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := Load(path)
	if err != nil || s.Name != "mine" {
		t.Fatalf("%v, %v", s, err)
	}
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxBytes+1), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ arg, want string }{
		{"nosuch", `unknown suite "nosuch": known are `},
		{filepath.Join(dir, "nosuch.yaml"), "no such file"},
		{big, "the limit is 65536"},
	} {
		if _, err := Load(c.arg); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Load(%q): %v, want %q", c.arg, err, c.want)
		}
	}
}

// Whatever the bytes, Parse answers with a suite or an error, and a suite it accepts has cells with distinct identities.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	for _, name := range Names() {
		src, err := embedded.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("name: x\nmodels: {name: [}"))
	f.Fuzz(func(t *testing.T, src []byte) {
		s, err := Parse("fuzz.yaml", src)
		if err != nil {
			return
		}
		cells := s.Cells()
		if len(cells) > 1000 {
			cells = cells[:1000]
		}
		seen := map[string]bool{}
		for _, c := range cells {
			if id := c.ID(); seen[id] {
				t.Fatalf("two cells with identity %s in %q", id, src)
			} else {
				seen[id] = true
			}
		}
	})
}

// Variants become columns of their own, with the model's recipe and cases, and params changed key by key.
func TestVariants(t *testing.T) {
	s, err := Parse("mine.yaml", []byte(`name: mine
lookback: 96
datasets: [ETTh1]
horizons: [96]
models:
  - name: CALF
    params: {lora: true, dropout: 0.2}
    train: {epochs: 1, batch: 8, lr: 0.001, schedule: constant, patience: 1, loss: l1}
    variants:
      - {label: no LoRA, params: {lora: false}, backbones: [none]}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range s.Cells() {
		got = append(got, strings.Join([]string{c.Model, c.Variant, c.Backbone, string(c.Params), string(c.Recipe)}, " | "))
	}
	const recipe = `{"batch":8,"epochs":1,"loss":"l1","lr":0.001,"patience":1,"schedule":"constant"}`
	want := []string{
		`CALF |  | auto | {"dropout":0.2,"lora":true} | ` + recipe,
		`CALF | no LoRA | none | {"dropout":0.2,"lora":false} | ` + recipe,
	}
	if !slices.Equal(got, want) {
		t.Errorf("cells\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
