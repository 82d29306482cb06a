package data

import (
	"slices"
	"testing"
)

// Every channel keeps its name, values, mean and deviation, in all parts alike; the set itself is not touched.
func TestShuffleChannels(t *testing.T) {
	spec, err := Find("Synthetic")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := slices.Clone(s.Values)
	a, again, other := s.ShuffleChannels(1), s.ShuffleChannels(1), s.ShuffleChannels(2)
	if !slices.Equal(a.Channels, again.Channels) || slices.Equal(a.Channels, other.Channels) || slices.Equal(a.Channels, s.Channels) {
		t.Fatalf("orders %v, %v, %v of %v", a.Channels, again.Channels, other.Channels, s.Channels)
	}
	if !slices.Equal(s.Values, before) {
		t.Error("the set itself is shuffled")
	}
	for to, name := range a.Channels {
		from := slices.Index(s.Channels, name)
		if from < 0 || a.Mean[to] != s.Mean[from] || a.Std[to] != s.Std[from] {
			t.Errorf("channel %s: mean %v, deviation %v", name, a.Mean[to], a.Std[to])
		}
	}
	for _, part := range []Part{Train, Val, Test} {
		w, err := s.Windows(part, 96, 24)
		if err != nil {
			t.Fatal(err)
		}
		v, err := a.Windows(part, 96, 24)
		if err != nil || v.Len() != w.Len() {
			t.Fatalf("%s: %d windows, want %d; %v", part, v.Len(), w.Len(), err)
		}
		for to, name := range a.Channels {
			from := slices.Index(s.Channels, name)
			for row := range 24 {
				if v.Target(5)[row*s.C+to] != w.Target(5)[row*s.C+from] {
					t.Fatalf("%s: channel %s, row %d differs", part, name, row)
				}
			}
		}
	}
}
