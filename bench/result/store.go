// The store: an append-only file of records that survives kill -9, a full disk and other processes appending to it.

package result

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/gofrs/flock"
)

// ErrExists is Append's answer to a cell that already has an OK record.
var ErrExists = errors.New("the cell already has a record with status ok")

// Store is one file of records, open for reading and adding. Several goroutines and processes may use one file at
// once: every append happens under an exclusive lock on <path>.lock, after reading what others have appended.
type Store struct {
	// Repaired says what the last Open or Append had to mend at the file's end; empty if nothing.
	Repaired string

	path string
	open func(path string) (file, error)

	mu    sync.Mutex
	info  os.FileInfo // the file that size, lines and index were read from
	size  int64       // bytes read, always up to the end of a line
	lines int
	index index
}

// file is what a store asks of an open file; tests put a failing one in its place.
type file interface {
	io.ReaderAt
	io.Writer // appends
	io.Closer
	Stat() (os.FileInfo, error)
	Sync() error
	Truncate(size int64) error
}

func openFile(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
}

// Open opens the store at path for reading and adding, and creates it and its folder where missing. An unfinished
// last line, left by a killed run, is mended: completed if only its newline is missing, else cut off and kept as
// <path>.torn-<n>; Repaired says so. Damage anywhere else is a *DamageError, and nothing is changed.
func Open(path string) (*Store, error) { return openWith(path, openFile) }

func openWith(path string, open func(string) (file, error)) (*Store, error) {
	s := &Store{path: path, open: open}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, s.readOnly(fmt.Errorf("open result store: %w", err))
	}
	if err := s.locked(s.catchUpAndRepair); err != nil {
		return nil, err
	}
	return s, nil
}

// Read returns the records of the store at path, one per cell, in the order in which the cells first appeared. It
// takes no lock and writes nothing, so a read-only folder will do. A last line that is cut short is left out: it is
// no record yet, and another process may be writing it this moment.
func Read(path string) ([]Record, error) {
	s := &Store{path: path}
	rest, err := s.refresh()
	if err != nil {
		return nil, err
	}
	if rest.len > 0 && rest.damage == nil { // it lacks only its newline
		s.index.add(rest.rec)
	}
	return s.index.recs, nil
}

// Refresh reads the records that others have appended since, without taking the lock.
func (s *Store) Refresh() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.refresh()
	return err
}

func (s *Store) refresh() (unfinished line, err error) {
	f, err := os.Open(s.path)
	if err != nil {
		return line{}, fmt.Errorf("read result store: %w", err)
	}
	defer f.Close()
	return s.catchUp(f)
}

// Records returns one record per cell, in the order in which the cells first appeared: the OK one if there is
// one, else the latest.
func (s *Store) Records() []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.index.recs)
}

// Has reports whether the cell has nothing left to run: its record is OK or Inapplicable.
func (s *Store) Has(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.index.get(id)
	return r != nil && r.Status != Failed
}

