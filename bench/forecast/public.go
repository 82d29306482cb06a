// Checkpoints of CALF's public code, converted to safetensors: they say nothing of themselves, so their tensors do.

package forecast

import (
	"errors"
	"fmt"
	"strings"

	"ecalf/bench/data"
	"ecalf/bench/train"
	"ecalf/model/nn"
)

// publicCALF reads the sizes of a checkpoint of CALF's public code (repository Hank0626/CALF) off its tensors:
// out_layer.weight is (H, D), in_layer.linear.weight (D, L), and the backbone's begin with "gpt2.". Such a model takes
// any number of channels, so they are those of t.
func publicCALF(f *nn.File, name string, t *data.Table) (*train.Meta, error) {
	if name != "CALF" {
		return nil, fmt.Errorf("it has no metadata of ours (key \"ecalf\"), which only a checkpoint of CALF's public code can do without, and --model says %s", name)
	}
	out, haveOut := f.Shape("out_layer.weight")
	in, haveIn := f.Shape("in_layer.linear.weight")
	if !haveOut || !haveIn || len(out) != 2 || len(in) != 2 {
		return nil, errors.New("it has no metadata of ours (key \"ecalf\") and is no checkpoint of CALF's public code, which has out_layer.weight (H, D) and in_layer.linear.weight (D, L)")
	}
	if out[0] < 1 || in[1] < 1 || out[1] != in[0] {
		return nil, fmt.Errorf("out_layer.weight is %v, in_layer.linear.weight %v: want (H, D) and (D, L)", out, in)
	}
	backbone := false
	for _, tensor := range f.Names() {
		backbone = backbone || strings.HasPrefix(tensor, "gpt2.")
	}
	if !backbone {
		return nil, errors.New("it has no metadata of ours and no tensor of the backbone that CALF's public code uses, \"gpt2.…\"")
	}
	return &train.Meta{
		Model: name, Loss: "l1", Lookback: in[1], Horizon: out[0], Channels: t.C, Season: t.Dates.Season(), Columns: t.Channels,
		Backbone: "gpt2",
	}, nil
}
