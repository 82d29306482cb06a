// ecalf merge: several stores into one.

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"ecalf/bench/result"
)

func mergeCommand() *cobra.Command {
	var salvage bool
	c := &cobra.Command{
		Use:   "merge OUT IN…",
		Short: "Join stores, as of shards, into one",
		Long: `Merge writes every record of the stores IN, and of OUT if it is there, to OUT, each cell once. Where two stores
measured the same cell differently the earlier record stays and the other is named. With --salvage, damaged lines are
written to OUT.damaged and all others kept.`,
		Example: "  ecalf merge results/long.jsonl shard0/long.jsonl shard1/long.jsonl\n  ecalf merge --salvage mended.jsonl results/long.jsonl",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			summary, err := result.Merge(args[0], args[1:], salvage)
			if err != nil {
				return err
			}
			out := c.ErrOrStderr()
			fmt.Fprintf(out, "%s: %d records, %d duplicates and %d superseded left out\n", args[0], summary.Records, summary.Duplicates, summary.Superseded)
			for _, conflict := range summary.Conflicts {
				fmt.Fprintln(out, "conflict: "+conflict)
			}
			for _, damage := range summary.Damaged {
				fmt.Fprintln(out, "damaged: "+damage)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&salvage, "salvage", false, "set damaged lines aside instead of stopping at the first")
	return c
}
