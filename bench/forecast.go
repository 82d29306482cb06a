// ecalf forecast: what comes after a CSV of the user's own, by a trained model or one fitted on the file itself.

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ecalf/bench/data"
	"ecalf/bench/forecast"
	"ecalf/kernels"
	"ecalf/model/weights"
)

type forecastOptions struct {
	model, checkpoint, input, output, plot, save string
	horizon, lookback, epochs                    int
	params, train, backbone, scaler              string
	data, weights, backend, precision            string
	seed                                         int64
	attention                                    string
	window                                       int
	windows, json                                bool
}

func forecastCommand() *cobra.Command {
	var o forecastOptions
	var dataDir, weightsDir *string
	c := &cobra.Command{
		Use:   "forecast",
		Short: "Forecast what comes after a CSV of your own",
		Long: `Forecast writes the rows that follow the last one of a CSV, in the file's own units and with its columns; dates go on
at the file's own step. With --checkpoint it loads a model that "ecalf run --keep", --save or, for CALF, the public code
trained. Without, it fits the model on the file itself: the last tenth of the rows, at least the horizon, chooses the
ridge or the best epoch, all before it trains, and nothing is held back for a test. A trained model then follows the
recipe of its suite, which --params and --train change key by key.

--windows forecasts every window of the file instead: CSV with the columns window (from 0), step (from 1) and the
file's own, or float32 (N, H, C) where --output ends in .npy.

--attention shows how a window is read by a model that looks at prototypes: a panel per channel, a row per head, a column
per prototype, coloured by how much more or less it counts than if all counted the same.

--scaler says what the values were scaled by when the model was trained: checkpoint (its metadata, the default with one),
none (the file is scaled already), input (the file's own mean and deviation; without --checkpoint the default, and then
those of the rows that train) or a public data set, whose training rows give them.`,
		Example: `  ecalf forecast --model OLS --input my.csv --output next.csv --plot next.svg
  ecalf forecast --model DLinear --input my.csv --output next.csv --horizon 24 --train '{"epochs":5}' --save my.safetensors
  ecalf forecast --model DLinear --checkpoint my.safetensors --input newer.csv --output -
  ecalf forecast --model EnhancedCALF --checkpoint my.safetensors --input my.csv --output - --attention attention.svg
  ecalf forecast --model CALF --checkpoint calf.safetensors --scaler ETTh1 --input ETTh1.csv --windows --output pred.npy`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o.data, o.weights = *dataDir, *weightsDir
			if err := o.check(c.Flags().Changed); err != nil {
				return usageError{err}
			}
			return o.run(c.Context(), c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.StringVar(&o.model, "model", "", "the model, by its name in the tables")
	f.StringVar(&o.checkpoint, "checkpoint", "", "safetensors file of a trained model (default: fit the model on the input)")
	f.StringVar(&o.input, "input", "", "CSV: a header, then a row per time step, oldest first; dates may stand in the first column")
	f.StringVar(&o.output, "output", "", "file to write, or - for standard output")
	f.StringVar(&o.plot, "plot", "", "picture to draw: .svg, .png or .pdf")
	f.StringVar(&o.attention, "attention", "", "picture (.svg, .png or .pdf) or array (.npy, channels × heads × prototypes) of how the channels look at the prototypes; of CALF and EnhancedCALF")
	f.BoolVar(&o.windows, "windows", false, "forecast every window of the input")
	f.IntVar(&o.window, "window", -1, "with --windows: the one that pictures show, counted from 0 (default: the last)")
	f.IntVar(&o.horizon, "horizon", 0, "rows to forecast (default: the checkpoint's, else 96)")
	f.IntVar(&o.lookback, "lookback", 0, "rows that the model sees (default: the checkpoint's, else 96)")
	f.StringVar(&o.scaler, "scaler", "", "checkpoint, none, input or a data set (default: the checkpoint's, else input)")
	f.StringVar(&o.backbone, "backbone", "", "language model of one that adapts it: gpt2, smollm2, gguf:FILE, random, none (default: the checkpoint's, else auto)")
	f.StringVar(&o.params, "params", "", "hyper-parameters as JSON, when it is fitted here")
	f.StringVar(&o.train, "train", "", "recipe as JSON, when it is trained here: epochs, batch, lr, schedule, patience, loss …")
	f.IntVar(&o.epochs, "epochs", 0, "epochs at most, when it is trained here")
	f.Int64Var(&o.seed, "seed", 2021, "of the weights and the batches, when it is trained here")
	f.StringVar(&o.save, "save", "", "safetensors file to keep the trained model in")
	dataDir = dataFlag(c)
	weightsDir = weightsFlag(c)
	f.StringVar(&o.backend, "backend", "auto", "auto, cpu or cuda")
	f.StringVar(&o.precision, "precision", "auto", "of a trained model's products: auto (the checkpoint's own), fp32 or bf16")
	f.BoolVar(&o.json, "json", false, "print a summary as one line of JSON")
	required(c, "model", "input", "output")
	completions(c)
	return c
}

func (o *forecastOptions) run(ctx context.Context, stdout, stderr io.Writer) error {
	precision, err := kernels.ParsePrecision(o.precision)
	if err != nil {
		return usageError{err}
	}
	be, err := backend(o.backend)
	if err != nil {
		return usageError{err}
	}
	table, err := data.ReadSeries(o.input)
	if err != nil {
		return err
	}
	if d := table.Dates; d.Known() && d.Step == 0 {
		return fmt.Errorf("%s: its dates do not say how far apart rows are: give at least two rows with different dates, or a file without dates", o.input)
	}
	if irregular := table.Irregular(); irregular != "" {
		fmt.Fprintf(stderr, "warning: %s: %s\n", o.input, irregular)
	}
	machine := forecast.Machine{Backend: be, Precision: precision, Preferred: precisionOn(be, "auto"), Weights: weights.Dirs(o.weights), Commit: commitOf()}
	m, err := o.fitted(ctx, table, machine, stderr)
	if ctx.Err() != nil {
		return errors.New("interrupted; nothing was written")
	}
	if err != nil {
		return err
	}
	for _, note := range m.Notes {
		fmt.Fprintln(stderr, "note: "+note)
	}
	return o.write(ctx, m, stdout, stderr)
}
