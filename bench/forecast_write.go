// What ecalf forecast leaves: the file, the picture and a summary.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"ecalf/bench/forecast"
)

// forecastSummary is the line of forecast --json.
type forecastSummary struct {
	Model     string `json:"model"`
	Backbone  string `json:"backbone,omitempty"`
	Input     string `json:"input"`
	Rows      int    `json:"rows"` // of the input
	Channels  int    `json:"channels"`
	Lookback  int    `json:"lookback"`
	Horizon   int    `json:"horizon"`
	Windows   int    `json:"windows"` // forecast: 1 without --windows
	First     string `json:"first"`   // date or number of the first row forecast
	Last      string `json:"last"`
	Scaler    string `json:"scaler"`
	Precision string `json:"precision"`
	Output    string `json:"output"`
	Plot      string `json:"plot,omitempty"`
	Attention string `json:"attention,omitempty"`
	Saved     string `json:"saved,omitempty"`
}

// write writes the forecast and the picture, and says what it wrote.
func (o *forecastOptions) write(ctx context.Context, m *forecast.Model, stdout, stderr io.Writer) error {
	s := forecastSummary{Model: o.model, Backbone: m.Meta.Backbone, Input: o.input, Rows: m.Set.Rows, Channels: m.Set.C,
		Lookback: m.Meta.Lookback, Horizon: m.Meta.Horizon, Windows: 1, Scaler: m.Scaler, Precision: m.Meta.Precision,
		Output: o.output, Plot: o.plot, Attention: o.attention, Saved: o.save}
	first, end := m.Set.Rows, m.Set.Rows+s.Horizon // rows that are forecast
	if o.windows {
		w, err := m.Windows()
		if err != nil {
			return fmt.Errorf("%s: %w", o.input, err)
		}
		s.Windows, first, end = w.Len(), s.Lookback, m.Set.Rows
		if o.window >= s.Windows {
			return usagef("--window %d: %s has the windows 0 … %d", o.window, o.input, s.Windows-1)
		}
	}
	s.First, s.Last = m.Label(first), m.Label(end-1)
	shown := end - s.Horizon // first row of the forecast in the pictures
	if o.window >= 0 {
		shown = o.window + s.Lookback
	}

	write := func(w io.Writer) error {
		switch {
		case !o.windows:
			values, err := m.Next()
			if err != nil {
				return err
			}
			return m.WriteNext(w, values)
		case isNPY(o.output):
			return m.WriteArray(ctx, w)
		}
		return m.WriteWindows(ctx, w)
	}
	var err error
	if o.output == stdoutPath {
		err = write(stdout)
	} else {
		err = forecast.Replace(o.output, write)
	}
	if ctx.Err() != nil {
		return errors.New("interrupted; no file was written")
	}
	if err != nil {
		return fmt.Errorf("%s: forecast to %s: %w", o.input, o.output, err)
	}
	if o.plot != "" {
		err := forecast.Replace(o.plot, func(w io.Writer) error {
			values, err := m.From(shown)
			if err != nil {
				return err
			}
			return m.Draw(w, strings.ToLower(filepath.Ext(o.plot)), values, shown)
		})
		if err != nil {
			return fmt.Errorf("--plot %s: %w", o.plot, err)
		}
	}
	if o.attention != "" {
		err := forecast.Replace(o.attention, func(w io.Writer) error {
			a, err := m.Attention(shown)
			if err != nil {
				return err
			}
			if isNPY(o.attention) {
				return forecast.WriteAttention(w, a)
			}
			return m.DrawAttention(w, strings.ToLower(filepath.Ext(o.attention)), a, shown)
		})
		if err != nil {
			return fmt.Errorf("--attention %s: %w", o.attention, err)
		}
	}
	if o.json {
		return json.NewEncoder(stdout).Encode(s)
	}
	fmt.Fprintln(stderr, s)
	return nil
}

func isNPY(path string) bool { return strings.EqualFold(filepath.Ext(path), ".npy") }

// String is the summary in a line for people.
func (s forecastSummary) String() string {
	model := s.Model
	if s.Backbone != "" {
		model += " (" + s.Backbone + ")"
	}
	what := fmt.Sprintf("%d rows", s.Horizon)
	if s.Windows > 1 {
		what = fmt.Sprintf("%d windows of %d rows", s.Windows, s.Horizon)
	}
	line := fmt.Sprintf("%s: %s of %d columns, %s … %s, scaled by %s, to %s", model, what, s.Channels, s.First, s.Last, s.Scaler, s.Output)
	for _, other := range []string{s.Plot, s.Attention, s.Saved} {
		if other != "" {
			line += " and " + other
		}
	}
	return line
}
