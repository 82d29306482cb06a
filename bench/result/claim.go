// Claims: how runs that share a store agree on who works on which cell.

package result

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Claim is the right of one process to run a cell, or those of one training. The kernel takes it back when the process
// ends, also by kill -9.
type Claim struct{ lock *flock.Flock }

// Claim takes what id names, a Cell's ID or TrainingID, or returns false if another run has it. The holder of a claim must
// Refresh and look with Has whether the cell is done by now: another run may have finished it a moment ago.
//
// A claim is a lock on <path>.claims/<id>.lock.
func (s *Store) Claim(id string) (*Claim, bool, error) {
	if !isID(id) {
		panic(fmt.Sprintf("result: Claim: %q is not a cell's id", id))
	}
	dir := s.path + ".claims"
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, false, s.readOnly(fmt.Errorf("claim a cell: %w", err))
	}
	for {
		lock := flock.New(filepath.Join(dir, id+".lock"), flock.SetPermissions(0o666))
		ok, err := lock.TryLock()
		if err != nil {
			return nil, false, s.readOnly(fmt.Errorf("claim a cell: %w", err))
		}
		if !ok {
			return nil, false, nil
		}
		// A Release may have unlinked the file between our opening and locking it. Then the next comer would
		// make and lock a new one: our lock only counts if the file still bears the name.
		held, err1 := lock.Stat()
		named, err2 := os.Stat(lock.Path())
		if err1 == nil && err2 == nil && os.SameFile(held, named) {
			return &Claim{lock}, true, nil
		}
		lock.Unlock()
	}
}

// Release gives the cell back. The error says that its lock file could not be removed, which harms nobody.
func (c *Claim) Release() error {
	err := os.Remove(c.lock.Path())
	return errors.Join(err, c.lock.Unlock())
}

// isID reports whether id has the form of Cell.ID's, and so is safe in a file name.
func isID(id string) bool {
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return len(id) == 32
}
