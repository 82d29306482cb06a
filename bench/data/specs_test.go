// This file tests the table of sets, splits and the search for files.

package data

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSpecs(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Specs {
		if seen[s.Name] {
			t.Errorf("%s stands twice in Specs", s.Name)
		}
		seen[s.Name] = true
		train, val, test := s.Split.Rows(s.Rows)
		if sum := train + val + test; sum > s.Rows || train <= 0 || val <= 0 || test <= 0 {
			t.Errorf("%s: split %d/%d/%d of %d rows", s.Name, train, val, test, s.Rows)
		}
		if s.File == "" {
			continue
		}
		if len(s.SHA256) != 64 || s.Bytes == 0 {
			t.Errorf("%s: no hash or size to verify a download with", s.Name)
		}
		for _, source := range s.Sources {
			if !strings.HasPrefix(source, "https://") || !strings.HasSuffix(source, filepath.Base(s.File)) {
				t.Errorf("%s: odd source %s", s.Name, source)
			}
		}
	}
}

func TestSplitRows(t *testing.T) {
	tests := []struct {
		set              string
		train, val, test int
	}{
		// ETT: 12, 4 and 4 months of 30 days, as in Informer (Zhou et al., 2021, section 5.1).
		{"ETTh1", 8640, 2880, 2880},
		{"ETTm2", 34560, 11520, 11520},
		// The rest: int(0.7n), n - train - test, int(0.2n), worked out in Python.
		{"Weather", 36887, 5270, 10539},
		{"Electricity", 18412, 2632, 5260},
		{"Traffic", 12280, 1756, 3508},
		{"Synthetic", 10080, 1440, 2880},
	}
	for _, test := range tests {
		s, err := Find(test.set)
		if err != nil {
			t.Fatal(err)
		}
		train, val, last := s.Split.Rows(s.Rows)
		if train != test.train || val != test.val || last != test.test {
			t.Errorf("%s: split %d/%d/%d, want %d/%d/%d", test.set, train, val, last, test.train, test.val, test.test)
		}
	}
}

func TestFindUnknown(t *testing.T) {
	const known = " (known: ETTh1 ETTh2 ETTm1 ETTm2 Weather Electricity Traffic Synthetic)"
	tests := []struct{ name, want string }{
		{"etth1", `unknown data set "etth1": did you mean ETTh1?` + known},
		{"Wether", `unknown data set "Wether": did you mean Weather?` + known},
		{"Exchange", `unknown data set "Exchange"` + known},
		{"", `unknown data set ""` + known},
	}
	for _, test := range tests {
		if _, err := Find(test.name); err == nil || err.Error() != test.want {
			t.Errorf("Find(%q): %v, want %s", test.name, err, test.want)
		}
	}
}

func TestDirs(t *testing.T) {
	const list = string(os.PathListSeparator)
	tests := []struct {
		flag, env string
		want      []string
	}{
		{"", "", []string{"data"}},
		{"", "sets", []string{"sets", "data"}},
		{"", "sets" + list + "data" + list + "more", []string{"sets", "data", "more"}},
		{"mine", "sets", []string{"mine"}},
		{"mine" + list + "yours", "sets", []string{"mine", "yours"}},
	}
	for _, test := range tests {
		t.Setenv("ECALF_DATA", test.env)
		if got := Dirs(test.flag); !reflect.DeepEqual(got, test.want) {
			t.Errorf("Dirs(%q) with ECALF_DATA=%q: %q, want %q", test.flag, test.env, got, test.want)
		}
	}
}

func TestLocate(t *testing.T) {
	empty, full := t.TempDir(), t.TempDir()
	want := filepath.Join(full, "weather", "weather.csv")
	if err := os.MkdirAll(filepath.Dir(want), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(want, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	weather, _ := Find("Weather")
	if path, err := weather.Locate([]string{empty, full}); path != want || err != nil {
		t.Errorf("Locate: %q, %v; want %q", path, err, want)
	}

	_, err := weather.Locate([]string{empty, "elsewhere"})
	var missing *NotFoundError
	if !errors.As(err, &missing) || missing.Spec.Name != "Weather" {
		t.Fatalf("Locate of a missing file: %v, want a NotFoundError", err)
	}
	if want := `Weather: no weather/weather.csv in ` + empty + `, elsewhere; get it with "ecalf data fetch Weather", or name a directory that has it with --data or ECALF_DATA`; err.Error() != want {
		t.Errorf("Locate:\n got %v\nwant %s", err, want)
	}

	synthetic, _ := Find("Synthetic")
	if path, err := synthetic.Locate(nil); path != "" || err != nil {
		t.Errorf("Locate of a generated set: %q, %v", path, err)
	}
}
