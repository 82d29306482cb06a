// This file holds the number parser of the CSV reader.

package data

import (
	"bytes"
	"math"
	"strconv"
)

// pow10 holds the powers of ten that a float64 represents exactly.
var pow10 = [...]float64{
	1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
}

// parseDecimal reads the decimal number that b begins with and returns it with
// its length. The value is float32(strconv.ParseFloat(…, 64)), the rounding of
// the published loaders. ok is false where that takes more than one operation
// on exact operands (W. D. Clinger, How to read floating point numbers
// accurately, 1990), or b does not begin with a number; [parseCell] decides then.
func parseDecimal(b []byte) (v float32, n int, ok bool) {
	i, negative := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, negative = 1, true
	}
	var mantissa uint64
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		mantissa = mantissa*10 + uint64(b[i]-'0')
		i++
	}
	digits, exp := i-start, 0
	if i < len(b) && b[i] == '.' {
		i++
		start = i
		for i < len(b) && b[i]-'0' <= 9 {
			mantissa = mantissa*10 + uint64(b[i]-'0')
			i++
		}
		digits += i - start
		exp = start - i
	}
	if digits == 0 || digits > 19 { // 19 digits cannot overflow 64 bits
		return 0, 0, false
	}
	if i < len(b) && b[i]|0x20 == 'e' {
		e, width := parseExponent(b[i+1:])
		if width == 0 {
			return 0, 0, false
		}
		exp += e
		i += 1 + width
	}
	f := float64(mantissa)
	switch {
	case exp < -22 || exp > 22:
		return 0, 0, false
	case exp < 0:
		f /= pow10[-exp]
	default:
		f *= pow10[exp]
	}
	v = float32(f)
	if mantissa > 1<<53 {
		// Two roundings: f is within 3·2⁻⁵³ of the nearest float64, relatively.
		// That decides the float32 unless a boundary between two lies as close.
		if float32(f*(1-0x1p-50)) != float32(f*(1+0x1p-50)) {
			return 0, 0, false
		}
	}
	if v > math.MaxFloat32 {
		return 0, 0, false
	}
	if negative {
		v = -v
	}
	return v, i, true
}

// parseExponent reads an exponent of one to three digits with an optional sign.
// Its width is 0 where b does not begin with one.
func parseExponent(b []byte) (exp, width int) {
	i, negative := 0, false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		i, negative = 1, b[0] == '-'
	}
	start := i
	for i < len(b) && b[i]-'0' <= 9 {
		exp = exp*10 + int(b[i]-'0')
		if i++; i-start > 3 {
			return 0, 0
		}
	}
	if i == start {
		return 0, 0
	}
	if negative {
		exp = -exp
	}
	return exp, i
}

// parseCell reads a whole cell, which may have spaces or quotes around its
// number. problem is empty, or says what is wrong with the cell; hint, what to do.
func parseCell(cell []byte) (v float32, problem, hint string) {
	cell = trimCell(cell)
	if len(cell) == 0 {
		return 0, "empty cell", "fill the gap or drop the row"
	}
	// ParseFloat also takes hexadecimal and underscores: not numbers in a CSV file.
	if bytes.ContainsAny(cell, "xX_") {
		return 0, quote(cell) + " is not a number", "correct the cell or remove its column"
	}
	f, err := strconv.ParseFloat(string(cell), 64)
	switch {
	case math.IsNaN(f) || err == nil && math.IsInf(f, 0):
		return 0, quote(cell) + " is not finite", "fill the gap or drop the row"
	case math.IsInf(float64(float32(f)), 0):
		return 0, quote(cell) + " does not fit a 32-bit float", "rescale the column"
	case err != nil:
		return 0, quote(cell) + " is not a number", "correct the cell or remove its column"
	}
	return float32(f), "", ""
}

// trimCell removes spaces around a cell, then one pair of quotes.
func trimCell(cell []byte) []byte {
	cell = bytes.TrimSpace(cell)
	if n := len(cell); n >= 2 && cell[0] == '"' && cell[n-1] == '"' {
		cell = cell[1 : n-1]
	}
	return cell
}

// quote shows a cell in an error, shortened: a damaged file can have long cells.
func quote(cell []byte) string {
	const most = 32
	if len(cell) > most {
		return strconv.Quote(string(cell[:most])) + "…"
	}
	return strconv.Quote(string(cell))
}
