package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers lists, for every package of the module, which of our packages it may import. Imports go one way:
// bench → baselines → model → model/nn → model/tensor → kernels; cuda → kernels; only bench imports cuda.
var layers = map[string][]string{
	"ecalf/kernels/internal/memory": {},
	"ecalf/kernels":                 {"ecalf/kernels/internal/memory"},
	"ecalf/kernels/kerneltest":      {"ecalf/kernels"},
	"ecalf/cuda":                    {"ecalf/kernels"},
	"ecalf/model/tensor":            {"ecalf/kernels"},
	"ecalf/model/nn":                {"ecalf/model/tensor", "ecalf/kernels"},
	"ecalf/model/weights":           {"ecalf/model/nn", "ecalf/kernels"},
	"ecalf/model/modeltest":         {"ecalf/model/weights", "ecalf/model/nn"},
	"ecalf/model/llm":               {"ecalf/model/weights", "ecalf/model/nn", "ecalf/model/tensor", "ecalf/kernels"},
	"ecalf/model":                   {"ecalf/model/llm", "ecalf/model/weights", "ecalf/model/nn", "ecalf/model/tensor", "ecalf/kernels"},
	"ecalf/baselines":               {"ecalf/model", "ecalf/model/llm", "ecalf/model/weights", "ecalf/model/nn", "ecalf/model/tensor", "ecalf/kernels"},
	"ecalf/bench/data":              {},
	"ecalf/bench/result":            {},
	"ecalf/bench/figure":            {},
	"ecalf/bench/report":            {"ecalf/bench/figure", "ecalf/bench/result"},
	"ecalf/bench/train": {"ecalf/bench/data", "ecalf/bench/result",
		"ecalf/baselines", "ecalf/model", "ecalf/model/weights", "ecalf/model/nn", "ecalf/model/tensor", "ecalf/kernels"},
	"ecalf/bench/suites": {"ecalf/bench/data", "ecalf/bench/result", "ecalf/bench/train", "ecalf/baselines", "ecalf/model/weights"},
	"ecalf/bench/forecast": {"ecalf/bench/figure", "ecalf/bench/data", "ecalf/bench/result", "ecalf/bench/train",
		"ecalf/baselines", "ecalf/model", "ecalf/model/weights", "ecalf/model/nn", "ecalf/kernels"},
	"ecalf/bench": {"ecalf/bench/forecast", "ecalf/bench/report", "ecalf/bench/data", "ecalf/bench/result", "ecalf/bench/suites", "ecalf/bench/train",
		"ecalf/baselines", "ecalf/model", "ecalf/model/weights", "ecalf/model/nn", "ecalf/model/tensor", "ecalf/kernels", "ecalf/kernels/kerneltest", "ecalf/cuda"},
}

func TestImportsGoOneWay(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}: {{join .Imports \" \"}}", "ecalf/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), ": ")
		allowed, ok := layers[pkg]
		if !ok {
			t.Errorf("package %s has no place in the layers", pkg)
		}
		for _, imp := range strings.Fields(imports) {
			if strings.HasPrefix(imp, "ecalf/") && !slices.Contains(allowed, imp) {
				t.Errorf("%s imports %s, which its layer may not", pkg, imp)
			}
		}
	}
}
