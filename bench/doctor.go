// ecalf doctor: what this machine has, in one screen.

package main

import (
	"fmt"
	"io"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/cuda"
	"ecalf/kernels"
	"ecalf/model/weights"
)

// diagnosis is what `doctor --json` prints.
type diagnosis struct {
	Version     string      `json:"version"`
	Commit      string      `json:"commit"`
	Go          string      `json:"go"`
	OS          string      `json:"os"`
	Arch        string      `json:"arch"`
	CPU         string      `json:"cpu"`
	Cores       int         `json:"cores"`
	Threads     int         `json:"threads"`
	MemoryBytes int64       `json:"memory_bytes,omitempty"`
	Level       string      `json:"level"`     // the back end that runs by default
	Levels      []string    `json:"levels"`    // all that this machine can run, slowest first
	Precision   string      `json:"precision"` // what auto means
	Data        []fileState `json:"data"`
	Weights     []fileState `json:"weights"`
	Backbone    string      `json:"backbone"` // what auto means
	GPUs        []cuda.GPU  `json:"gpus,omitempty"`
	NoGPU       string      `json:"no_gpu,omitempty"` // why there is none
	Notes       []string    `json:"notes,omitempty"`  // what would make it better
}

// fileState is a file that was looked for.
type fileState struct {
	Name    string `json:"name"`
	Path    string `json:"path,omitempty"`
	Missing string `json:"missing,omitempty"` // where it was looked for
}

func doctorCommand() *cobra.Command {
	var dataDir, weightsDir *string
	var asJSON bool
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Show what this machine has: level, threads, data, weights, GPU",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			d, err := diagnose(*dataDir, *weightsDir)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), d)
			}
			d.print(c.OutOrStdout())
			return nil
		},
	}
	dataDir = dataFlag(c)
	weightsDir = weightsFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func diagnose(dataDir, weightsDir string) (*diagnosis, error) {
	be, err := backend("cpu")
	if err != nil {
		return nil, err
	}
	d := &diagnosis{
		Version: release, Commit: commitOf(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuName(), Cores: runtime.NumCPU(), Threads: kernels.Threads(), MemoryBytes: memoryBytes(), Level: be.Name(),
		Precision: kernels.Quicker(be).String(),
	}
	for _, b := range kernels.CPUs() {
		d.Levels = append(d.Levels, b.Name())
	}
	for _, s := range data.Specs {
		if s.File == "" {
			continue
		}
		state := fileState{Name: s.Name}
		if state.Path, err = s.Locate(data.Dirs(dataDir)); err != nil {
			state.Missing = strings.Join(data.Dirs(dataDir), ", ")
			d.Notes = append(d.Notes, err.Error())
		}
		d.Data = append(d.Data, state)
	}
	dirs := weights.Dirs(weightsDir)
	for _, k := range weights.Known {
		state := fileState{Name: k.Name}
		if state.Path, err = k.Locate(dirs); err != nil {
			state.Missing = strings.Join(dirs, ", ")
		}
		d.Weights = append(d.Weights, state)
	}
	d.Backbone = weights.Resolve("auto", dirs)
	if d.GPUs, err = cuda.GPUs(); err != nil {
		d.NoGPU = err.Error()
	}
	if len(d.Levels) == 1 {
		d.Notes = append(d.Notes, "only the portable level runs here, many times slower: build with CGO_ENABLED=1 and gcc on an x86-64 machine with AVX2")
	}
	return d, nil
}

func (d *diagnosis) print(w io.Writer) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("ecalf", "%s, commit %s, %s %s/%s", d.Version, d.Commit, d.Go, d.OS, d.Arch)
	line("cpu", "%s, %d cores, %d threads", d.CPU, d.Cores, d.Threads)
	if d.MemoryBytes > 0 {
		line("memory", "%.1f GiB", float64(d.MemoryBytes)/(1<<30))
	}
	line("level", "%s of %s (ECALF_LEVEL forces a lower one)", d.Level, strings.Join(d.Levels, ", "))
	line("precision", "auto means %s", d.Precision)
	for i, g := range d.GPUs {
		line("gpu", "%d: %s, sm_%s, %.0f GiB, driver %s", i, g.Name, strings.ReplaceAll(g.Capability, ".", ""), float64(g.MemoryBytes)/(1<<30), g.Driver)
	}
	if d.NoGPU != "" {
		line("gpu", "none: %s", d.NoGPU)
	}
	for _, f := range d.Data {
		f.print(w, "data")
	}
	for _, f := range d.Weights {
		f.print(w, "weights")
	}
	line("backbone", "auto means %s", d.Backbone)
	for _, n := range d.Notes {
		line("note", "%s", n)
	}
}

func (f fileState) print(w io.Writer, kind string) {
	where := f.Path
	if where == "" {
		where = "missing, looked in " + f.Missing
	}
	fmt.Fprintf(w, "%-12s %-12s %s\n", kind, f.Name, where)
}
