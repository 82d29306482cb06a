// What trained models showed of themselves, epoch by epoch: alignment scores, temperatures, weights.

package result

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// alignmentDigits is how a watched number is printed: weights of losses begin at a hundredth.
const alignmentDigits = 4

// AlignmentListing lists what the models of the records showed while they trained, Epoch.Watched: for each of a model's
// cells the first epoch, the one whose weights were kept, and the last. "score.0" stands in a sheet of the family
// score, in column 0; numbers without a family stand in one sheet together.
func AlignmentListing(records []Record, o Options) *Listing {
	o.References = nil
	l := &Listing{opts: o, csv: [][]string{{"suite", "dataset", "horizon", "setting", "model", "backbone", "seed", "which", "epoch", "quantity", "value"}}}
	for _, b := range BuildTable(records, o).blocks {
		families := b.families()
		for _, family := range slices.SortedFunc(maps.Keys(families), compareFamilies) {
			l.all = append(l.all, b.watchedSheet(family, families[family]))
		}
		for _, w := range b.watchers() {
			for _, e := range w.outlined() {
				for _, name := range slices.SortedFunc(maps.Keys(e.Watched), Naturally) {
					l.csv = append(l.csv, []string{b.suite, w.dataset, strconv.Itoa(w.horizon), b.setting, w.column.name, w.Cell.Backbone,
						strconv.FormatInt(w.Cell.Seed, 10), e.which, strconv.Itoa(e.Epoch.Epoch), name, some(e.Watched[name]).digits()})
				}
			}
		}
	}
	return l
}

// watcher is a record with watched numbers, and where it stands.
type watcher struct {
	row
	column
	Record
}

// watchers are the records with watched numbers, in the table's order.
func (b *block) watchers() (all []watcher) {
	for _, w := range b.rows {
		for i, e := range w.entries {
			for _, r := range e.records {
				if slices.ContainsFunc(r.Epochs, func(e Epoch) bool { return len(e.Watched) > 0 }) {
					all = append(all, watcher{w, b.columns[i], r})
				}
			}
		}
	}
	return all
}

// families are the members of every family of watched numbers, in order; those without a family are that of "".
func (b *block) families() map[string][]string {
	families := map[string][]string{}
	for _, w := range b.watchers() {
		for _, e := range w.Epochs {
			for name := range e.Watched {
				family, member := FamilyOf(name)
				families[family] = appendNew(families[family], member)
			}
		}
	}
	for _, members := range families {
		slices.SortFunc(members, Naturally)
	}
	return families
}

// FamilyOf takes the name of a watched number apart: "score.0" is the member "0" of the family "score"; a name without a
// dot is a member of the family "".
func FamilyOf(name string) (family, member string) {
	if family, member, ok := strings.Cut(name, "."); ok {
		return family, member
	}
	return "", name
}

// compareFamilies puts what has no family last.
func compareFamilies(a, b string) int {
	if (a == "") != (b == "") {
		return len(b) - len(a)
	}
	return cmp.Compare(a, b)
}

// Naturally compares names of watched numbers or members of a family, numbers by their value: "9" comes before "10".
func Naturally(a, b string) int {
	family, x := FamilyOf(a)
	other, y := FamilyOf(b)
	i, errX := strconv.Atoi(x)
	j, errY := strconv.Atoi(y)
	if errX == nil && errY == nil {
		return cmp.Or(cmp.Compare(family, other), cmp.Compare(i, j))
	}
	return cmp.Compare(a, b)
}

// watchedSheet has a row per record and outlined epoch, and a column per member of a family.
func (b *block) watchedSheet(family string, members []string) sheet {
	s := b.empty("What was watched, ")
	s.heads = []head{{"", "data set"}, {"", "H"}, {"", "model"}, {"", "seed"}, {"", "epoch"}, {"", ""}}
	s.left, s.keys = 1, len(s.heads)
	s.label += "-" + cmp.Or(family, "rest")
	if family != "" {
		s.title += ": " + family
	}
	for _, m := range members {
		s.heads = append(s.heads, head{family, m})
	}
	for _, w := range b.watchers() {
		for i, e := range w.outlined() {
			line := []text{{}, {}, {}, {}, {s: strconv.Itoa(e.Epoch.Epoch)}, {s: e.which}}
			if i == 0 {
				line[0].s, line[1].s, line[2].s, line[3].s = w.dataset, strconv.Itoa(w.horizon), w.label, strconv.FormatInt(w.Cell.Seed, 10)
			}
			for _, m := range members {
				name := m
				if family != "" {
					name = family + "." + m
				}
				v, ok := e.Watched[name]
				line = append(line, text{s: optional{v, ok}.fixed(alignmentDigits)})
			}
			s.add(line, i == 0 && len(s.rows) > 0)
		}
	}
	s.notes = []string{fmt.Sprintf("means over the steps of an epoch, with %d digits; best is the epoch whose weights were kept and tested", alignmentDigits)}
	return s
}

// outlined is an epoch of those that stand for a training.
type outlined struct {
	Epoch
	which string
}

// outlined are the first epoch, the best and the last, each once.
func (r Record) outlined() (some []outlined) {
	best := int(r.Fitted["best_epoch"])
	for i, e := range r.Epochs {
		var which []string
		if i == 0 {
			which = append(which, "first")
		}
		if e.Epoch == best {
			which = append(which, "best")
		}
		if i == len(r.Epochs)-1 {
			which = append(which, "last")
		}
		if which != nil {
			some = append(some, outlined{e, strings.Join(which, ", ")})
		}
	}
	return some
}
