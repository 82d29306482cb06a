// This file holds data sets in memory: read, checked, split and scaled.

package data

import (
	"fmt"
	"math"
	"path/filepath"
	"strings"
)

// A Set is a data set ready for use. Its Values are z-scored in place: per
// channel, the mean and the population standard deviation of the training rows
// are those of [scikit-learn's StandardScaler], as in the published loaders.
//
// [scikit-learn's StandardScaler]: https://scikit-learn.org/stable/modules/generated/sklearn.preprocessing.StandardScaler.html
type Set struct {
	Spec Spec
	*Table
	Mean, Std []float64 // (C), in the data's own units
	Verified  bool      // the values are the published ones, or generated here
	Warnings  []string  // what a reader of the results should know of the file

	train, val, test int // rows of each part
}

// Open reads a known set from the first of dirs that has its file, or generates
// it. A file that is not there gives a *[NotFoundError]. One of another shape is
// an error; one of the right shape whose hash is not the published one opens
// with Verified false and a warning.
func Open(spec Spec, dirs []string) (*Set, error) {
	if spec.File == "" {
		s := newSet(spec, generate(spec.Rows))
		s.Verified = true
		return s, nil
	}
	path, err := spec.Locate(dirs)
	if err != nil {
		return nil, err
	}
	t, err := ReadCSV(path)
	if err != nil {
		return nil, err
	}
	if t.Rows != spec.Rows || t.C != spec.Channels {
		return nil, fmt.Errorf("%s: %d rows of %d channels where %s has %d of %d; get the published file with \"ecalf data fetch %[4]s\", or use this one by its path",
			path, t.Rows, t.C, spec.Name, spec.Rows, spec.Channels)
	}
	s := newSet(spec, t)
	if err := spec.checkHash(path, t.SHA256); err != nil {
		s.Warnings = append(s.Warnings, err.Error())
	} else {
		s.Verified = true
	}
	return s, nil
}

// checkHash compares a file's hash with the published one.
func (s Spec) checkHash(path, got string) error {
	if got == s.SHA256 {
		return nil
	}
	return fmt.Errorf("%s: not the published %s: its SHA-256 is %s, want %s", path, s.Name, got, s.SHA256)
}

// FileOptions say how to use a CSV file of the user's own. Zero values stand for
// the defaults.
type FileOptions struct {
	Name   string // default: the file's name without its extension
	Season int    // rows per season; default: a day's rows, a week's where a row is a day, a year's where it is a week or months, else 1
	// Fractions are the shares of training, validation and test rows.
	// Default: 0.7, 0.1, 0.2.
	Fractions [3]float64
}

// OpenFile reads a CSV file of the user's own: see [ReadCSV]. Verified is false,
// there being nothing to compare it with.
func OpenFile(path string, o FileOptions) (*Set, error) {
	if o.Fractions == ([3]float64{}) {
		o.Fractions = [3]float64{0.7, 0.1, 0.2}
	}
	f := o.Fractions
	if !(f[0] > 0 && f[1] >= 0 && f[2] >= 0 && math.Abs(f[0]+f[1]+f[2]-1) < 1e-9) {
		return nil, fmt.Errorf("%s: the parts %v of its rows must add up to 1, with some for training", path, f)
	}
	if o.Season < 0 {
		return nil, fmt.Errorf("%s: a season of %d rows; want 1 or more, or 0 for the default", path, o.Season)
	}
	t, err := ReadCSV(path)
	if err != nil {
		return nil, err
	}
	if o.Name == "" {
		o.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	if o.Season == 0 {
		o.Season = t.Dates.Season()
	}
	s := newSet(Spec{
		Name: o.Name, File: path,
		Channels: t.C, Rows: t.Rows, Step: t.Dates.Step, Season: o.Season,
		Split: Split{Train: f[0], Val: f[1], Test: f[2]},
		Bytes: t.Bytes, SHA256: t.SHA256,
	}, t)
	if s.train == 0 {
		return nil, fmt.Errorf("%s: %d rows leave none for training", path, t.Rows)
	}
	if d := t.Dates; d.Irregular > 0 {
		s.Warnings = append(s.Warnings, path+": "+d.irregularity(t.Rows))
	}
	return s, nil
}

// newSet splits a table and scales it.
func newSet(spec Spec, t *Table) *Set {
	s := &Set{Spec: spec, Table: t}
	s.train, s.val, s.test = spec.Split.Rows(t.Rows)
	s.Mean, s.Std = fit(t.Values[:s.train*t.C], t.C)
	scale(t.Values, s.Mean, s.Std)
	return s
}

// fit returns each channel's mean and population standard deviation over
// values, (rows, C). A constant channel has deviation 1.
func fit(values []float32, c int) (mean, std []float64) {
	mean, std = make([]float64, c), make([]float64, c)
	n := float64(len(values) / c)
	for row := values; len(row) > 0; row = row[c:] {
		for i, v := range row[:c] {
			mean[i] += float64(v)
		}
	}
	for i := range mean {
		mean[i] /= n
	}
	for row := values; len(row) > 0; row = row[c:] {
		for i, v := range row[:c] {
			d := float64(v) - mean[i]
			std[i] += d * d
		}
	}
	const eps = 0x1p-52
	for i := range std {
		variance := std[i] / n
		std[i] = math.Sqrt(variance)
		// Rounding leaves a constant channel a variance that is not quite zero:
		// the bound is that of scikit-learn's _is_constant_feature.
		if around := n * mean[i] * eps; variance <= n*eps*variance+around*around {
			std[i] = 1
		}
	}
	return mean, std
}

// scale replaces each value by (value - mean) / std of its channel.
func scale(values []float32, mean, std []float64) {
	c := len(mean)
	for row := values; len(row) > 0; row = row[c:] {
		for i, v := range row[:c] {
			row[i] = float32((float64(v) - mean[i]) / std[i])
		}
	}
}
