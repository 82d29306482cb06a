// Fuzzing of the store: any bytes may lie in its file.

package result

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// FuzzStore opens arbitrary bytes as a store, once as they are and once with each line given a right checksum, so
// that the mutations get past it. Whatever they are, Open and Read never panic, agree on what is there, and refuse
// with a *DamageError; what Open accepts can be appended to, and opens again to the same records. Salvage always gives a
// sound store.
//
// Every input costs disk syncs: run it with -fuzzminimizetime 20x, or minimising takes all the time.
func FuzzStore(f *testing.F) {
	_, whole := smallStore(f, 2)
	failed, err := encodeLine(failedRecord(1, "x").settled())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole, false)
	f.Add(whole[:len(whole)-1], false)
	f.Add(whole[:len(whole)/2+40], false)
	f.Add(append(bytes.Clone(whole), 0, 0, 0), false)
	f.Add([]byte("\n\n"), false)
	f.Add([]byte{}, false)
	f.Add(append(failed, whole...), false)
	f.Add(append(bytes.Clone(whole), failed...), false)
	full := aRecord(1)
	full.Cell.Params, full.Epochs = []byte(`{"a":[1,{}]}`), []Epoch{{Epoch: 1, Train: 1, Val: 1, Seconds: 1, Watched: map[string]float64{"a": 1}}}
	f.Add(encode(full.settled()), true)
	f.Add(append(append(encode(failedRecord(1, "x").settled()), '\n'), encode(aRecord(1).settled())...), true)
	f.Fuzz(func(t *testing.T, b []byte, seal bool) {
		if seal {
			var sealed []byte
			for l := range bytes.SplitSeq(b, []byte("\n")) {
				sealed = append(sealed, lineHead+sum(l)+lineMid+string(l)+lineTail+"\n"...)
			}
			b = sealed
		}
		path := storePath(t)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		read, readErr := Read(path)
		s, err := Open(path)
		out := path + ".salvaged"
		sum, salvageErr := Merge(out, []string{path}, true)
		if salvageErr != nil {
			t.Fatalf("salvage: %v", salvageErr)
		}
		if m := mustOpen(t, out); m.Repaired != "" || len(m.Records()) != sum.Records || err == nil && len(m.Records()) != len(s.Records()) {
			t.Fatalf("salvaged: repaired %q, %d records, summary %+v", m.Repaired, len(m.Records()), sum)
		}
		if (err == nil) != (readErr == nil) {
			t.Fatalf("Open: %v; Read: %v", err, readErr)
		}
		if err != nil {
			var d *DamageError
			if !errors.As(err, &d) || d.Line < 1 || d.Line > 1+strings.Count(string(b), "\n") || d.Column < 1 {
				t.Fatalf("error %v is no *DamageError with a place in the file", err)
			}
			return
		}
		if !bytes.Equal(encode(s.Records()), encode(read)) {
			t.Fatalf("Open sees %s, Read %s", encode(s.Records()), encode(read))
		}
		const fresh = 77 // a seed no corpus record has
		if err := s.Append(aRecord(fresh)); err != nil && !errors.Is(err, ErrExists) {
			t.Fatal(err)
		}
		again := mustOpen(t, path)
		if again.Repaired != "" || !again.Has(aCell(fresh).ID()) || !bytes.Equal(encode(again.Records()), encode(s.Records())) {
			t.Fatalf("reopened: repaired %q, %s, want %s", again.Repaired, encode(again.Records()), encode(s.Records()))
		}
	})
}

// FuzzCellParams shows that a cell's identity is that of what its parameters say, not of how they are written.
func FuzzCellParams(f *testing.F) {
	for _, s := range []string{`{"ridge":0.1,"norm":true}`, `{"a":[1.0,-0.0,1e999]}`, `null`, `{}`, `{"a":"\u003c\ud800"}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, params string) {
		c := aCell(1)
		defer func() {
			if v := recover(); v != nil {
				if msg, _ := v.(string); !strings.Contains(msg, "Cell.Params is not JSON") {
					panic(v)
				}
			}
		}()
		c.Params = []byte(params)
		r := Record{Cell: c, Status: Failed, Reason: "x"}.settled()
		d := r.Cell
		if d.ID() != r.ID || c.ID() != r.ID {
			t.Fatalf("%q is %s, canonical %q is %s", params, c.ID(), d.Params, d.ID())
		}
		line, err := encodeLine(r)
		if err != nil {
			return // too long
		}
		if back, _, err := decodeLine(line[:len(line)-1]); err != nil || back.ID != r.ID {
			t.Fatalf("%q: read back as %s, %v", params, back.ID, err)
		}
	})
}
