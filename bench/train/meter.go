// What a cell costs: wall and processor time, memory, energy. What cannot be read is absent, with the reason.

package train

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"ecalf/bench/result"
)

// meter measures one cell. Its figures are the process's, so cells run one after another.
type meter struct {
	started time.Time
	cpu     float64
	energy  []energyCounter
	cost    result.Cost
	before  result.Cost // of earlier runs of the same cell, up to the checkpoint this one goes on from
}

func startMeter() *meter {
	m := &meter{started: time.Now(), cpu: cpuSeconds(), cost: result.Cost{Missing: map[string]string{}}}
	// "5" resets the peak that VmHWM reports; where the system refuses, the peak is the process's so far.
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	m.energy = raplCounters()
	return m
}

// phase starts a stopwatch and returns the function that adds its time to seconds.
func (m *meter) phase(seconds **float64) (done func()) {
	from := time.Now()
	return func() {
		total := time.Since(from).Seconds()
		if *seconds != nil {
			total += **seconds
		}
		*seconds = &total
	}
}

// add takes in what earlier runs spent on the cell.
func (m *meter) add(spent result.Cost) {
	m.before = spent
	m.cost.FitSeconds = spent.FitSeconds
	m.cost.Missing["joules"] = "the cell was resumed: its first part was not measured"
}

// soFar is the time spent on the cell, earlier runs included.
func (m *meter) soFar() result.Cost {
	wall, cpu := time.Since(m.started).Seconds(), cpuSeconds()-m.cpu
	if m.before.WallSeconds != nil {
		wall, cpu = wall+*m.before.WallSeconds, cpu+*m.before.CPUSeconds
	}
	return result.Cost{WallSeconds: &wall, CPUSeconds: &cpu, FitSeconds: m.cost.FitSeconds}
}

func (m *meter) stop() result.Cost {
	spent := m.soFar()
	m.cost.WallSeconds, m.cost.CPUSeconds = spent.WallSeconds, spent.CPUSeconds
	if peak, ok := peakRSS(); ok {
		m.cost.PeakRSSBytes = &peak
	} else {
		m.cost.Missing["peak_rss_bytes"] = "no /proc/self/status on this system"
	}
	if joules, reason := energySince(m.energy); reason == "" && m.before.WallSeconds == nil {
		m.cost.Joules = &joules
	} else if reason != "" {
		m.cost.Missing["joules"] = reason
	}
	return m.cost
}

// cpuSeconds is the user and system time of the whole process so far.
func cpuSeconds() float64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return 0 // RUSAGE_SELF cannot fail
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

// peakRSS reads the largest resident set, in bytes, since the meter started.
func peakRSS() (float64, bool) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 64)
			return kib * 1024, err == nil
		}
	}
	return 0, false
}

// energyCounter is one RAPL package domain: microjoules that wrap at a maximum.
type energyCounter struct {
	dir         string
	start, wrap float64
}

// raplCounters reads Intel's and AMD's running energy counters, one per processor package.
func raplCounters() []energyCounter {
	dirs, _ := filepath.Glob("/sys/class/powercap/intel-rapl:[0-9]*")
	var counters []energyCounter
	for _, dir := range dirs {
		if strings.Count(filepath.Base(dir), ":") != 1 {
			continue // a part of a package, already counted in it
		}
		start, err1 := readFloat(filepath.Join(dir, "energy_uj"))
		wrap, err2 := readFloat(filepath.Join(dir, "max_energy_range_uj"))
		if err1 == nil && err2 == nil {
			counters = append(counters, energyCounter{dir, start, wrap})
		}
	}
	return counters
}

// energySince sums what the counters ran since they were first read, in joules, or says why it cannot.
func energySince(counters []energyCounter) (joules float64, reason string) {
	if len(counters) == 0 {
		return 0, "no readable RAPL energy counter"
	}
	for _, c := range counters {
		now, err := readFloat(filepath.Join(c.dir, "energy_uj"))
		if err != nil {
			return 0, err.Error()
		}
		if now < c.start {
			now += c.wrap
		}
		joules += (now - c.start) / 1e6
	}
	return joules, ""
}

func readFloat(path string) (float64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(strings.TrimSpace(string(b)), 64)
}
