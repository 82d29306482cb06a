// This file holds the CSV reader: one pass over the file to count its lines, a
// second to parse them straight into the matrix, both through one fixed buffer.

package data

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
)

// maxLine is the longest line read, and the size of the buffer, in bytes. The
// longest of the known sets, Traffic's header and rows, stay under 16 KiB.
const maxLine = 1 << 20

// A Table is a CSV file in memory: a date column, of which [Dates] is kept, and
// C columns of numbers.
type Table struct {
	DateColumn string   // name of the first column, if it is no channel
	Channels   []string // C names, printable UTF-8
	Rows, C    int
	Values     []float32 // (Rows, C)
	Dates      Dates
	Bytes      int64  // of the file
	SHA256     string // of the file, lower-case hexadecimal
}

// A ParseError says where a CSV file cannot be read, and what to do about it.
type ParseError struct {
	File    string
	Line    int    // from 1, the header's; 0: the file as a whole
	Column  int    // from 1, the date's; 0: the line as a whole
	Channel string // name of the column, if known
	Msg     string
	Hint    string
}

func (e *ParseError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ": line %d", e.Line)
	}
	if e.Column > 0 {
		fmt.Fprintf(&b, ", column %d", e.Column)
	}
	if e.Channel != "" {
		fmt.Fprintf(&b, " (%s)", e.Channel)
	}
	fmt.Fprintf(&b, ": %s; %s", e.Msg, e.Hint)
	return b.String()
}

// ReadCSV reads a comma-separated file: a header line, then one line per time
// step, oldest first, of a date and one finite number per channel. Lines end in
// LF or CRLF. Header bytes that are not UTF-8 become U+FFFD, so that names can
// be shown. Memory is the matrix and a buffer of 1 MiB at most. A file that does
// not read gives a *[ParseError].
func ReadCSV(path string) (*Table, error) { return openCSV(path, false) }

// ReadSeries is [ReadCSV] for a file that may have no dates, which the first row
// decides: with a number in a named first column, that column is a channel like
// the others; where its cell is empty or its name is, the column is passed over.
// Dates of such a table are not [Dates.Known]; of others, every row's is kept.
func ReadSeries(path string) (*Table, error) { return openCSV(path, true) }

func openCSV(path string, undated bool) (*Table, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // it is read twice
		return nil, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readCSV(f, path, undated)
}

// readCSV reads a file; undated says that it may have no dates.
func readCSV(file io.ReadSeeker, name string, undated bool) (*Table, error) {
	r := reader{name: name, lead: 1, undecided: undated, dates: dateColumn{keep: undated}}
	if err := r.measure(file); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if r.size == 0 {
		return nil, &ParseError{File: name, Msg: "the file is empty", Hint: "fetch or copy it again"}
	}
	hash := sha256.New()
	r.lines = bufio.NewScanner(io.TeeReader(file, hash))
	r.lines.Buffer(r.buf, len(r.buf))
	if err := r.header(); err != nil {
		return nil, err
	}
	values, err := r.rows()
	if err != nil {
		return nil, err
	}
	c := len(r.names) - r.lead
	return &Table{
		DateColumn: strings.Join(r.names[:r.lead], ""), // of one or none
		Channels:   r.names[r.lead:],
		Rows:       len(values) / c,
		C:          c,
		Values:     values,
		Dates:      r.dates.finish(),
		Bytes:      r.size,
		SHA256:     hex.EncodeToString(hash.Sum(nil)),
	}, nil
}

// A reader is one reading of a CSV file.
type reader struct {
	name     string
	buf      []byte
	size     int64 // bytes in the file
	lineEnds int   // LFs in the file
	cut      bool  // the last line has no LF
	lines    *bufio.Scanner
	line     int      // number of the line at hand
	names    []string // of all columns, the date's first
	dates    dateColumn

	lead      int  // columns before the channels: 1, or 0 in a file without dates
	undecided bool // whether there are dates is for the first row to say
	undated   bool // there are none
}

// measure takes the file's size and counts its line ends.
func (r *reader) measure(file io.ReadSeeker) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	r.buf = make([]byte, min(size, maxLine-1)+1) // one to spare, so that the last read meets the end
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		n, err := file.Read(r.buf)
		if n > 0 {
			r.size += int64(n)
			r.lineEnds += bytes.Count(r.buf[:n], []byte{'\n'})
			r.cut = r.buf[n-1] != '\n'
		}
		if err == io.EOF {
			_, err = file.Seek(0, io.SeekStart)
			return err
		}
		if err != nil {
			return err
		}
	}
}

// next reads the next line, without its end. At the end of the file it returns
// io.EOF.
func (r *reader) next() ([]byte, error) {
	r.line++
	if r.lines.Scan() {
		return r.lines.Bytes(), nil
	}
	err := r.lines.Err()
	switch {
	case err == nil:
		return nil, io.EOF
	case errors.Is(err, bufio.ErrTooLong):
		return nil, r.fail(0, fmt.Sprintf("a line longer than %d bytes", maxLine), "write one row per line")
	}
	return nil, fmt.Errorf("%s: line %d: %w", r.name, r.line, err)
}

