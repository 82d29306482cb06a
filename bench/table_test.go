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
		{[]string{"--suite", "quick", "--what", "alignment"}, exitFailed, "--what alignment: no record has any"},
		{[]string{"--suite", "quick", "--what", "speed"}, exitUsage, `--what "speed": want errors, cost or alignment`},
	} {
		code, out, stderr := ecalf(append([]string{"table", "--results", "../results"}, c.args...)...)
		if code != c.code || !strings.Contains(out+stderr, c.want) {
			t.Errorf("%v: exit %d, want %d, with %q in\n%s%s", c.args, code, c.code, c.want, out, stderr)
		}
	}
}
