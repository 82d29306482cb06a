// This file tests the number parser against strconv.

package data

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDecimal(t *testing.T) {
	tests := []struct {
		text string
		want float32
		n    int
		ok   bool
	}{
		{"0", 0, 1, true},
		{"-0.0", float32(math.Copysign(0, -1)), 4, true},
		{"1.5,7", 1.5, 3, true},
		{".5", .5, 2, true},
		{"5.", 5, 2, true},
		{"1e-05", 1e-5, 5, true},
		{"2E+3 ", 2000, 4, true},
		{"1e22", 1e22, 4, true},
		{"1.5x", 1.5, 3, true}, // the caller sees that the cell goes on
		{"9007199254740993", 9007199254740993, 16, true},
		{"12.994000434875488", 12.994000434875488, 18, true}, // ETTh1, seventeen digits
		{"1e23", 0, 0, false},                                // 10²³ is not a float64
		{"1e-4000", 0, 0, false},                             // four digits of exponent
		{"9999999999999999999e22", 0, 0, false},              // beyond float32
		{"00000000000000000001", 0, 0, false},                // twenty digits
		// Half-way between two float32, to nineteen digits: 1 + 2⁻²⁴.
		{"1.000000059604644775", 0, 0, false},
		{"", 0, 0, false},
		{"-", 0, 0, false},
		{".", 0, 0, false},
		{"e5", 0, 0, false},
		{"1e", 0, 0, false},
		{"1e+", 0, 0, false},
		{"+1", 0, 0, false},
		{"nan", 0, 0, false},
	}
	for _, test := range tests {
		v, n, ok := parseDecimal([]byte(test.text))
		if v != test.want || math.Signbit(float64(v)) != math.Signbit(float64(test.want)) || n != test.n || ok != test.ok {
			t.Errorf("parseDecimal(%q) = %v, %d, %v; want %v, %d, %v", test.text, v, n, ok, test.want, test.n, test.ok)
		}
	}
}

// TestParseNumberAgrees compares both parsers with strconv on numbers in every
// notation, on numbers as data files hold them, and next to the half-way points
// of float32, where a second rounding would show.
func TestParseNumberAgrees(t *testing.T) {
	notation := rapid.StringMatching(`-?([0-9]{1,10}(\.[0-9]{0,12})?|\.[0-9]{1,21})([eE][+-]?[0-9]{1,4})?`)
	written := rapid.Custom(func(t *rapid.T) string {
		format := rapid.SampledFrom([]byte("feg")).Draw(t, "format")
		precision := rapid.IntRange(-1, 19).Draw(t, "precision")
		return strconv.FormatFloat(float64(rapid.Float32().Draw(t, "value")), format, precision, 64)
	})
	halfway := rapid.Custom(func(t *rapid.T) string {
		v := rapid.Float32Range(1e-3, 1e6).Draw(t, "value")
		next := math.Nextafter32(v, math.MaxFloat32)
		return strconv.FormatFloat((float64(v)+float64(next))/2, 'g', rapid.IntRange(15, 19).Draw(t, "digits"), 64)
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(notation, written, halfway).Draw(t, "number")
		f, err := strconv.ParseFloat(text, 64)
		want := float32(f)
		if v, n, ok := parseDecimal([]byte(text + ",")); ok {
			if n != len(text) || math.Float32bits(v) != math.Float32bits(want) {
				t.Errorf("parseDecimal(%q) = %v after %d bytes, want %v", text, v, n, want)
			}
		}
		v, problem, _ := parseCell([]byte(text))
		if finite := err == nil && !math.IsInf(float64(want), 0); finite != (problem == "") {
			t.Errorf("parseCell(%q): problem %q, strconv gives %v, %v", text, problem, want, err)
		} else if finite && math.Float32bits(v) != math.Float32bits(want) {
			t.Errorf("parseCell(%q) = %v, want %v", text, v, want)
		}
	})
}

// TestParseDecimalShort shows that the short way takes the numbers of the known
// sets, so that the reader's speed is its own: strconv is for the odd cell.
func TestParseDecimalShort(t *testing.T) {
	for _, text := range strings.Fields("0.0048 -1.4179999828338623 989.84 6.3e-05 38.86800003051758 0 1509928") {
		if _, _, ok := parseDecimal([]byte(text)); !ok {
			t.Errorf("%s takes the long way", text)
		}
	}
}
