package main

import (
	"strings"
	"testing"
)

// What a table is about is chosen by --what; what no record has is an error that says so.
func TestTableKinds(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string // in the output, or in the error
	}{
		{[]string{"--suite", "baselines", "--what", "cost"}, exitOK, "s/epoch"},
		{[]string{"--suite", "baselines", "--what", "cost", "--format", "csv"}, exitOK, "baselines,ETTh1,96,full,PatchTST,,1,epochs,"},
		{[]string{"--suite", "baselines", "--what", "errors", "--format", "markdown"}, exitOK, "### suite baselines, setting full"},
		{[]string{"--suite", "ablation", "--what", "parts"}, exitOK, "setting 10%: changes against EnhancedCALF (smollm2)"},
		{[]string{"--suite", "ablation", "--what", "parts", "--format", "csv"}, exitOK, "ablation,10%,EnhancedCALF,EnhancedCALF no direct reading,smollm2,ETTh1,96,MSE,"},
		{[]string{"--suite", "quick", "--what", "alignment"}, exitFailed, "--what alignment: no record has any"},
		{[]string{"--suite", "quick", "--what", "speed"}, exitUsage, `--what "speed": want errors, parts, cost or alignment`},
	} {
		code, out, stderr := ecalf(append([]string{"table", "--results", "../results"}, c.args...)...)
		if code != c.code || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: exit %d, want %d, with %q in\n%s%s", c.args, code, c.code, c.want, out, stderr)
		}
	}
}

// A suite's table and comparison have the models that suites beside it ran, unless --only leaves them out.
func TestModelsOfSuitesBeside(t *testing.T) {
	const note = "run by suite baselines: "
	for _, c := range []struct {
		args    []string
		want    string
		without bool
	}{
		{[]string{"table", "--suite", "long", "--only", "dataset=ETTh1,horizon=96"}, note, false},
		{[]string{"table", "--suite", "long", "--only", "dataset=ETTh1,model=CALF"}, note, true},
		{[]string{"table", "--suite", "long", "--only", "dataset=ETTh1,model=CALF"}, "†", true}, // nor published alone
		{[]string{"table", "--suite", "long", "--only", "dataset=ETTh1,model=CALF,model=PatchTST"}, note + "PatchTST\n", false},
		{[]string{"table", "--suite", "baselines"}, note, true},
		{[]string{"compare", "PatchTST", "CALF", "--suite", "long", "--format", "csv"}, "\n,ETTh1,96,full,,mse,", false},
		{[]string{"report", "--suite", "long", "--only", "dataset=ETTh1", "--output", "-"}, note, false},
	} {
		code, out, stderr := ecalf(append(c.args, "--results", "../results")...)
		if code != exitOK || strings.Contains(out, c.want) == c.without {
			t.Errorf("%v: exit %d, %q in it: want %v\n%s%s", c.args, code, c.want, !c.without, out, stderr)
		}
	}
}
