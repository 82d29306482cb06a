// Tests of the store on disks that fill up, fail or forbid writing.

package result

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// failingFile is a real file of which the next write, sync or truncate goes wrong.
type failingFile struct {
	file
	*fault
}

type fault struct {
	write    error // after half the bytes
	sync     error
	truncate error
}

func (f failingFile) Write(b []byte) (int, error) {
	if f.write != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, f.write
	}
	return f.file.Write(b)
}

func (f failingFile) Sync() error {
	if f.sync != nil {
		return f.sync
	}
	return f.file.Sync()
}

func (f failingFile) Truncate(n int64) error {
	if f.truncate != nil {
		return f.truncate
	}
	return f.file.Truncate(n)
}

func openFailing(t *testing.T, path string, now *fault) *Store {
	t.Helper()
	s, err := openWith(path, func(path string) (file, error) {
		f, err := openFile(path)
		return failingFile{f, now}, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAppendToAFailingDiskLosesNothing(t *testing.T) {
	full := &fs.PathError{Op: "write", Path: "long.jsonl", Err: syscall.ENOSPC}
	for _, c := range []struct {
		name  string
		fault fault
		says  []string
		torn  bool // the half-written line could not be taken back
	}{
		{"disk full in mid-write", fault{write: full}, []string{"disk full", "all earlier ones are", "free space and run again"}, false},
		{"quota used up", fault{write: syscall.EDQUOT}, []string{"disk full"}, false},
		{"disk full at sync", fault{sync: full}, []string{"disk full"}, false},
		{"i/o error at sync", fault{sync: syscall.EIO}, []string{"not saved", "input/output error"}, false},
		{"cannot even truncate", fault{write: full, truncate: syscall.EIO}, []string{"disk full", "the next run does that"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			path, before := smallStore(t, 2)
			var now fault
			s := openFailing(t, path, &now)
			now = c.fault
			err := s.Append(aRecord(3))
			if !errors.Is(err, c.fault.write) && !errors.Is(err, c.fault.sync) {
				t.Fatalf("error %v does not wrap the cause", err)
			}
			for _, want := range append(c.says, path) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q does not say %q", err, want)
				}
			}
			after, _ := os.ReadFile(path)
			if !c.torn && !bytes.Equal(after, before) {
				t.Error("the file is not as it was")
			}
			if !bytes.HasPrefix(after, before) || s.Has(aCell(3).ID()) {
				t.Error("an earlier record changed, or the lost one counts as kept")
			}
			now = fault{} // space was freed
			mustAppend(t, s, aRecord(3))
			if got := mustRead(t, path); len(got) != 3 || c.torn != (s.Repaired != "") {
				t.Errorf("after space was freed: %d records, repaired %q", len(got), s.Repaired)
			}
		})
	}
}

func TestRepairOnAFullDiskKeepsTheTornLine(t *testing.T) {
	path, whole := smallStore(t, 2)
	cut := whole[:len(whole)-1] // whole but for the newline, which the full disk refuses
	if err := os.WriteFile(path, cut, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := openWith(path, func(path string) (file, error) {
		f, err := openFile(path)
		return failingFile{f, &fault{sync: syscall.ENOSPC}}, err
	})
	if err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("open: %v, want disk full", err)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, cut) {
		t.Error("the failed repair changed the file")
	}
	if s := mustOpen(t, path); len(s.Records()) != 2 {
		t.Errorf("%d records after space was freed, want 2", len(s.Records()))
	}
}

func TestReadOnlyFolder(t *testing.T) {
	path, before := smallStore(t, 2)
	dir := filepath.Dir(path)
	if err := os.Remove(path + ".lock"); err != nil { // as in a folder that was copied or cloned
		t.Fatal(err)
	}
	for d, mode := range map[string]os.FileMode{dir: 0o555, filepath.Dir(dir): 0o755} {
		if err := os.Chmod(d, mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() { os.Chmod(dir, 0o755) })
	asAnyone(func() {
		if recs, err := Read(path); err != nil || len(recs) != 2 {
			t.Errorf("reading: %d records, %v", len(recs), err)
		}
		for name, do := range map[string]func() error{
			"open":               func() error { _, err := Open(path); return err },
			"open a new store":   func() error { _, err := Open(filepath.Join(dir, "new.jsonl")); return err },
			"open in new folder": func() error { _, err := Open(filepath.Join(dir, "new", "long.jsonl")); return err },
			"claim":              func() error { _, _, err := (&Store{path: path}).Claim(aCell(1).ID()); return err },
		} {
			if err := do(); err == nil || !strings.Contains(err.Error(), "is read-only") || !strings.Contains(err.Error(), dir) {
				t.Errorf("%s: error %v does not say that the store is read-only", name, err)
			}
		}
	})
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the read-only folder holds %v", left)
	}
	if got, _ := os.ReadFile(path); !bytes.Equal(got, before) {
		t.Error("the store changed")
	}
}
