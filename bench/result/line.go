// The lines of a store file: how a record becomes a line, how a line is checked and read back, and what is said
// about a line that fails.

package result

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// A line is {"sum":"0123456789abcdef","record":{…}} and a newline. The sum is over the exact bytes of the record,
// and the rest is fixed, so that no byte of a line can change unseen.
const (
	lineHead = `{"sum":"`
	lineMid  = `","record":`
	lineTail = `}`
	sumLen   = 16 // hex digits of the SHA-256 that are kept

	recordAt = len(lineHead) + sumLen + len(lineMid)
	maxLine  = 1 << 20 // bytes with the newline: what one hostile line may cost in memory
)

// DamageError is a line of a store that is not, or is no longer, a record.
type DamageError struct {
	File         string
	Line, Column int // from 1; the column counts bytes
	Msg          string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s:%d:%d: damaged result store: %s; `ecalf merge --salvage OUT %s` keeps every good line and writes the damaged ones to OUT.damaged",
		e.File, e.Line, e.Column, e.Msg, e.File)
}

func sum(record []byte) string {
	h := sha256.Sum256(record)
	return hex.EncodeToString(h[:sumLen/2])
}

// encodeLine is the line of r, which must be settled.
func encodeLine(r Record) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, fmt.Errorf("record of %s %s horizon %d: %w", r.Cell.Model, r.Cell.Dataset, r.Cell.Horizon, err)
	}
	body := encode(r)
	line := make([]byte, 0, recordAt+len(body)+len(lineTail)+1)
	line = append(line, lineHead+sum(body)+lineMid...)
	line = append(line, body...)
	line = append(line, lineTail+"\n"...)
	if len(line) > maxLine {
		return nil, fmt.Errorf("record of %s %s horizon %d: %d bytes, more than the %d of a line: record fewer epochs or fitted values",
			r.Cell.Model, r.Cell.Dataset, r.Cell.Horizon, len(line), maxLine)
	}
	return line, nil
}

// decodeLine reads a line without its newline. On failure it returns the column, from 1, and what is wrong there.
func decodeLine(raw []byte) (r Record, column int, err error) {
	switch {
	case !bytes.HasPrefix(raw, []byte(lineHead)):
		return r, 1, errors.New("not a line of a result store")
	case len(raw) < recordAt+len(lineTail), string(raw[recordAt-len(lineMid):recordAt]) != lineMid:
		return r, len(lineHead) + 1, errors.New("the checksum's field is malformed")
	case !bytes.HasSuffix(raw, []byte(lineTail)):
		return r, len(raw), errors.New("the line's end is malformed")
	}
	body := raw[recordAt : len(raw)-len(lineTail)]
	if want, got := string(raw[len(lineHead):len(lineHead)+sumLen]), sum(body); got != want {
		return r, recordAt + 1, fmt.Errorf("the record's checksum is %s, the line says %s", got, want)
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields() // a field of a later version must not be dropped by rewriting its record
	if err := d.Decode(&r); err != nil {
		return r, recordAt + 1, fmt.Errorf("not a record this version of ecalf understands: %w", err)
	}
	if int(d.InputOffset()) != len(body) {
		return r, recordAt + 1 + int(d.InputOffset()), errors.New("more than one record in the line")
	}
	if err := r.check(); err != nil {
		return r, recordAt + 1, err
	}
	return r, 0, nil
}

// line is one line of a store file: a record, or the damage found in its place.
type line struct {
	num      int    // from 1
	off, len int64  // in the file; len counts the newline
	ended    bool   // by a newline; only the last line can lack it
	raw      []byte // without the newline; nil if too long, and overwritten by the next line
	rec      Record
	damage   *DamageError
}

// scan yields the lines of r, the first of which is line num at offset off of the file name. It holds one line at
// a time and no more of that than maxLine; an error of r ends it.
func scan(r io.Reader, name string, num int, off int64) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		br := bufio.NewReaderSize(r, 64<<10)
		var raw []byte
		for ; ; num++ {
			l := line{num: num, off: off}
			raw = raw[:0]
			for !l.ended {
				part, err := br.ReadSlice('\n')
				if err != nil && err != bufio.ErrBufferFull && err != io.EOF {
					yield(line{}, fmt.Errorf("read result store %s: %w", name, err))
					return
				}
				l.len += int64(len(part))
				if l.len <= maxLine {
					raw = append(raw, part...)
				}
				l.ended = err == nil
				if err == io.EOF {
					break
				}
			}
			if l.len == 0 {
				return
			}
			damage := func(column int, msg string) {
				l.damage = &DamageError{File: name, Line: num, Column: column, Msg: msg}
			}
			if l.len > maxLine || !l.ended && l.len == maxLine {
				damage(maxLine, fmt.Sprintf("the line has %d bytes, more than the %d a record may take", l.len, maxLine))
			} else {
				l.raw = bytes.TrimSuffix(raw, []byte("\n"))
				rec, column, err := decodeLine(l.raw)
				if l.rec = rec; err != nil {
					damage(column, err.Error())
				}
			}
			off += l.len
			if !yield(l, nil) || !l.ended {
				return
			}
		}
	}
}
