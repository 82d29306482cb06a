// The data sets of a run: found by name in the data directories, or a suite's own files, each read once.

package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/bench/suites"
)

// dataFlag adds --data to a command.
func dataFlag(c *cobra.Command) *string {
	return c.Flags().String("data", "", "data directory, or several separated by a colon (default: $ECALF_DATA, then data/)")
}

// datasets opens sets on demand and keeps them: all seven together take 150 MB.
type datasets struct {
	dirs     []string
	files    map[string]suites.File
	open     map[string]*data.Set
	shuffled map[shuffle]*data.Set
	bad      map[string]error // sets whose file cannot be used; tried once
	warn     io.Writer
}

// shuffle names a set with its channels in another order.
type shuffle struct {
	name string
	seed int64
}

func newDatasets(dirFlag string, files []suites.File, warn io.Writer) *datasets {
	d := &datasets{dirs: data.Dirs(dirFlag), files: map[string]suites.File{}, open: map[string]*data.Set{}, shuffled: map[shuffle]*data.Set{}, bad: map[string]error{}, warn: warn}
	for _, f := range files {
		d.files[f.Name] = f
	}
	return d
}

// missing returns the error that says how to get a public set that is not in the data directories, nil if it is there.
func (d *datasets) missing(name string) *data.NotFoundError {
	if _, own := d.files[name]; own {
		return nil
	}
	spec, err := data.Find(name)
	if err != nil {
		return nil
	}
	_, err = spec.Locate(d.dirs)
	var notFound *data.NotFoundError
	errors.As(err, &notFound)
	return notFound
}

// missingFor returns missing's error for the first set that a cell needs and that is not there.
func (d *datasets) missingFor(c result.Cell) *data.NotFoundError {
	train, test := c.Sets()
	if notFound := d.missing(train); notFound != nil {
		return notFound
	}
	return d.missing(test)
}

// of opens the sets that a cell is trained and tested on, its channels in the cell's order.
func (d *datasets) of(c result.Cell) (train, test *data.Set, err error) {
	trainName, testName := c.Sets()
	if train, err = d.ordered(trainName, c.ChannelsSeed); err == nil {
		test, err = d.ordered(testName, c.ChannelsSeed)
	}
	return train, test, err
}

// ordered is get with the channels in an order drawn from seed; 0 is the file's.
func (d *datasets) ordered(name string, seed int64) (*data.Set, error) {
	set, err := d.get(name)
	if err != nil || seed == 0 {
		return set, err
	}
	key := shuffle{name, seed}
	if d.shuffled[key] == nil {
		d.shuffled[key] = set.ShuffleChannels(seed)
	}
	return d.shuffled[key], nil
}

// get opens the set of that name, and says once what is wrong with its file, or if it is not the public one.
func (d *datasets) get(name string) (*data.Set, error) {
	if set := d.open[name]; set != nil {
		return set, nil
	}
	if err := d.bad[name]; err != nil {
		return nil, err
	}
	set, err := d.read(name)
	if err != nil {
		fmt.Fprintf(d.warn, "%s: %v\n", name, err)
		d.bad[name] = err
		return nil, err
	}
	for _, warning := range set.Warnings {
		fmt.Fprintln(d.warn, "warning: "+warning)
	}
	d.open[name] = set
	return set, nil
}

func (d *datasets) read(name string) (*data.Set, error) {
	if f, own := d.files[name]; own {
		o := data.FileOptions{Name: f.Name, Season: f.Season}
		copy(o.Fractions[:], f.Split)
		return data.OpenFile(f.Path, o)
	}
	spec, err := data.Find(name)
	if err != nil {
		return nil, err
	}
	return data.Open(spec, d.dirs)
}
