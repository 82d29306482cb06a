// Tests of the store: what it keeps, what it refuses, how it mends a torn end and names damage.

package result

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func storePath(t testing.TB) string { return filepath.Join(t.TempDir(), "long.jsonl") }

func mustOpen(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustAppend(t testing.TB, s *Store, rs ...Record) {
	t.Helper()
	for _, r := range rs {
		if err := s.Append(r); err != nil {
			t.Fatal(err)
		}
	}
}

func mustRead(t testing.TB, path string) []Record {
	t.Helper()
	recs, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return recs
}

func failedRecord(seed int64, reason string) Record {
	return Record{Cell: aCell(seed), Status: Failed, Reason: reason}
}

// smallStore writes a store of n records and returns its path and bytes.
func smallStore(t testing.TB, n int64) (string, []byte) {
	t.Helper()
	path := storePath(t)
	s := mustOpen(t, path)
	for seed := range n {
		mustAppend(t, s, aRecord(seed+1))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, b
}

func TestStoreKeepsWhatItIsGiven(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "long.jsonl")
	s := mustOpen(t, path)
	full := aRecord(1)
	full.Cell.Params = []byte(`{"ridge": 1e-1}`)
	full.Fitted = map[string]float64{"ridge": 0.1}
	full.Epochs = []Epoch{{Epoch: 1, Train: 0.5, Val: 0.6, Seconds: 2.5, Commit: "0123abc", Watched: map[string]float64{"output": 0.25}}}
	full.Env = Environment{CPU: "a <b> & c", Cores: 2, DataVerified: true}
	full.Cost = Cost{WallSeconds: new(1.5), Missing: map[string]string{"joules": "no RAPL here"}}
	mustAppend(t, s, full, failedRecord(2, "line 1\nline 2"))
	want := []Record{full.settled(), failedRecord(2, "line 1\nline 2").settled()}
	for name, got := range map[string][]Record{"Records": s.Records(), "Read": mustRead(t, path), "Open": mustOpen(t, path).Records()} {
		if g, w := encode(got), encode(want); !bytes.Equal(g, w) {
			t.Errorf("%s:\n got %s\nwant %s", name, g, w)
		}
	}
}

func TestAppendKeepsOneRecordPerCell(t *testing.T) {
	path := storePath(t)
	a, b := mustOpen(t, path), mustOpen(t, path) // two runs that share a store
	id := aCell(1).ID()

	mustAppend(t, a, failedRecord(1, "first"))
	if a.Has(id) {
		t.Error("a failed cell counts as done")
	}
	mustAppend(t, b, failedRecord(1, "second")) // b has not been told of a's
	if got := b.Records(); len(got) != 1 || got[0].Reason != "second" {
		t.Errorf("after a second failure: %s", encode(got))
	}
	inapplicable := Record{Cell: aCell(1), Status: Inapplicable, Reason: "no full window"}
	mustAppend(t, a, inapplicable)
	if !a.Has(id) {
		t.Error("an inapplicable cell does not count as done")
	}
	mustAppend(t, a, aRecord(1))
	if b.Has(id) && b.Records()[0].Status == OK {
		t.Error("b knows a's record before it refreshed")
	}
	if err := b.Append(aRecord(1)); !errors.Is(err, ErrExists) {
		t.Errorf("a second ok record: %v, want ErrExists", err)
	}
	if err := b.Append(failedRecord(1, "late")); !errors.Is(err, ErrExists) {
		t.Errorf("a failure after success: %v, want ErrExists", err)
	}
	mustAppend(t, b, aRecord(2))
	if err := a.Refresh(); err != nil || !a.Has(aCell(2).ID()) {
		t.Errorf("refresh: %v; has the other's record: %v", err, a.Has(aCell(2).ID()))
	}
	if got := mustRead(t, path); len(got) != 2 || got[0].Status != OK {
		t.Errorf("in the end: %s", encode(got))
	}
}

func TestAppendFollowsAReplacedFile(t *testing.T) {
	path, _ := smallStore(t, 2)
	s := mustOpen(t, path)
	other, _ := smallStore(t, 1) // a merge renames another file over the store
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, s, aRecord(9))
	if got := mustRead(t, path); len(got) != 2 || got[1].Cell.Seed != 9 {
		t.Errorf("the new file holds %s", encode(got))
	}
	if got := s.Records(); len(got) != 2 {
		t.Errorf("the store believes in %d records, want 2", len(got))
	}
}

