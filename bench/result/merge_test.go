// Tests of merging: what is kept, what is reported, and that nothing is lost on the way.

package result

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// at gives a record the time it finished, in minutes of some day, and its metric.
func at(minute int, r Record) Record {
	r.Finished = time.Date(2025, 1, 2, 3, minute, 0, 0, time.UTC)
	return r
}

func withMSE(v float64, r Record) Record {
	r.MSE = &v
	return r
}

// writeLines writes records as a store, without Append's rules.
func writeLines(t interface{ Fatal(...any) }, path string, rs ...Record) {
	var b []byte
	for _, r := range rs {
		l, err := encodeLine(r.settled())
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, l...)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestMergeKeeps(t *testing.T) {
	for _, c := range []struct {
		name   string
		inputs [][]Record
		want   []Record // in the merged store, in order
		sum    Summary  // without Conflicts
		clash  string   // part of the one conflict
	}{
		{"shards", [][]Record{{aRecord(3), aRecord(1)}, {aRecord(2)}}, []Record{aRecord(1), aRecord(2), aRecord(3)}, Summary{Records: 3}, ""},
		{"the same twice", [][]Record{{aRecord(1)}, {aRecord(1)}}, []Record{aRecord(1)}, Summary{Records: 1, Duplicates: 1}, ""},
		{"the same metrics, at another time", [][]Record{{at(2, aRecord(1))}, {at(1, aRecord(1))}}, []Record{at(1, aRecord(1))}, Summary{Records: 1, Duplicates: 1}, ""},
		{"other metrics", [][]Record{{at(2, aRecord(1))}, {at(1, withMSE(9, aRecord(1)))}}, []Record{at(1, withMSE(9, aRecord(1)))}, Summary{Records: 1},
			"long ETTh1/96 full OLS seed 1: kept mse 9 mae 1.25 of 2025-01-02 03:01:00 (%[2]s:1), dropped mse 1.5 mae 1.25 of 2025-01-02 03:02:00 (%[1]s:1)"},
		{"ok beats a later failure", [][]Record{{at(1, aRecord(1))}, {at(2, failedRecord(1, "x"))}}, []Record{at(1, aRecord(1))}, Summary{Records: 1, Superseded: 1}, ""},
		{"ok beats an earlier failure", [][]Record{{at(1, failedRecord(1, "x"))}, {at(2, aRecord(1))}}, []Record{at(2, aRecord(1))}, Summary{Records: 1, Superseded: 1}, ""},
		{"the later failure", [][]Record{{at(2, failedRecord(1, "late"))}, {at(1, failedRecord(1, "early"))}}, []Record{at(2, failedRecord(1, "late"))}, Summary{Records: 1, Superseded: 1}, ""},
		{"retried in one store", [][]Record{{at(1, failedRecord(1, "x")), at(2, aRecord(1))}}, []Record{at(2, aRecord(1))}, Summary{Records: 1, Superseded: 1}, ""},
		{"an empty store", [][]Record{{}, {aRecord(1)}}, []Record{aRecord(1)}, Summary{Records: 1}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			out := filepath.Join(dir, "new folder", "out.jsonl")
			var in []string
			var names []any
			for i, rs := range c.inputs {
				in = append(in, filepath.Join(dir, fmt.Sprintf("in%d.jsonl", i)))
				names = append(names, in[i])
				writeLines(t, in[i], rs...)
			}
			sum, err := Merge(out, in, false)
			if err != nil {
				t.Fatal(err)
			}
			conflicts := sum.Conflicts
			if sum.Conflicts = nil; fmt.Sprint(sum) != fmt.Sprint(c.sum) {
				t.Errorf("summary %+v, want %+v", sum, c.sum)
			}
			if c.clash == "" && conflicts != nil || c.clash != "" && (len(conflicts) != 1 || conflicts[0] != fmt.Sprintf(c.clash, names...)) {
				t.Errorf("conflicts %q, want %q", conflicts, c.clash)
			}
			var want []Record
			for _, r := range c.want {
				want = append(want, r.settled())
			}
			if got := mustRead(t, out); !bytes.Equal(encode(got), encode(want)) {
				t.Errorf("merged\n got %s\nwant %s", encode(got), encode(want))
			}
			before, _ := os.ReadFile(out)
			if _, err := Merge(out, in, false); err != nil {
				t.Fatal(err)
			}
			if after, _ := os.ReadFile(out); !bytes.Equal(before, after) {
				t.Error("merging again changed the store")
			}
		})
	}
}

// However records are dealt to stores and the stores ordered, the merged file is the same.
func TestMergeIgnoresOrder(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		var rs []Record
		for range rapid.IntRange(0, 12).Draw(t, "records") {
			seed := rapid.Int64Range(1, 3).Draw(t, "seed")
			r := failedRecord(seed, "x")
			if rapid.Bool().Draw(t, "ok") {
				r = withMSE(float64(rapid.IntRange(1, 2).Draw(t, "mse")), aRecord(seed))
			}
			rs = append(rs, at(rapid.IntRange(0, 3).Draw(t, "minute"), r))
		}
		merge := func() string {
			deal := map[bool][]Record{}
			for _, r := range rapid.Permutation(rs).Draw(t, "order") {
				first := rapid.Bool().Draw(t, "first")
				deal[first] = append(deal[first], r)
			}
			out, a, b := filepath.Join(dir, "out"), filepath.Join(dir, "a"), filepath.Join(dir, "b")
			writeLines(t, a, deal[true]...)
			writeLines(t, b, deal[false]...)
			os.Remove(out)
			sum, err := Merge(out, []string{a, b}, false)
			if err != nil {
				t.Fatal(err)
			}
			if dropped := sum.Duplicates + sum.Superseded + len(sum.Conflicts); sum.Records+dropped != len(rs) {
				t.Fatalf("%d records in, %d out, %d accounted for", len(rs), sum.Records, dropped)
			}
			got, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			return string(got)
		}
		if one, other := merge(), merge(); one != other {
			t.Fatalf("merged in one order:\n%s\nin another:\n%s", one, other)
		}
	})
}

