// The flags of ecalf forecast: what completes them, and the mistakes that are found before any work.

package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ecalf/baselines"
	"ecalf/bench/data"
	"ecalf/bench/forecast"
)

// stdoutPath stands for the standard output.
const stdoutPath = "-"

// completions offers the names that flags take.
func completions(c *cobra.Command) {
	models := slices.DeleteFunc(baselines.Names(), func(name string) bool { return baselines.Zoo[name].Bound })
	scalers := []string{"checkpoint", "none", "input"}
	for _, s := range data.Specs {
		scalers = append(scalers, s.Name)
	}
	for flag, names := range map[string][]string{
		"model": models, "scaler": scalers, "backbone": {"auto", "gpt2", "smollm2", "random", "none"}, "precision": {"auto", "fp32", "bf16"},
	} {
		if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp)); err != nil {
			panic(err) // there is no such flag
		}
	}
	for flag, extensions := range map[string][]string{"input": {"csv"}, "checkpoint": {"safetensors"}} {
		if err := c.MarkFlagFilename(flag, extensions...); err != nil {
			panic(err)
		}
	}
}

// check finds mistakes in the command line before any work.
func (o *forecastOptions) check(given func(flag string) bool) error {
	entry, err := baselines.Find(o.model)
	if err != nil {
		return err
	}
	if entry.Bound {
		return fmt.Errorf("%s is no model: it is the least error possible on the synthetic set", o.model)
	}
	for _, flag := range []string{"horizon", "lookback", "epochs"} {
		if value := map[string]int{"horizon": o.horizon, "lookback": o.lookback, "epochs": o.epochs}[flag]; given(flag) && value < 1 {
			return fmt.Errorf("--%s %d: want 1 or more", flag, value)
		}
	}
	if entry.Solve != nil && (o.checkpoint != "" || o.save != "") {
		return fmt.Errorf("%s is solved on the input in no time and has no checkpoint: leave --checkpoint and --save out", o.model)
	}
	for _, flag := range []string{"params", "train", "epochs", "seed", "save"} {
		if o.checkpoint != "" && given(flag) {
			return fmt.Errorf("--%s is for a model that is fitted here: leave it or --checkpoint out", flag)
		}
	}
	for _, flag := range []string{"train", "epochs", "precision"} {
		if entry.Solve != nil && given(flag) {
			return fmt.Errorf("--%s is for models that are trained, %s is solved", flag, o.model)
		}
	}
	if given("backbone") && !entry.Adapts {
		return fmt.Errorf("--backbone is for models that adapt a language model, %s does not", o.model)
	}
	if o.scaler == "checkpoint" && o.checkpoint == "" {
		return errors.New("--scaler checkpoint: there is no --checkpoint; want none, input or a data set")
	}
	if !slices.Contains([]string{"", "checkpoint", "none", "input"}, o.scaler) {
		if _, err := data.Find(o.scaler); err != nil {
			return fmt.Errorf("--scaler: want checkpoint, none, input or a data set: %w", err)
		}
	}
	if o.json && o.output == stdoutPath {
		return errors.New("--json and --output - both want the standard output: write the forecast to a file")
	}
	if isNPY(o.output) && !o.windows {
		return errors.New("--output .npy is for the forecasts of every window: add --windows, or write a .csv")
	}
	if given("window") && (!o.windows || o.window < 0) {
		return fmt.Errorf("--window %d: give it with --windows, 0 or more", o.window)
	}
	if o.attention != "" && !entry.Attends {
		return fmt.Errorf("--attention: %s does not look at prototypes, CALF and EnhancedCALF do", o.model)
	}
	if ext := strings.ToLower(filepath.Ext(o.attention)); o.attention != "" && ext != ".npy" && !slices.Contains(forecast.Formats, ext) {
		return fmt.Errorf("--attention %s: want a name that ends in %s, .npy", o.attention, strings.Join(forecast.Formats, ", "))
	}
	if ext := strings.ToLower(filepath.Ext(o.plot)); o.plot != "" && !slices.Contains(forecast.Formats, ext) {
		return fmt.Errorf("--plot %s: want a name that ends in %s", o.plot, strings.Join(forecast.Formats, ", "))
	}
	return o.checkPaths()
}

// checkPaths sees to it that no file that is read, or written before, is overwritten.
func (o *forecastOptions) checkPaths() error {
	type place struct{ flag, path string }
	taken := []place{{"input", o.input}, {"checkpoint", o.checkpoint}}
	for _, p := range []place{{"output", o.output}, {"plot", o.plot}, {"attention", o.attention}, {"save", o.save}} {
		if p.path == "" || p.flag == "output" && p.path == stdoutPath {
			continue
		}
		for _, other := range taken {
			if other.path != "" && samePath(p.path, other.path) {
				return fmt.Errorf("--%s %s would overwrite --%s: give it another name", p.flag, p.path, other.flag)
			}
		}
		taken = append(taken, p)
		if info, err := os.Stat(filepath.Dir(p.path)); p.flag != "save" && (err != nil || !info.IsDir()) {
			return fmt.Errorf("--%s %s: there is no folder %s", p.flag, p.path, filepath.Dir(p.path))
		}
		if info, err := os.Stat(p.path); err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("--%s %s: not a file", p.flag, p.path)
		}
	}
	return nil
}

// samePath says whether two paths name one file, or would.
func samePath(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}