// fail returns the error for a column, from 1, of the line at hand.
func (r *reader) fail(column int, msg, hint string) error {
	if r.cut && r.line > r.lineEnds {
		hint = "the file ends in the middle of this line: fetch or copy it again"
	}
	e := &ParseError{File: r.name, Line: r.line, Column: column, Msg: msg, Hint: hint}
	if 0 < column && column <= len(r.names) {
		e.Channel = r.names[column-1]
	}
	return e
}

// header reads the names of the columns.
func (r *reader) header() error {
	line, err := r.next()
	if err != nil {
		return err
	}
	line = bytes.TrimPrefix(line, []byte("\uFEFF")) // a byte order mark, as spreadsheets write
	fields := csv.NewReader(bytes.NewReader(line))
	fields.LazyQuotes = true
	names, err := fields.Read()
	if err != nil && err != io.EOF {
		return r.fail(0, "the header does not read: "+err.Error(), "put date,name,name,… there")
	}
	if len(names) == 0 || len(names) == 1 && !r.undecided {
		return r.fail(0, "the header names fewer than two columns", "put date,name,… there, with commas between")
	}
	if _, ok := parseDate([]byte(names[0])); ok {
		return r.fail(0, "this is a row, not a header", "put a line date,name,… before it")
	}
	for i, name := range names {
		names[i] = displayable(name)
	}
	r.names = names
	return nil
}

// displayable returns a name with U+FFFD for bytes that are not UTF-8 and for
// characters that do not print.
func displayable(name string) string {
	return strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) {
			return unicode.ReplacementChar
		}
		return c
	}, strings.TrimSpace(name))
}

// rows reads the rest of the file into the matrix it returns.
func (r *reader) rows() ([]float32, error) {
	c := len(r.names) - 1
	// A cell takes two bytes or more. A file that has not the bytes for its lines
	// times its columns is ragged, and must not make us allocate that product.
	values := make([]float32, 0, min(int64(r.lineEnds)*int64(c), r.size/2))
	blank := 0 // line of the first blank line
	for {
		line, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			if blank == 0 {
				blank = r.line
			}
			continue
		}
		if blank != 0 {
			r.line = blank
			return nil, r.fail(0, "a blank line between rows", "remove it, or fill the gap")
		}
		if r.undecided {
			r.decide(line)
		}
		if values, err = r.row(values, line); err != nil {
			return nil, err
		}
	}
	if len(values) == 0 {
		r.line = 1
		return nil, r.fail(0, "no rows after the header", "fetch or copy the file again")
	}
	return values, nil
}

// row parses a line of a date and C numbers, and appends the numbers to values.
func (r *reader) row(values []float32, line []byte) ([]float32, error) {
	columns := len(r.names)
	cells, more := line, true
	if r.lead == 1 {
		var date []byte
		date, cells, more = bytes.Cut(line, []byte{','})
		if err := r.date(trimCell(date)); err != nil {
			return nil, err
		}
	}
	column := r.lead
	for more {
		if column++; column > columns {
			return nil, r.fail(0, fmt.Sprintf("more than %d cells, which is what the header names", columns),
				"remove the cells too many, or name them")
		}
		v, n, ok := parseDecimal(cells)
		if !ok || n < len(cells) && cells[n] != ',' {
			if n = bytes.IndexByte(cells, ','); n < 0 {
				n = len(cells)
			}
			var problem, hint string
			if v, problem, hint = parseCell(cells[:n]); problem != "" {
				return nil, r.fail(column, problem, hint)
			}
		}
		values = append(values, v)
		if more = n < len(cells); more {
			cells = cells[n+1:]
		}
	}
	if column < columns {
		return nil, r.fail(0, fmt.Sprintf("%d cells where the header names %d", column, columns),
			"fill the missing cells or drop the row")
	}
	return values, nil
}

// decide says by the first row whether the file has dates, and a column for them.
func (r *reader) decide(line []byte) {
	first, _, _ := bytes.Cut(line, []byte{','})
	first = trimCell(first)
	_, problem, _ := parseCell(first)
	switch name := r.names[0]; {
	case len(r.names) == 1, problem == "" && name != "" && !strings.EqualFold(name, "date"):
		r.undated, r.lead = true, 0
	case len(first) == 0, problem == "" && name == "":
		r.undated = true
	}
	r.undecided = false
}

// date takes the date of the row at hand.
func (r *reader) date(cell []byte) error {
	if r.undated {
		if len(cell) > 0 && r.names[0] != "" {
			return r.fail(1, quote(cell)+" in a column that is empty in the first row", "fill in every row's date, or none")
		}
		return nil
	}
	t, ok := parseDate(cell)
	if !ok {
		hint := "write dates like 2016-07-01 00:00:00, year first"
		if r.dates.rows == 0 {
			for i, name := range r.names {
				if i > 0 && strings.EqualFold(name, "date") {
					hint = fmt.Sprintf("move column %d (%s) to the front", i+1, name)
				}
			}
		}
		return r.fail(1, quote(cell)+" is not a date", hint)
	}
	if r.dates.rows == 0 {
		r.dates.Layout = dateLayout(cell)
	}
	if !r.dates.add(t, r.line) {
		return r.fail(1, quote(cell)+" is before the date of the row above", "sort the file by date, one series per file")
	}
	return nil
}
