// Where the dates stand under a picture's axis.

package forecast

import (
	"math"
	"time"

	"gonum.org/v1/plot"

	"ecalf/bench/figure"
)

// calendar are the distances between labelled dates, and how such dates are written.
var calendar = []struct {
	step   time.Duration
	months int // instead of step
	layout string
}{
	{step: time.Second, layout: time.TimeOnly}, {step: 10 * time.Second, layout: time.TimeOnly},
	{step: time.Minute, layout: "01-02 15:04"}, {step: 5 * time.Minute, layout: "01-02 15:04"},
	{step: 15 * time.Minute, layout: "01-02 15:04"}, {step: time.Hour, layout: "01-02 15:04"},
	{step: 3 * time.Hour, layout: "01-02 15:04"}, {step: 6 * time.Hour, layout: "01-02 15:04"},
	{step: 12 * time.Hour, layout: "01-02 15:04"}, {step: day, layout: time.DateOnly}, {step: 2 * day, layout: time.DateOnly},
	{step: 5 * day, layout: time.DateOnly}, {step: 10 * day, layout: time.DateOnly},
	{months: 1, layout: "2006-01"}, {months: 3, layout: "2006-01"}, {months: 6, layout: "2006-01"},
	{months: 12, layout: "2006"}, {months: 24, layout: "2006"}, {months: 60, layout: "2006"}, {months: 120, layout: "2006"},
	{months: 1200, layout: "2006"},
}

const day = 24 * time.Hour

// ticks are at most n dates between two rows, or round numbers where there are no dates.
func (m *Model) ticks(first, last, n int) plot.Ticker {
	from, dated := m.date(first)
	to, _ := m.date(last)
	if !dated || !to.After(from) {
		return plot.TickerFunc(func(low, high float64) []plot.Tick { return figure.Round(low, high, n) })
	}
	return plot.ConstantTicks(dateTicks(from, to, n))
}

// dateTicks are at most n dates from one to another, at the closest distance of the calendar that gives no more.
func dateTicks(from, to time.Time, n int) []plot.Tick {
	for _, c := range calendar {
		step := c.step
		if c.months > 0 {
			step = time.Duration(c.months) * 30 * day
		}
		if float64(to.Sub(from))/float64(step) > float64(n) {
			continue
		}
		var ticks []plot.Tick
		for t := next(from, c.step, c.months); !t.After(to); t = next(t.Add(time.Second), c.step, c.months) {
			ticks = append(ticks, plot.Tick{Value: float64(t.Unix()), Label: t.Format(c.layout)})
		}
		if len(ticks) <= n {
			return ticks
		}
	}
	return []plot.Tick{{Value: float64(from.Unix()), Label: from.Format("2006")}}
}

// next is the first date from t on that is a whole number of steps after 1970 or, for months, after the year 0.
func next(t time.Time, step time.Duration, months int) time.Time {
	if months == 0 {
		steps := math.Ceil(float64(t.Unix()) / step.Seconds())
		return time.Unix(int64(steps*step.Seconds()), 0).UTC()
	}
	month := t.Year()*12 + int(t.Month()) - 1
	if t.Day() > 1 || t.Unix()%int64(day.Seconds()) != 0 {
		month++
	}
	month = (month + months - 1) / months * months
	return time.Date(month/12, time.Month(month%12+1), 1, 0, 0, 0, 0, time.UTC)
}