// Append adds r, identified and with its numbers made storable: a metric that is not finite makes it a failed
// record. When Append returns nil the record is on the disk. It returns ErrExists if the cell has an OK record,
// also one another process wrote; a failed or inapplicable one is superseded. On a full disk or a failing one it
// returns an error and leaves the file as it was.
func (s *Store) Append(r Record) error {
	r = r.settled()
	line, err := encodeLine(r)
	if err != nil {
		return fmt.Errorf("result store %s: %w", s.path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.locked(func(f file) error {
		if err := s.catchUpAndRepair(f); err != nil {
			return err
		}
		if old := s.index.get(r.ID); old != nil && old.Status == OK {
			return fmt.Errorf("result store %s: cell %s: %w", s.path, r.ID, ErrExists)
		}
		if err := s.write(f, line); err != nil {
			return err
		}
		s.lines++
		s.index.add(r)
		return nil
	})
}

// locked runs do on the store's file while this process alone may write it. The file is opened anew each time,
// as a merge may have put another in its place.
func (s *Store) locked(do func(file) error) error {
	lock, err := s.lock()
	if err != nil {
		return err
	}
	defer lock.Unlock()
	f, err := s.open(s.path)
	if err != nil {
		return s.readOnly(fmt.Errorf("open result store: %w", err))
	}
	defer f.Close()
	return do(f)
}

// lock waits until no other process writes.
func (s *Store) lock() (*flock.Flock, error) {
	lock := flock.New(s.path+".lock", flock.SetPermissions(0o666))
	if err := lock.Lock(); err != nil {
		return nil, s.readOnly(fmt.Errorf("lock result store: %w", err))
	}
	return lock, nil
}

// catchUp reads what f holds beyond what is known already, all of it if f is not the file it was. It returns the
// last line if that is unfinished, which counts as not read.
func (s *Store) catchUp(f interface {
	io.ReaderAt
	Stat() (os.FileInfo, error)
}) (unfinished line, err error) {
	info, err := f.Stat()
	if err != nil {
		return line{}, fmt.Errorf("read result store: %w", err)
	}
	if s.info == nil || !os.SameFile(s.info, info) || info.Size() < s.size {
		s.size, s.lines, s.index = 0, 0, index{}
	}
	s.info = info
	for l, err := range scan(io.NewSectionReader(f, s.size, math.MaxInt64-s.size), s.path, s.lines+1, s.size) {
		switch {
		case err != nil:
			return line{}, err
		case !l.ended:
			return l, nil
		case l.damage != nil:
			return line{}, l.damage
		case !s.index.add(l.rec):
			return line{}, &DamageError{File: s.path, Line: l.num, Column: recordAt + 1,
				Msg: fmt.Sprintf("a second ok record of cell %s with other metrics", l.rec.ID)}
		}
		s.size += l.len
		s.lines++
	}
	return line{}, nil
}

// catchUpAndRepair is catchUp for the lock's holder, to whom an unfinished line is one that nobody will finish.
func (s *Store) catchUpAndRepair(f file) error {
	s.Repaired = ""
	rest, err := s.catchUp(f)
	if err != nil {
		return err
	}
	if s.size+rest.len == 0 {
		return s.syncFolder() // the file may be new, and its name is not on the disk before the folder is
	}
	if rest.len == 0 {
		return nil
	}
	if rest.damage == nil {
		s.size += rest.len
		if err := s.write(f, []byte("\n")); err != nil {
			s.size -= rest.len
			return err
		}
		s.lines++
		s.index.add(rest.rec)
		s.Repaired = fmt.Sprintf("%s:%d: completed the last record, which lacked only its newline", s.path, rest.num)
		return nil
	}
	aside, err := s.putAside(f, rest)
	if err != nil {
		return fmt.Errorf("result store %s: keep the unfinished last line before cutting it: %w", s.path, fullDisk(err))
	}
	if err := errors.Join(f.Truncate(s.size), f.Sync()); err != nil {
		return fmt.Errorf("result store %s: cut the unfinished last line: %w", s.path, err)
	}
	s.Repaired = fmt.Sprintf("%s:%d: cut off an unfinished last line of %d bytes, kept in %s; its cell will run again",
		s.path, rest.num, rest.len, aside)
	return nil
}

// putAside copies the bytes of l to the first free <path>.torn-<n>.
func (s *Store) putAside(f io.ReaderAt, l line) (name string, err error) {
	for n := 1; ; n++ {
		name = fmt.Sprintf("%s.torn-%d", s.path, n)
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(out, io.NewSectionReader(f, l.off, l.len))
		if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
			os.Remove(name)
		}
		return name, err
	}
}

// write appends b in one call and brings it to the disk, or leaves the file as it was.
func (s *Store) write(f file, b []byte) error {
	_, err := f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		s.size += int64(len(b))
		return nil
	}
	err = fmt.Errorf("result store %s: the record of this cell was not saved, all earlier ones are: %w", s.path, fullDisk(err))
	if undo := f.Truncate(s.size); undo != nil {
		err = fmt.Errorf("%w (and its unfinished line could not be cut off: %v; the next run does that)", err, undo)
	}
	return err
}

func (s *Store) syncFolder() error {
	d, err := os.Open(filepath.Dir(s.path))
	if err != nil {
		return fmt.Errorf("result store %s: sync its folder: %w", s.path, err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("result store %s: sync its folder: %w", s.path, err)
	}
	return nil
}

// readOnly adds what to do to an err that forbids writing.
func (s *Store) readOnly(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("result store %s is read-only: its records can be shown but none added; make the folder writable or name another: %w", s.path, err)
	}
	return err
}

// fullDisk adds what to do to an err that comes from a full disk or a used-up quota.
func fullDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("disk full: free space and run again: %w", err)
	}
	return err
}

// index holds one record per cell, in the order in which the cells first appeared.
type index struct {
	recs []Record
	at   map[string]int // ID → place in recs
}

func (x *index) get(id string) *Record {
	if i, ok := x.at[id]; ok {
		return &x.recs[i]
	}
	return nil
}

// add takes r in: an OK record stays, any other gives way to a later one. It reports false when r is a second OK
// record whose metrics differ from the first's.
func (x *index) add(r Record) bool {
	old := x.get(r.ID)
	switch {
	case old == nil:
		if x.at == nil {
			x.at = map[string]int{}
		}
		x.at[r.ID] = len(x.recs)
		x.recs = append(x.recs, r)
	case old.Status != OK:
		*old = r
	case r.Status == OK:
		return old.sameMetrics(&r)
	}
	return true
}

// sameMetrics reports whether r and q measured the same, bit for bit.
func (r *Record) sameMetrics(q *Record) bool {
	same := func(a, b *float64) bool { return a == b || a != nil && b != nil && *a == *b }
	return r.Windows == q.Windows && same(r.MSE, q.MSE) && same(r.MAE, q.MAE) && slices.Equal(r.Blocks, q.Blocks)
}
