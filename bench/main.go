// Command ecalf is a benchmark of long-term time-series forecasting: it trains and scores models on public data sets
// under one protocol, keeps every record, and prints the tables of the field.
//
// Package main is the command line, one file per command.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes that scripts rely on.
const (
	exitOK     = 0
	exitFailed = 1 // including: a metric moved
	exitUsage  = 2
)

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbagePercent)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	os.Exit(execute(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// garbagePercent is how much garbage may lie beside what is in use. Nearly all of the heap is arrays of numbers, which a
// collection does not look into: it is cheap, while a model's checkpoint as garbage takes some hundred megabytes.
const garbagePercent = 20

// execute runs the command line and turns its error into an exit code. Results go to stdout, all else to stderr.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var quiet failedQuietly
	if errors.As(err, &quiet) {
		return exitFailed
	}
	fmt.Fprintln(stderr, "ecalf: "+err.Error())
	var usage usageError
	if errors.As(err, &usage) || strings.HasPrefix(err.Error(), "unknown command") {
		fmt.Fprintf(stderr, "run %q for help\n", cmd.CommandPath()+" --help")
		return exitUsage
	}
	return exitFailed
}

// usageError is a mistake in the command line itself.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// failedQuietly ends a command that has already said what failed.
type failedQuietly struct{}

func (failedQuietly) Error() string { return "failed" }

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "ecalf",
		Short: "A benchmark of long-term time-series forecasting that anyone can rerun",
		Long: `ecalf trains and scores forecasting models on the public data sets of the field under one protocol,
keeps one checked record per run, and prints the tables of the papers.`,
		Example: `  ecalf doctor                      what this machine has
  ecalf run --suite quick           a first table in seconds, with or without data
  ecalf run --suite long --budget 5m
  ecalf table --suite long
  ecalf report                      everything measured on one HTML page
  ecalf forecast --model OLS --input my.csv --output next.csv --plot next.svg`,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(runCommand(), tableCommand(), paperCommand(), checkCommand(), compareCommand(), mergeCommand(), forecastCommand(),
		scoreCommand(), reportCommand(), dataCommand(), weightsCommand(), kernelsCommand(), doctorCommand())
	for _, c := range root.Commands() {
		usageArgs(c)
	}
	return root
}

// usageArgs makes a wrong number of arguments a usage error in c and its subcommands.
func usageArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageArgs(sub)
	}
}