func TestOpenMendsATornEnd(t *testing.T) {
	_, whole := smallStore(t, 3)
	last := bytes.LastIndexByte(whole[:len(whole)-1], '\n') + 1
	for cut := last + 1; cut < len(whole); cut++ { // every place the last line can be cut at
		path := storePath(t)
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		lacksNewlineOnly := cut == len(whole)-1
		before := mustRead(t, path)
		s := mustOpen(t, path)
		want, word := whole[:last], "cut off an unfinished last line"
		if lacksNewlineOnly {
			want, word = whole, "completed the last record"
		}
		if got, _ := os.ReadFile(path); !bytes.Equal(got, want) {
			t.Fatalf("cut at %d: %d bytes left, want %d", cut, len(got), len(want))
		}
		if !strings.Contains(s.Repaired, word) || !strings.Contains(s.Repaired, path+":3:") {
			t.Fatalf("cut at %d: Repaired is %q", cut, s.Repaired)
		}
		if len(before) != len(s.Records()) {
			t.Fatalf("cut at %d: Read saw %d records, Open %d", cut, len(before), len(s.Records()))
		}
		aside, err := os.ReadFile(path + ".torn-1")
		if lacksNewlineOnly != os.IsNotExist(err) || !lacksNewlineOnly && !bytes.Equal(aside, whole[last:cut]) {
			t.Fatalf("cut at %d: put aside %q, %v", cut, aside, err)
		}
		mustAppend(t, s, aRecord(4))
		if again := mustOpen(t, path); again.Repaired != "" || len(again.Records()) != len(before)+1 {
			t.Fatalf("cut at %d: after appending: repaired %q, %d records", cut, again.Repaired, len(again.Records()))
		}
	}
}

func TestTornEndsAreAllKept(t *testing.T) {
	path, whole := smallStore(t, 1)
	for n := 1; n <= 3; n++ {
		torn := fmt.Appendf(nil, `{"sum":"%d`, n)
		if err := os.WriteFile(path, append(whole[:len(whole):len(whole)], torn...), 0o644); err != nil {
			t.Fatal(err)
		}
		mustOpen(t, path)
		if got, err := os.ReadFile(fmt.Sprintf("%s.torn-%d", path, n)); !bytes.Equal(got, torn) {
			t.Errorf("torn-%d holds %q, %v", n, got, err)
		}
	}
}

func TestAppendMendsWhatAKilledProcessLeft(t *testing.T) {
	path, _ := smallStore(t, 1)
	s := mustOpen(t, path)
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"sum":"01`)
	f.Close()
	if err := s.Refresh(); err != nil { // not ours to judge without the lock
		t.Errorf("refresh on another's unfinished line: %v", err)
	}
	mustAppend(t, s, aRecord(2))
	if s.Repaired == "" || len(mustRead(t, path)) != 2 {
		t.Errorf("repaired %q, %d records", s.Repaired, len(mustRead(t, path)))
	}
}

