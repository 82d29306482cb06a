// This file holds the download of a published file: resumed where it was cut,
// checked by size and SHA-256, and put in place in one step.

package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrOffline reports that no source could be reached at all, so that asking for
// further files is vain.
var ErrOffline = errors.New("no network")

// Download fetches a file of exactly size bytes and the given SHA-256, in
// lower-case hexadecimal, to dst, from the first of sources that has it. It
// makes dst's directory where needed.
//
// Bytes gather in dst.part, which a later call continues, from any source. It is
// renamed to dst when whole and right; what has another hash is discarded. A dst
// that is right already is left alone and nothing is fetched; any other is
// replaced. Calls for one dst, of this process or another, wait for each other.
//
// A source that does not begin to answer is given up after its share of 4.5
// seconds; if none answered, the error is [ErrOffline]. Lost connections are
// resumed four times per source. progress, which may be nil, is told the bytes
// in hand and size. Redirects, proxies and TLS are the client's business.
func Download(ctx context.Context, client *http.Client, sources []string, dst, sum string, size int64, progress func(done, total int64)) error {
	if len(sources) == 0 {
		panic("data: Download without sources")
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	d := &download{
		client: client, dst: dst, part: dst + ".part", sum: sum, size: size, progress: progress,
		patience: 4500 * time.Millisecond / time.Duration(len(sources)),
		stall:    30 * time.Second,
		pause:    500 * time.Millisecond,
	}
	return d.run(ctx, sources)
}

const mostAttempts = 5 // at one source

// A download is one call of Download.
type download struct {
	client    *http.Client
	dst, part string
	folder    string // dst's, if this call made it
	sum       string
	size      int64
	progress  func(done, total int64)

	patience time.Duration // for a source's first answer
	stall    time.Duration // for more bytes, from a source that answered
	pause    time.Duration // before the first resumption, then doubled
}

func (d *download) run(ctx context.Context, sources []string) error {
	if d.right(d.dst) {
		return nil
	}
	if _, err := os.Stat(filepath.Dir(d.dst)); err != nil {
		d.folder = filepath.Dir(d.dst)
	}
	if err := os.MkdirAll(filepath.Dir(d.dst), 0o755); err != nil {
		return err
	}
	lock, err := d.lock(ctx)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	defer d.tidy()
	if d.right(d.dst) { // whoever held the lock fetched it
		return os.Truncate(d.part, 0)
	}
	name := filepath.Base(d.dst)
	offline := true
	var failures []string
	for _, source := range sources {
		err := d.from(ctx, source)
		if err == nil {
			return d.keep()
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%s: stopped with %d of %d bytes, fetch again to go on: %w", name, d.inHand(), d.size, context.Cause(ctx))
		}
		if errors.As(err, new(localError)) {
			return fmt.Errorf("%s: %w", name, err)
		}
		offline = offline && errors.As(err, new(unreachableError))
		failures = append(failures, fmt.Sprintf("%s: %v", source, err))
	}
	err = fmt.Errorf("%s not fetched: %s", name, strings.Join(failures, "; "))
	if offline {
		err = fmt.Errorf("%w: %w", ErrOffline, err)
	}
	return err
}

// lock takes the lock on the part file, which it creates where needed.
func (d *download) lock(ctx context.Context) (*flock.Flock, error) {
	for {
		lock := flock.New(d.part, flock.SetPermissions(0o644))
		if _, err := lock.TryLockContext(ctx, 50*time.Millisecond); err != nil {
			return nil, fmt.Errorf("lock %s: %w", d.part, err)
		}
		// The holder before us has renamed or removed the file if it is done.
		ours, err := lock.Stat()
		if err == nil {
			if there, err := os.Stat(d.part); err == nil && os.SameFile(ours, there) {
				return lock, nil
			}
		}
		lock.Unlock()
	}
}

// from fetches what is missing of the part file from one source.
func (d *download) from(ctx context.Context, source string) error {
	var etag string // names what this source serves, where it says so
	pause := d.pause
	for attempt := 1; ; attempt++ {
		resumed := d.inHand() > 0
		err := d.attempt(ctx, source, &etag)
		if err == nil {
			var got string
			if got, err = hashFile(d.part); err != nil {
				return localError{err}
			}
			if got == d.sum {
				return nil
			}
			if err := os.Truncate(d.part, 0); err != nil {
				return localError{err}
			}
			err = fmt.Errorf("its SHA-256 is %s, want %s", got, d.sum)
			if !resumed {
				return err
			}
			// The fault may lie in the bytes we had: once more, all of it.
		} else if errors.As(err, new(unreachableError)) && attempt > 1 {
			err = lostError{err} // it was there a moment ago
		} else if !errors.As(err, new(lostError)) {
			return err
		}
		if attempt == mostAttempts {
			return fmt.Errorf("%w; given up after %d attempts with %d of %d bytes, fetch again to go on", err, attempt, d.inHand(), d.size)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
			pause *= 2
		}
	}
}

// keep puts the part file in place.
func (d *download) keep() error {
	f, err := os.OpenFile(d.part, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	err = f.Sync()
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(d.part, d.dst)
}

// tidy removes a part file with nothing in it.
func (d *download) tidy() {
	if info, err := os.Stat(d.part); err == nil && info.Size() == 0 {
		os.Remove(d.part)
		if d.folder != "" {
			os.Remove(d.folder) // which fails if another download put something there
		}
	}
}

// inHand returns the size of the part file.
func (d *download) inHand() int64 {
	info, err := os.Stat(d.part)
	if err != nil {
		return 0
	}
	return info.Size()
}

// right reports whether a file is the one wanted.
func (d *download) right(path string) bool {
	if info, err := os.Stat(path); err != nil || info.Size() != d.size {
		return false
	}
	sum, err := hashFile(path)
	return err == nil && sum == d.sum
}

// hashFile returns a file's SHA-256 in lower-case hexadecimal.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
