// This file holds channels in another order than the file's.

package data

import "math/rand/v2"

// ShuffleChannels returns the set with its channels in an order drawn from seed, which depends on their number alone, so
// that two sets of as many channels are shuffled alike. The set itself stays as it is.
func (s *Set) ShuffleChannels(seed int64) *Set {
	order := rand.New(rand.NewPCG(uint64(seed), uint64(s.C))).Perm(s.C)
	out, table := *s, *s.Table
	out.Table = &table
	table.Channels = make([]string, s.C)
	table.Values = make([]float32, len(s.Values))
	out.Mean, out.Std = make([]float64, s.C), make([]float64, s.C)
	for to, from := range order {
		table.Channels[to] = s.Channels[from]
		out.Mean[to], out.Std[to] = s.Mean[from], s.Std[from]
		for at := 0; at < len(s.Values); at += s.C {
			table.Values[at+to] = s.Values[at+from]
		}
	}
	return &out
}
