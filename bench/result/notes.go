// The footnotes of a table: what a reader must know to believe it.

package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (b *block) footnotes(o Options) []string {
	var notes []string
	for _, n := range [][]string{
		b.noteTrait("protocol", func(c Cell) string { return protocolNote(c.Protocol) }),
		b.noteTrait("look-back", func(c Cell) string { return strconv.Itoa(c.Lookback) }),
		b.noteBeside(), b.noteOrder(o.Ordered), b.noteParams(), b.noteComputed(), b.noteSeeds(), b.noteFirsts(), b.noteKinds(), b.notePublished(), b.noteWindows(), b.noteData(), b.noteFailures(),
	} {
		notes = append(notes, n...)
	}
	return notes
}

// protocolNote says what a protocol of public code does that ours does not.
func protocolNote(protocol string) string {
	if protocol == "calf-official" {
		return protocol + ", as the public code of CALF trains: training and validation drop their last batch, validation leaves the backbone's dropout on"
	}
	return protocol
}

// noteBeside names the columns that other suites ran, and the rows in which they did where the suite ran the others.
func (b *block) noteBeside() []string {
	var own []string
	for _, r := range b.records {
		if r.Cell.Suite == b.suite {
			own = appendNew(own, b.labelOf(r.Cell))
		}
	}
	from := grouped{}
	for _, r := range b.records {
		if r.Cell.Suite == b.suite {
			continue
		}
		what := b.labelOf(r.Cell)
		if slices.Contains(own, what) {
			what += fmt.Sprintf(" on %s/%d", r.Cell.Dataset, r.Cell.Horizon)
		}
		from.add("run by suite "+r.Cell.Suite, what)
	}
	return from.lines()
}

// noteOrder names the columns whose forecasts depend on the order of the channels, and the order.
func (b *block) noteOrder(models []string) []string {
	orders := grouped{}
	for _, r := range b.records {
		if !slices.Contains(models, r.Cell.Model) {
			continue
		}
		order := "the file's order"
		if seed := r.Cell.ChannelsSeed; seed != 0 {
			order = fmt.Sprintf("an order drawn from seed %d", seed)
		}
		orders.add("each channel sees those before it, in "+order+"; another order gives other numbers", b.labelOf(r.Cell))
	}
	return orders.lines()
}

// noteTrait says "protocol standard", or which columns have which where they differ.
func (b *block) noteTrait(name string, of func(Cell) string) []string {
	byValue := grouped{}
	for _, r := range b.records {
		if v := of(r.Cell); v != "" {
			byValue.add(name+" "+v, b.labelOf(r.Cell))
		}
	}
	if len(byValue.keys) == 1 && len(byValue.values[0]) == b.measured() {
		return byValue.keys
	}
	return byValue.lines()
}

// noteParams warns of columns whose hyper-parameters differ from row to row.
func (b *block) noteParams() []string {
	byColumn, differ := grouped{}, grouped{}
	for _, r := range b.records {
		byColumn.add(b.labelOf(r.Cell), string(canonicalObject("Params", r.Cell.Params)))
	}
	for i, label := range byColumn.keys {
		if len(byColumn.values[i]) > 1 {
			differ.add("hyper-parameters differ between the rows, as the records say", label)
		}
	}
	return differ.lines()
}

// noteComputed says in which precision, and on what, the trained models were computed.
func (b *block) noteComputed() []string {
	how := grouped{}
	for _, r := range b.records {
		if r.Cell.Recipe != nil && r.Status == OK && r.Env.Precision != "" {
			how.add(fmt.Sprintf("trained in %s on %s", r.Env.Precision, r.Env.Backend), b.labelOf(r.Cell))
		}
	}
	return how.lines()
}

func (b *block) noteSeeds() []string {
	least, most := 0, 0
	for _, w := range b.rows {
		for _, e := range w.entries {
			if n := e.seeds; w.horizon != 0 && n > 1 {
				if least == 0 {
					least = n
				}
				least, most = min(least, n), max(most, n)
			}
		}
	}
	switch {
	case most == 0:
		return nil
	case least == most:
		return []string{fmt.Sprintf("± is the standard deviation over %d seeds", most)}
	}
	return []string{fmt.Sprintf("± is the standard deviation over %d to %d seeds", least, most)}
}