func TestDamageIsNamed(t *testing.T) {
	_, whole := smallStore(t, 3)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	rec := func(r Record, from, to string) string { // a line with a right checksum whose record was changed
		b := bytes.Replace(encode(r.settled()), []byte(from), []byte(to), 1)
		return lineHead + sum(b) + lineMid + string(b) + lineTail + "\n"
	}
	body := recordAt + 1
	for _, c := range []struct {
		name   string
		second string // in the place of line 2
		column int
		msg    string
	}{
		{"foreign line", "<<<<<<< HEAD\n", 1, "not a line of a result store"},
		{"empty line", "\n", 1, "not a line of a result store"},
		{"only the head", "{\"sum\":\"0123\n", 9, "checksum's field"},
		{"windows line end", strings.TrimSuffix(string(lines[1]), "\n") + "\r\n", len(lines[1]), "line's end"},
		{"flipped bit", strings.Replace(string(lines[1]), `"mse":2.5`, `"mse":2.4`, 1), body, "checksum is"},
		{"a later version's field", rec(aRecord(2), `"cell":{`, `"cell":{"colour":1,`), body, "unknown field"},
		{"trailing value", rec(aRecord(2), `"cost":{}}`, `"cost":{}}{}`), 0, "more than one record"},
		{"another cell's id", rec(aRecord(2), aCell(2).ID(), aCell(3).ID()), body, "is not the id"},
		{"no metric", rec(aRecord(2), `"mse":2.5,`, ``), body, "needs an mse"},
		{"a second ok record", rec(aRecord(1), `"mse":1.5`, `"mse":1.25`), body, "a second ok record"},
		{"too long", strings.Repeat("x", maxLine) + "\n", maxLine, "1048577 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := storePath(t)
			bad := append(append(append([]byte{}, lines[0]...), c.second...), lines[2]...)
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			_, openErr := Open(path)
			_, readErr := Read(path)
			for _, err := range []error{openErr, readErr} {
				var d *DamageError
				if !errors.As(err, &d) {
					t.Fatalf("error %v, want a *DamageError", err)
				}
				if d.File != path || d.Line != 2 || c.column != 0 && d.Column != c.column || !strings.Contains(d.Msg, c.msg) {
					t.Errorf("got %s:%d:%d %q, want line 2, column %d, %q", d.File, d.Line, d.Column, d.Msg, c.column, c.msg)
				}
				if !strings.Contains(err.Error(), "ecalf merge --salvage OUT "+path) {
					t.Errorf("%q does not say what to do", err)
				}
			}
			if got, _ := os.ReadFile(path); !bytes.Equal(got, bad) {
				t.Error("Open changed a damaged store")
			}
		})
	}
}

// Whatever byte of a store goes bad, no reading of it may panic or show another metric under a cell's name.
func TestEveryFlippedByteIsSeen(t *testing.T) {
	path, whole := smallStore(t, 2)
	want := map[string]string{}
	for _, r := range mustRead(t, path) {
		want[r.ID] = string(encode(r))
	}
	for i := range whole {
		for _, flip := range []byte{0x01, 0x80, 0xff} {
			bad := bytes.Clone(whole)
			bad[i] ^= flip
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			recs, err := Read(path)
			if err == nil && len(recs) == 2 {
				t.Fatalf("byte %d flipped by %#x goes unseen", i, flip)
			}
			for _, r := range recs {
				if want[r.ID] != string(encode(r)) {
					t.Fatalf("byte %d flipped by %#x: silently reads as %s", i, flip, encode(r))
				}
			}
		}
	}
}

func TestReadMissingStore(t *testing.T) {
	path := storePath(t)
	if _, err := Read(path); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want one that names the missing file", err)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 0 {
		t.Errorf("Read made %v", left)
	}
}

func BenchmarkAppend(b *testing.B) {
	s := mustOpen(b, storePath(b))
	for seed := int64(1); b.Loop(); seed++ {
		if err := s.Append(aRecord(seed)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	path := storePath(b)
	var all []byte
	for seed := range int64(2000) {
		r := aRecord(seed + 1)
		r.Blocks = make([]float64, 20)
		line, err := encodeLine(r.settled())
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, line...)
	}
	if err := os.WriteFile(path, all, 0o644); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(all)))
	for b.Loop() {
		if _, err := Read(path); err != nil {
			b.Fatal(err)
		}
	}
}
