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
	tree, err := parser.ParseBytes(src, 0)
	if err != nil {
		return nil, syntaxError(file, err)
	}
	if len(tree.Docs) != 1 {
		return nil, &Error{File: file, Line: 1, Column: 1, Msg: fmt.Sprintf("want one YAML document, got %d", len(tree.Docs))}
	}
	if e := noAliases(file, tree); e != nil {
		return nil, e
	}
	s := &Suite{Protocol: "standard", Percents: []int{100}, Seeds: []int64{2021}}
	if err := yaml.UnmarshalWithOptions(src, s, yaml.Strict()); err != nil {
		return nil, syntaxError(file, err)
	}
	if e := s.validate(); e != nil {
		e.File = file
		e.Line, e.Column = position(tree, e.path)
		return nil, e
	}
	return s, nil
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

// noAliases refuses anchors and aliases: a suite does not need them, and nested ones expand without bound.
func noAliases(file string, tree *ast.File) *Error {
	var found *Error
	for _, doc := range tree.Docs {
		ast.Walk(visitor(func(n ast.Node) {
			if t := n.Type(); (t == ast.AnchorType || t == ast.AliasType || t == ast.MergeKeyType) && found == nil {
				p := n.GetToken().Position
				found = &Error{File: file, Line: p.Line, Column: p.Column, Msg: "anchors and aliases are not used in suites: write the value out"}
			}
		}), doc)
	}
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
