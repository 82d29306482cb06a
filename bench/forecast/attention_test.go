package forecast

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"image/png"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"ecalf/baselines"
	"ecalf/bench/train"
	"ecalf/model/weights"
)

// Of every model that has prototypes a window's attention can be had, as numbers and as a picture; of no other model.
func TestAttention(t *testing.T) {
	on := machine(t, t.TempDir())
	writeGPT2(t, on.Weights[0])
	backbone, err := weights.Open("gpt2", on.Weights, 0)
	if err != nil {
		t.Fatal(err)
	}
	const row = 15
	for name, entry := range baselines.Zoo {
		if entry.Train == nil {
			continue
		}
		meta := train.Meta{Model: name, Loss: "l1", Lookback: 8, Horizon: 4, Channels: 2, Columns: []string{"a", "b"}, Mean: []float64{1, 2},
			Std: []float64{3, 4}, Dataset: "test", Precision: "fp32", Season: 4}
		if name == "PatchTST" || name == "GPT4TS" {
			meta.Params = []byte(`{"patch_len":4,"stride":2}`)
		}
		config := meta.Config(nil)
		if entry.Adapts {
			config, meta.Backbone, meta.Weights = meta.Config(backbone), "gpt2", backbone.Source
		}
		built, err := entry.Train(on.Backend, config)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := train.SaveModel(path, built, meta); err != nil {
			t.Fatal(err)
		}
		f, err := train.LoadModel(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m, err := Load(f, path, ramps(20, "a", "b"), Loading{Model: name}, on)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		a, err := m.Attention(row)
		if entry.Attends != (err == nil) {
			t.Errorf("%s: the Zoo says it looks at prototypes: %v; %v", name, entry.Attends, err)
		}
		if err != nil {
			continue
		}
		if a.Channels != 2 || len(a.Weights) != 2*a.Heads*a.Prototypes {
			t.Fatalf("%s: %d weights of %d channels, %d heads, %d prototypes", name, len(a.Weights), a.Channels, a.Heads, a.Prototypes)
		}
		for i := 0; i < len(a.Weights); i += a.Prototypes {
			var sum float64
			for _, w := range a.Weights[i : i+a.Prototypes] {
				sum += float64(w)
			}
			if math.Abs(sum-1) > 1e-4 { // float32 weights of some hundred prototypes
				t.Errorf("%s: weights %d to %d sum to %v", name, i, i+a.Prototypes-1, sum)
			}
		}
		var array bytes.Buffer
		if err := WriteAttention(&array, a); err != nil {
			t.Fatal(err)
		}
		last := array.Bytes()[array.Len()-4:]
		if got := math.Float32frombits(binary.LittleEndian.Uint32(last)); got != a.Weights[len(a.Weights)-1] {
			t.Errorf("%s: the array ends in %v, want %v", name, got, a.Weights[len(a.Weights)-1])
		}
		if name != "EnhancedCALF" { // one is enough of what takes a second
			continue
		}
		for _, format := range Formats {
			var picture bytes.Buffer
			if err := m.DrawAttention(&picture, format, a, row); err != nil {
				t.Fatal(err)
			}
			switch format {
			case ".svg":
				for _, want := range []string{name + ", rows 8 to 15,", "a: as if", "b: as if", "head", "prototype", "8 times its share"} {
					if !strings.Contains(picture.String(), want) {
						t.Errorf("%s: no %q in the picture", name, want)
					}
				}
			case ".png":
				if _, err := png.Decode(&picture); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
}

func TestAttentionColours(t *testing.T) {
	nan := float32(math.NaN())
	for ratio, want := range map[float32]color.NRGBA{1: {255, 255, 255, 255}, 8: moreColour, 100: moreColour, 0.125: lessColour, 0: lessColour, nan: lessColour} {
		if got := colourOf(ratio); got != want {
			t.Errorf("colour of %v is %v, want %v", ratio, got, want)
		}
	}
	// Halfway from 1 to 8, at √8 times the share, a colour is halfway from white.
	if got, want := colourOf(float32(math.Sqrt(8))), (color.NRGBA{234, 175, 128, 255}); got != want {
		t.Errorf("halfway is %v, want %v", got, want)
	}
	if got := counted([]float32{0.25, 0.25, 0.25, 0.25, 1, 0, 0, 0}, 4); math.Abs(got-2) > 1e-9 { // √(4·1)
		t.Errorf("4 in one head and 1 in the other count as %v, want 2", got)
	}
}
