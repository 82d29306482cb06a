// The SmolLM2 backbone against the hidden states of its golden file.

package model

import (
	"os"
	"path/filepath"
	"testing"

	"ecalf/kernels"
	"ecalf/model/llm"
	"ecalf/model/nn"
	"ecalf/model/tensor"
	"ecalf/model/weights"
)

// sharedWeights is the folder of the weights that are not part of the repository, where it was given or is beside it.
func sharedWeights(t *testing.T) string {
	t.Helper()
	dirs := append(filepath.SplitList(os.Getenv("ECALF_WEIGHTS")), filepath.Join("..", "..", "shared", "weights"))
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "smollm2-first6-golden.safetensors")); err == nil {
			return dir
		}
	}
	t.Skip("the SmolLM2 weights and their golden file are not in $ECALF_WEIGHTS nor in ../shared/weights")
	return ""
}

// The six blocks give the golden hidden states of the dequantised weights in float32, within 1e-4 of each channel's
// largest value. In bfloat16 the distance is logged: three channels are some hundred times larger than the others.
func TestSmolLM2HiddenStates(t *testing.T) {
	dir := sharedWeights(t)
	backbone, err := weights.Open("smollm2", []string{dir}, 1)
	if err != nil {
		t.Fatal(err)
	}
	f, err := nn.Open(filepath.Join(dir, "smollm2-first6-golden.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := func(name string) nn.Array {
		a, err := f.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for _, be := range kernels.CPUs() {
		t.Run(be.Name(), func(t *testing.T) {
			b := nn.NewBuild(be, 1)
			stack, err := llm.New(b, backbone, llm.Options{Names: [2]string{"llm"}, Streams: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, precision := range []kernels.Precision{kernels.FP32, kernels.BF16} {
				tp := tensor.NewTape(be, 0)
				tp.Precision = precision
				tp.Eval()
				in := read("inputs_embeds")
				hidden := stack.Forward(tp, tp.Input(in.Values, in.Shape...), 1)
				worst := 0.0
				for i, name := range []string{"inputs_embeds", "hidden.1", "hidden.2", "hidden.3", "hidden.4", "hidden.5", "final"} {
					far := channelDistance(hidden[i].Values(), read(name).Values, in.Shape[2])
					if worst = max(worst, far); precision == kernels.FP32 && far > 1e-4 {
						t.Errorf("%s: %.2g of a channel's largest value away", name, far)
					}
				}
				t.Logf("%v: %.2g of a channel's largest value at most", precision, worst)
			}
		})
	}
}

// channelDistance is the largest distance of two arrays (…, C), relative to the largest value of its channel.
func channelDistance(got, want []float32, channels int) float64 {
	worst := 0.0
	for c := range channels {
		var far, top float64
		for i := c; i < len(want); i += channels {
			far = max(far, abs(float64(got[i])-float64(want[i])))
			top = max(top, abs(float64(want[i])))
		}
		worst = max(worst, far/top)
	}
	return worst
}

func abs(x float64) float64 { return max(x, -x) }
