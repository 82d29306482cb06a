// Merging stores: the shards of a suite into one, or what is good in a damaged store into a sound one.

package result

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// Summary says what a merge did.
type Summary struct {
	Records    int      // in the merged store, one per cell
	Duplicates int      // dropped: the cell has another record with the same metrics
	Superseded int      // dropped: not ok, and the cell has a better or later record
	Conflicts  []string // dropped: the cell has an earlier ok record, with other metrics
	Damaged    []string // lines left out: unfinished last lines and, under salvage, whatever is no record
}

// Merge writes the records of the stores in, and of out itself if it exists, to the store out: one per cell, in an
// order that depends on the cells alone. Of several ok records of a cell the one that finished first is kept,
// and others with different metrics are reported as conflicts; without an ok record, the latest is kept. Records are copied
// byte for byte.
//
// Damage is a *DamageError, and out stays as it was. An unfinished last line, and under salvage every damaged one, is
// left out instead and appended to <out>.damaged. out is replaced in one step, and runs may go on appending to it
// meanwhile.
func Merge(out string, in []string, salvage bool) (Summary, error) {
	s := &Store{path: out}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return Summary{}, s.readOnly(fmt.Errorf("merge result stores: %w", err))
	}
	lock, err := s.lock()
	if err != nil {
		return Summary{}, err
	}
	defer lock.Unlock()
	m := merger{cells: map[string][]candidate{}, salvage: salvage}
	files := in
	if !slices.ContainsFunc(in, func(f string) bool { return sameFile(f, out) }) {
		if _, err := os.Stat(out); err == nil {
			files = append([]string{out}, in...)
		}
	}
	for _, f := range files {
		if err := m.read(f); err != nil {
			return Summary{}, err
		}
	}
	if err := m.keepDamaged(out + ".damaged"); err != nil {
		return Summary{}, s.readOnly(fmt.Errorf("keep damaged lines: %w", fullDisk(err)))
	}
	if err := writeWhole(out, m.resolve()); err != nil {
		return Summary{}, s.readOnly(fmt.Errorf("write merged store %s: %w", out, fullDisk(err)))
	}
	return m.sum, s.syncFolder()
}

func sameFile(a, b string) bool {
	if filepath.Clean(a) == filepath.Clean(b) {
		return true
	}
	ia, errA := os.Stat(a)
	ib, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(ia, ib)
}

// merger collects the records of several stores.
type merger struct {
	cells   map[string][]candidate // by ID
	damaged []span
	salvage bool
	sum     Summary
}

// candidate is one record of a cell.
type candidate struct {
	rec Record
	raw []byte // its line
	at  string // file:line
}

// span is a stretch of a file.
type span struct {
	path     string
	off, len int64
}

// read takes in the store at path.
func (m *merger) read(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read result store: %w", err)
	}
	defer f.Close()
	for l, err := range scan(f, path, 1, 0) {
		if err != nil {
			return err
		}
		if d := l.damage; d != nil {
			if !m.salvage && l.ended {
				return d
			}
			m.sum.Damaged = append(m.sum.Damaged, fmt.Sprintf("%s:%d:%d: %s", d.File, d.Line, d.Column, d.Msg))
			m.damaged = append(m.damaged, span{path, l.off, l.len})
			continue
		}
		m.cells[l.rec.ID] = append(m.cells[l.rec.ID], candidate{l.rec, bytes.Clone(l.raw), fmt.Sprintf("%s:%d", path, l.num)})
	}
	return nil
}

// resolve picks one record per cell, notes what became of the others, and returns the merged store's bytes.
func (m *merger) resolve() []byte {
	var kept []candidate
	for _, all := range m.cells {
		slices.SortFunc(all, preferred)
		kept = append(kept, all[0])
		for _, other := range all[1:] {
			m.drop(all[0], other)
		}
	}
	slices.Sort(m.sum.Conflicts)
	slices.SortFunc(kept, func(a, b candidate) int {
		p, q := a.rec.Cell, b.rec.Cell
		return cmp.Or(cmp.Compare(p.Suite, q.Suite), compareNames(settingOrder, p.Setting, q.Setting), compareNames(datasetOrder, p.Dataset, q.Dataset),
			cmp.Compare(p.Horizon, q.Horizon), cmp.Compare(p.Model, q.Model), cmp.Compare(p.Seed, q.Seed), cmp.Compare(a.rec.ID, b.rec.ID))
	})
	m.sum.Records = len(kept)
	var b bytes.Buffer
	for _, c := range kept {
		b.Write(c.raw)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// preferred orders the records of a cell, the one to keep first.
func preferred(a, b candidate) int {
	okA, okB := a.rec.Status == OK, b.rec.Status == OK
	switch byBytes := bytes.Compare(a.raw, b.raw); {
	case okA != okB && okA:
		return -1
	case okA != okB:
		return 1
	case okA:
		return cmp.Or(a.rec.Finished.Compare(b.rec.Finished), byBytes)
	default:
		return cmp.Or(b.rec.Finished.Compare(a.rec.Finished), byBytes)
	}
}

// drop notes that other gave way to kept.
func (m *merger) drop(kept, other candidate) {
	switch {
	case bytes.Equal(kept.raw, other.raw), other.rec.Status == OK && kept.rec.sameMetrics(&other.rec):
		m.sum.Duplicates++
	case other.rec.Status != OK:
		m.sum.Superseded++
	default:
		c := kept.rec.Cell
		m.sum.Conflicts = append(m.sum.Conflicts, fmt.Sprintf("%s %s/%d %s %s seed %d: kept %s, dropped %s",
			c.Suite, c.Dataset, c.Horizon, c.Setting, c.Model, c.Seed, kept, other))
	}
}

// String says what c measured, when and where it stands.
func (c candidate) String() string {
	words := []string{fmt.Sprintf("mse %v", *c.rec.MSE)}
	if c.rec.MAE != nil {
		words = append(words, fmt.Sprintf("mae %v", *c.rec.MAE))
	}
	return fmt.Sprintf("%s of %s (%s)", strings.Join(words, " "), c.rec.Finished.Format("2006-01-02 15:04:05"), c.at)
}

// keepDamaged appends the damaged lines to path.
func (m *merger) keepDamaged(path string) error {
	if m.damaged == nil {
		return nil
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	for _, d := range m.damaged {
		err = errors.Join(err, d.copyLine(out))
	}
	return errors.Join(err, out.Sync(), out.Close())
}

// copyLine copies the span to w, and a newline if it does not end in one.
func (d span) copyLine(w io.Writer) error {
	f, err := os.Open(d.path)
	if err != nil {
		return err
	}
	defer f.Close()
	last := make([]byte, 1)
	if _, err := f.ReadAt(last, d.off+d.len-1); err != nil {
		return err
	}
	if _, err := io.Copy(w, io.NewSectionReader(f, d.off, d.len)); err != nil || last[0] == '\n' {
		return err
	}
	_, err = w.Write([]byte("\n"))
	return err
}

// writeWhole puts b in the place of the file at path, or leaves that as it was.
func writeWhole(path string, b []byte) error {
	f, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(0o644), renameio.WithExistingPermissions())
	if err != nil {
		return err
	}
	defer f.Cleanup()
	if _, err := f.Write(b); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
