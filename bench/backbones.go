// The backbones of a run: found by name in the weights directories, each opened once and shared by its cells.

package main

import (
	"errors"
	"fmt"
	"io"

	"ecalf/model/weights"
)

// backbones opens backbones on demand and keeps them.
type backbones struct {
	dirs []string
	open map[backboneKey]*weights.Backbone
	bad  map[string]error // whose file is missing or cannot be used; tried once
	told map[string]bool  // of bad, what get has said
	warn io.Writer
}

// backboneKey names an open backbone; seed is 0 where nothing is drawn.
type backboneKey struct {
	name string
	seed int64
}

func newBackbones(dirFlag string, warn io.Writer) *backbones {
	return &backbones{dirs: weights.Dirs(dirFlag), open: map[backboneKey]*weights.Backbone{}, bad: map[string]error{}, told: map[string]bool{}, warn: warn}
}

// resolve is the name that a suite's name means here.
func (b *backbones) resolve(name string) string { return weights.Resolve(name, b.dirs) }

// missing returns the error that says how to get a backbone that is not in the weights directories, nil if it is there.
func (b *backbones) missing(name string) *weights.NotFoundError {
	if drawn(name) {
		return nil
	}
	_, err := b.find(name, 0)
	var notFound *weights.NotFoundError
	errors.As(err, &notFound)
	return notFound
}

// drawn says whether a backbone has no file, but weights drawn from a seed.
func drawn(name string) bool { return name == "random" || name == "none" }

// get opens the backbone of that name, drawn from seed if it is drawn, and says once what is wrong with its file.
func (b *backbones) get(name string, seed int64) (*weights.Backbone, error) {
	backbone, err := b.find(name, seed)
	if err != nil && !b.told[name] {
		b.told[name] = true
		fmt.Fprintf(b.warn, "backbone %s: %v\n", name, err)
	}
	return backbone, err
}

func (b *backbones) find(name string, seed int64) (*weights.Backbone, error) {
	if err := b.bad[name]; err != nil {
		return nil, err
	}
	key := backboneKey{name, seed}
	if !drawn(name) {
		key.seed = 0
	}
	if backbone := b.open[key]; backbone != nil {
		return backbone, nil
	}
	backbone, err := weights.Open(name, b.dirs, seed)
	if err != nil {
		b.bad[name] = err
		return nil, err
	}
	b.open[key] = backbone
	return backbone, nil
}
