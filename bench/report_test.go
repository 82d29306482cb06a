package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The report of the committed records has a section per store, and is XML that browsers read as HTML.
func TestReportOfCommittedResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	code, stdout, stderr := ecalf("report", "--results", "../results", "--output", path)
	if code != exitOK || stdout != "" || !strings.HasPrefix(stderr, path) {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	stores, _ := filepath.Glob("../results/*.jsonl")
	if sections := strings.Count(string(page), "<section "); sections != len(stores) || sections == 0 {
		t.Errorf("%d sections of %d stores", sections, len(stores))
	}
	for d := xml.NewDecoder(strings.NewReader(string(page))); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if _, only, _ := ecalf("report", "--results", "../results", "--suite", "long", "--only", "dataset=ETTh1", "--output", "-"); strings.Contains(only, "ETTh2") || !strings.Contains(only, "ETTh1") {
		t.Error("--suite long --only dataset=ETTh1 shows something else")
	}
}

func TestReportOfNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--results", t.TempDir()}, exitFailed, "`ecalf run` makes some"},
		{[]string{"--results", "../results", "--suite", "nosuch"}, exitUsage, "nosuch"},
		{[]string{"--results", "../results", "--only", "dataset=nosuch"}, exitUsage, "nosuch"},
		{[]string{"--results", "../results", "--output", filepath.Join(path, "in", "no", "folder")}, exitFailed, "no"},
	} {
		code, _, stderr := ecalf(append([]string{"report", "--output", path}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.says) {
			t.Errorf("%q: exit %d, want %d; %s", c.args, code, c.code, stderr)
		}
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%q: a file is left", c.args)
		}
	}
}