func TestMergeWithDamage(t *testing.T) {
	_, whole := smallStore(t, 3)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	flipped := bytes.Replace(lines[1], []byte(`"mse":2.5`), []byte(`"mse":2.4`), 1)
	huge := append(bytes.Repeat([]byte("x"), 2*maxLine), '\n')
	for _, c := range []struct {
		name    string
		in      [][]byte
		salvage bool
		err     string
		records int
		damaged [][]byte // in out.damaged
	}{
		{"refused", [][]byte{lines[0], flipped, lines[2]}, false, "in.jsonl:2:36: damaged result store: the record's checksum", 0, nil},
		{"salvaged", [][]byte{lines[0], flipped, []byte("<<<<<<< HEAD\n"), lines[2]}, true, "", 2, [][]byte{flipped, []byte("<<<<<<< HEAD\n")}},
		{"salvaged, a line beyond the limit", [][]byte{lines[0], huge, lines[2]}, true, "", 2, [][]byte{huge}},
		{"salvaged, nothing good", [][]byte{[]byte("\x00\x01\n")}, true, "", 0, [][]byte{[]byte("\x00\x01\n")}},
		{"an unfinished line needs no salvage", [][]byte{lines[0], lines[1][:40]}, false, "", 1, [][]byte{lines[1][:40], []byte("\n")}},
		{"only the last newline missing", [][]byte{lines[0], lines[1][:len(lines[1])-1]}, false, "", 2, nil},
	} {
		for _, inPlace := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, in place %v", c.name, inPlace), func(t *testing.T) {
				dir := t.TempDir()
				in := filepath.Join(dir, "in.jsonl")
				out := filepath.Join(dir, "out.jsonl")
				if inPlace {
					out = in
				}
				bad := bytes.Join(c.in, nil)
				if err := os.WriteFile(in, bad, 0o644); err != nil {
					t.Fatal(err)
				}
				sum, err := Merge(out, []string{in}, c.salvage)
				if c.err != "" {
					var d *DamageError
					if !errors.As(err, &d) || !strings.Contains(err.Error(), c.err) {
						t.Fatalf("error %v, want a *DamageError with %q", err, c.err)
					}
					if got, err := os.ReadFile(out); inPlace && !bytes.Equal(got, bad) || !inPlace && !errors.Is(err, fs.ErrNotExist) {
						t.Errorf("the refused merge left %d bytes, %v", len(got), err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if got := mustRead(t, out); len(got) != c.records || sum.Records != c.records {
					t.Errorf("%d records, summary says %d, want %d", len(got), sum.Records, c.records)
				}
				damaged, _ := os.ReadFile(out + ".damaged")
				if !bytes.Equal(damaged, bytes.Join(c.damaged, nil)) || (len(sum.Damaged) > 0) != (c.damaged != nil) {
					t.Errorf("damaged lines %.80q, summary %q", damaged, sum.Damaged)
				}
			})
		}
	}
}

func TestMergeIntoAnExistingStoreLosesNothing(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in.jsonl"), filepath.Join(dir, "out.jsonl")
	writeLines(t, in, aRecord(1))
	writeLines(t, out, aRecord(2)) // not named among the inputs
	if _, err := Merge(out, []string{in}, false); err != nil {
		t.Fatal(err)
	}
	if got := mustRead(t, out); len(got) != 2 {
		t.Errorf("%d records, want 2", len(got))
	}
	if _, err := Merge(out, []string{filepath.Join(dir, "missing.jsonl")}, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing input: %v", err)
	}
	if got := mustRead(t, out); len(got) != 2 {
		t.Errorf("after a failed merge: %d records, want 2", len(got))
	}
}

// A merge in place replaces the file under the feet of a run that appends to it.
func TestMergeWhileARunAppends(t *testing.T) {
	path := storePath(t)
	run := mustOpen(t, path)
	const cells = 60
	var wg sync.WaitGroup
	wg.Go(func() {
		for seed := range int64(cells) {
			if err := run.Append(aRecord(seed + 1)); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		if _, err := Merge(path, []string{path}, false); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
	if got := mustRead(t, path); len(got) != cells {
		t.Errorf("%d records, want %d", len(got), cells)
	}
}

func TestMergeIntoAReadOnlyFolder(t *testing.T) {
	in, _ := smallStore(t, 1)
	dir := t.TempDir()
	for d, mode := range map[string]os.FileMode{dir: 0o555, filepath.Dir(dir): 0o755, filepath.Dir(in): 0o755, filepath.Dir(filepath.Dir(in)): 0o755} {
		if err := os.Chmod(d, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	asAnyone(func() {
		if _, err := Merge(filepath.Join(dir, "out.jsonl"), []string{in}, false); err == nil || !strings.Contains(err.Error(), "is read-only") {
			t.Errorf("error %v does not say that the folder is read-only", err)
		}
	})
}
