// ecalf weights: list, verify and fetch the pretrained backbones.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/model/weights"
)

func weightsCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "weights",
		Short: "List, verify and fetch the pretrained language models",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(weightsListCommand(), weightsVerifyCommand(), weightsFetchCommand())
	return c
}

// weightsFlag adds --weights to a command.
func weightsFlag(c *cobra.Command) *string {
	return c.Flags().String("weights", "", "weights directory, or several separated by a colon (default: $ECALF_WEIGHTS, then weights/)")
}

// knownNames are the names of the known files.
func knownNames() []string {
	var names []string
	for _, k := range weights.Known {
		names = append(names, k.Name)
	}
	return names
}

// weightsNamed returns the known files of those names, all if there are none.
func weightsNamed(names []string) ([]weights.KnownFile, error) {
	if len(names) == 0 {
		return weights.Known, nil
	}
	var files []weights.KnownFile
	for _, name := range names {
		i := slices.IndexFunc(weights.Known, func(k weights.KnownFile) bool { return k.Name == name })
		if i < 0 {
			return nil, usagef("unknown weights %q (known: %s)", name, strings.Join(knownNames(), ", "))
		}
		files = append(files, weights.Known[i])
	}
	return files, nil
}

// weightsListing is an entry of `weights list --json`.
type weightsListing struct {
	Name    string   `json:"name"`
	File    string   `json:"file"` // under a weights directory
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"`
	Origin  string   `json:"origin"`
	Sources []string `json:"sources,omitempty"`
	Path    string   `json:"path,omitempty"` // where it is
	Auto    bool     `json:"auto"`           // whether it is what auto means
}

func weightsListCommand() *cobra.Command {
	var dir *string
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "Show the known weights, where their files are or come from, and which of them auto means",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			dirs := weights.Dirs(*dir)
			auto := weights.Resolve("auto", dirs)
			var rows []weightsListing
			for _, k := range weights.Known {
				l := weightsListing{Name: k.Name, File: k.File, Bytes: k.Bytes, SHA256: k.SHA256, Origin: k.Origin,
					Sources: k.Sources, Auto: k.Name == auto}
				if path, err := k.Locate(dirs); err == nil {
					l.Path = path
				}
				rows = append(rows, l)
			}
			if asJSON {
				return writeJSON(c.OutOrStdout(), rows)
			}
			t := tablewriter.NewTable(c.OutOrStdout())
			t.Header("backbone", "MB", "file")
			for _, l := range rows {
				where := l.Path
				switch {
				case where == "" && len(l.Sources) > 0:
					where = "missing: ecalf weights fetch " + l.Name
				case where == "":
					where = fmt.Sprintf("missing: no %s in %s", l.File, strings.Join(dirs, ", "))
				}
				t.Append(l.Name, fmt.Sprintf("%.1f", float64(l.Bytes)/1e6), where)
			}
			if err := t.Render(); err != nil {
				return err
			}
			for _, l := range rows {
				fmt.Fprintf(c.OutOrStdout(), "%s: %s\n", l.Name, l.Origin)
			}
			fmt.Fprintf(c.OutOrStdout(), "auto means %s; gguf:FILE takes a GGUF file of the architecture llama; random and none need no file\n", auto)
			return nil
		},
	}
	dir = weightsFlag(c)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func weightsVerifyCommand() *cobra.Command {
	var dir *string
	c := &cobra.Command{
		Use:   "verify [NAME…]",
		Short: "Compare the SHA-256 of the weights that are there with the public ones",
		Long:  "Verify reads every file named (all, without names) and exits 1 if one differs from the public file. A file that is not there is an error only if it was named.",
		RunE: func(c *cobra.Command, names []string) error {
			files, err := weightsNamed(names)
			if err != nil {
				return err
			}
			bad := false
			for _, k := range files {
				sum, err := k.Verify(weights.Dirs(*dir))
				state, text := "ok", "sha256 "+sum
				if err != nil {
					missing := errors.As(err, new(*weights.NotFoundError))
					bad = bad || !missing || len(names) > 0
					state, text = "DIFFERS", err.Error()
					if missing {
						state = "missing"
					}
				}
				fmt.Fprintf(c.OutOrStdout(), "%-12s %-9s %s\n", k.Name, state, text)
			}
			if bad {
				return failedQuietly{}
			}
			return nil
		},
	}
	dir = weightsFlag(c)
	return c
}

func weightsFetchCommand() *cobra.Command {
	var dir *string
	c := &cobra.Command{
		Use:   "fetch [NAME…]",
		Short: "Download the weights that are not there yet and compute their prototypes",
		Long: `Fetch downloads the weights named (all that have a public home, without names) that no weights directory holds into
--weights, $ECALF_WEIGHTS or weights/, resumes what was cut off, and checks the SHA-256. Then it computes the word
prototypes, the principal components of the word embedding, and keeps them beside the weights. Without a network it
says so within five seconds.`,
		Example: "  ecalf weights fetch gpt2\n  ecalf weights fetch gpt2 --weights /srv/weights",
		RunE: func(c *cobra.Command, names []string) error {
			files, err := weightsNamed(names)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				files = slices.DeleteFunc(slices.Clone(files), func(k weights.KnownFile) bool { return len(k.Sources) == 0 })
			}
			for _, k := range files {
				if err := fetchWeights(c.Context(), k, weights.Dirs(*dir), c.ErrOrStderr()); err != nil {
					return fmt.Errorf("%s: %w", k.Name, err)
				}
			}
			return nil
		},
	}
	dir = weightsFlag(c)
	return c
}

// fetchWeights downloads a file into the first directory where it is in none, and sees to its prototypes.
func fetchWeights(ctx context.Context, k weights.KnownFile, dirs []string, out io.Writer) error {
	path, err := k.Locate(dirs)
	switch notFound := new(weights.NotFoundError); {
	case err == nil:
		fmt.Fprintf(out, "%s: there already, %s\n", k.Name, path)
	case !errors.As(err, &notFound):
		return err
	case len(k.Sources) == 0:
		return fmt.Errorf("cannot be fetched as it is: it is %s; put %s into %s", k.Origin, k.File, dirs[0])
	default:
		path = filepath.Join(dirs[0], filepath.FromSlash(k.File))
		err := data.Download(ctx, http.DefaultClient, k.Sources, path, k.SHA256, k.Bytes, megabytes(out, k.Name))
		if errors.Is(err, data.ErrOffline) {
			return fmt.Errorf("%w; get it elsewhere and put it there as %s, or try again with a network", err, path)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %s\n", k.Name, path)
	}
	prototypes := filepath.Join(filepath.Dir(path), k.Prototypes)
	if _, err := os.Stat(prototypes); err != nil {
		fmt.Fprintf(out, "%s: computing its prototypes, once\n", k.Name)
	}
	b, err := weights.Open(k.Name, dirs, 0)
	if err != nil {
		return err
	}
	if _, err := os.Stat(prototypes); err != nil {
		return fmt.Errorf("its prototypes could not be kept: %w: is the folder writable?", err)
	}
	fmt.Fprintf(out, "%s: %d prototypes of width %d, %s\n", b.Name, b.Prototypes.Shape[0], b.Width, prototypes)
	return nil
}
