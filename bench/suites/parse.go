// Strict reading of a suite file: every mistake with its line and column.

package suites

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads a suite strictly: an unknown key, model, data set or protocol, a missing field or a number out of range
// is an *Error with file, line and column.
func Parse(file string, src []byte) (*Suite, error) {
	if len(src) > maxBytes {
		return nil, fmt.Errorf("%s: %d bytes is no suite; the limit is %d", file, len(src), maxBytes)
	}
	s := &Suite{Protocol: "standard", Percents: []int{100}, Seeds: []int64{2021}, Backbones: []string{"auto"}}
	tree, err := s.decode(file, src)
	if err != nil {
		return nil, err
	}
	if e := s.validate(); e != nil {
		e.File = file
		e.Line, e.Column = position(tree, e.path)
		return nil, e
	}
	s.spread()
	return s, nil
}

// decode fills s from src and returns the tree, for the places of later mistakes. The YAML library panics on some
// malformed input; that is an error of the file like any other.
func (s *Suite) decode(file string, src []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &Error{File: file, Line: 1, Column: 1, Msg: fmt.Sprintf("not YAML that can be read (%v)", r)}
		}
	}()
	tree, err = parser.ParseBytes(src, 0)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	if len(tree.Docs) != 1 {
		return nil, &Error{File: file, Line: 1, Column: 1, Msg: fmt.Sprintf("want one YAML document, got %d", len(tree.Docs))}
	}
	if tree.Docs[0].Body == nil {
		return nil, &Error{File: file, Line: 1, Column: 1, Msg: "the file is empty"}
	}
	if e := plainOnly(file, tree); e != nil {
		return nil, e
	}
	if err := yaml.UnmarshalWithOptions(src, s, yaml.Strict()); err != nil {
		return nil, syntaxError(file, err)
	}
	return tree, nil
}

// Error is a mistake in a suite file and where it is.
type Error struct {
	File         string
	Line, Column int // from 1
	Msg          string
	path         string // of the offending node, such as $.models[2].name
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg) }

// syntaxError turns an error of the YAML library into ours.
func syntaxError(file string, err error) error {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil {
		return &Error{File: file, Line: 1, Column: 1, Msg: err.Error()}
	}
	at, msg := e.GetToken().Position, e.GetMessage()
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		msg = fmt.Sprintf("unknown key %q", e.GetToken().Value)
	}
	return &Error{File: file, Line: at.Line, Column: at.Column, Msg: msg}
}

// plainOnly refuses what a suite does not need of YAML: anchors and aliases, which nest without bound, and tags.
func plainOnly(file string, tree *ast.File) *Error {
	var found *Error
	ast.Walk(visitor(func(n ast.Node) {
		switch n.Type() {
		case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
			if at := n.GetToken().Position; found == nil {
				found = &Error{File: file, Line: at.Line, Column: at.Column, Msg: "anchors, aliases and tags are not used in suites: write the value out"}
			}
		}
	}), tree.Docs[0].Body)
	return found
}

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

// position finds the node at a path, or the nearest one above it that is there.
func position(tree *ast.File, nodePath string) (line, column int) {
	for p := nodePath; p != "" && p != "$"; p = p[:strings.LastIndexAny(p, ".[")] {
		if q, err := yaml.PathString(p); err == nil {
			if node, err := q.FilterFile(tree); err == nil && node.GetToken() != nil {
				at := node.GetToken().Position
				return at.Line, at.Column
			}
		}
	}
	return 1, 1
}