// noteFirsts says what the line of first places counts.
func (b *block) noteFirsts() []string {
	if !b.marked {
		return nil
	}
	return []string{"1st: first places, ties included, of the rows in which the model has a value and a rival; averages are not counted"}
}

// noteKinds explains the columns that are not ordinary.
func (b *block) noteKinds() []string {
	kinds := grouped{}
	for _, c := range b.columns {
		if c.bound {
			kinds.add("a bound that takes no place", c.label)
		}
		if c.external {
			kinds.add("‡ predictions made elsewhere and scored here", c.label)
		}
	}
	return kinds.lines()
}

// notePublished names the papers.
func (b *block) notePublished() []string {
	beside, alone := grouped{}, grouped{}
	for _, c := range b.columns {
		to, name := &beside, c.label
		if c.reference {
			to, name = &alone, c.model
		}
		for _, w := range b.rows {
			if _, _, source, ok := Published(w.dataset, w.horizon, b.setting, c.model); ok && w.horizon != 0 && (c.reference || c.published) {
				to.add(name, source)
			}
		}
	}
	var notes []string
	if len(beside.keys) > 0 {
		notes = append(notes, "publ. is the published MSE/MAE, Δ is ours − published; "+beside.line())
	}
	if len(alone.keys) > 0 {
		notes = append(notes, "† published, not run in this suite, never ranked; "+alone.line())
	}
	return notes
}

// noteWindows names the entries that were scored on fewer windows than their row has.
func (b *block) noteWindows() []string {
	fewer := grouped{}
	for _, w := range b.rows {
		for i, e := range w.entries {
			if e.windows > 0 && e.windows < w.windows {
				fewer.add("not scored on all test windows", fmt.Sprintf("%s on %s/%d (%d of %d)", b.columns[i].label, w.dataset, w.horizon, e.windows, w.windows))
			}
		}
	}
	return fewer.lines()
}

// noteData names the data sets that are not the public files. A set without a hash, such as a generated one, has no file.
func (b *block) noteData() []string {
	other := grouped{}
	for _, r := range b.records {
		switch {
		case r.Cell.DataSHA256 != "":
			other.add("a file of the user's own", r.Cell.Dataset+" (SHA-256 "+r.Cell.DataSHA256[:min(16, len(r.Cell.DataSHA256))]+")")
		case r.Env.DataSHA256 != "" && !r.Env.DataVerified:
			other.add("data not byte-identical with the public file", r.Cell.Dataset)
		}
	}
	return other.lines()
}

// noteFailures lists every cell that has no result, so that none is missed by looking at the mean of the others.
func (b *block) noteFailures() []string {
	failed := grouped{}
	for _, w := range b.rows {
		for i, e := range w.entries {
			for _, r := range e.records {
				if r.Status == OK {
					continue
				}
				at := fmt.Sprintf("%s/%d", w.dataset, w.horizon)
				if r.Cell.Seed != 0 {
					at += fmt.Sprintf(" seed %d", r.Cell.Seed)
				}
				failed.add(fmt.Sprintf("%s %s (%s)", b.columns[i].label, r.Status, shorten(r.Reason)), at)
			}
		}
	}
	return failed.lines()
}

// shorten brings a reason to one line of bearable length.
func shorten(s string) string {
	const limit = 120
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return string(r)
}

// labelOf is the label of the column that the cell stands in.
func (b *block) labelOf(c Cell) string {
	return b.columns[slices.IndexFunc(b.columns, func(col column) bool { return !col.reference && col.holds(c) })].label
}

// measured is the number of columns with records.
func (b *block) measured() int {
	n := 0
	for _, c := range b.columns {
		if !c.reference {
			n++
		}
	}
	return n
}

// grouped collects distinct values under distinct keys, both in the order of first appearance.
type grouped struct {
	keys   []string
	values [][]string
}

func (g *grouped) add(key, value string) {
	i := slices.Index(g.keys, key)
	if i < 0 {
		i = len(g.keys)
		g.keys, g.values = append(g.keys, key), append(g.values, nil)
	}
	g.values[i] = appendNew(g.values[i], value)
}

// lines returns "key: value, value" per key.
func (g *grouped) lines() []string {
	var lines []string
	for i, k := range g.keys {
		lines = append(lines, k+": "+strings.Join(g.values[i], ", "))
	}
	return lines
}

// line is lines in one.
func (g *grouped) line() string { return strings.Join(g.lines(), "; ") }
