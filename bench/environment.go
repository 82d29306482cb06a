// What the process runs on: the part of a record that says where it came from.

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/klauspost/cpuid/v2"

	"ecalf/bench/data"
	"ecalf/bench/result"
	"ecalf/kernels"
)

// commit is set by the Makefile: the commit the binary was built from, "-dirty" behind it if files had changed.
var commit string

const release = "0.1"

// commitOf is the commit the binary was built from, or "unknown".
func commitOf() string {
	if commit != "" {
		return commit
	}
	var revision, dirty string
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				dirty = "-dirty"
			}
		}
	}
	if revision == "" {
		return "unknown"
	}
	return revision + dirty
}

func version() string {
	return fmt.Sprintf("%s (commit %s, %s)", release, commitOf(), runtime.Version())
}

// environment is the part of a record's environment that is the same for all cells of a run.
type environment result.Environment

// newEnvironment describes this machine and the back end that the models run on.
func newEnvironment(be kernels.Backend) environment {
	return environment{
		Commit: commitOf(), Version: release, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH,
		CPU: cpuName(), Cores: runtime.NumCPU(), Threads: kernels.Threads(),
		Backend: be.Name(), Level: strings.TrimPrefix(be.Name(), "cpu/"),
	}
}

// on adds what is one cell's own: the set that it is trained on, the set that it is tested on, and the precision of its
// products.
func (e environment) on(set, test *data.Set, precision string) result.Environment {
	e.Precision, e.DataVerified = precision, set.Verified && test.Verified
	if set.Spec.File != "" {
		e.DataSHA256 = set.SHA256
	}
	if test.Spec.File != "" && test.Spec.Name != set.Spec.Name {
		e.TargetSHA256 = test.SHA256
	}
	return result.Environment(e)
}

// cpuName is the processor's own name, with family and model where a hypervisor hides the rest.
func cpuName() string {
	c := cpuid.CPU
	name := strings.Join(strings.Fields(c.BrandName), " ")
	if name == "" {
		name = runtime.GOARCH
	}
	if c.Family == 0 {
		return name
	}
	return fmt.Sprintf("%s (family %d, model %d)", name, c.Family, c.Model)
}

// memoryBytes is the machine's main memory, 0 where /proc/meminfo does not say.
func memoryBytes() int64 {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	var kib int64
	if _, err := fmt.Sscanf(string(b), "MemTotal: %d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}
