package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"ecalf/bench/result"
	"ecalf/kernels"
	"ecalf/model/weights"
)

// trainedCell is a small training run: iTransformer, which has attention and dropout, on 5 % of Synthetic.
func trainedCell(epochs int, lr float64) result.Cell {
	c := cell("iTransformer", 24, 5)
	c.Lookback, c.Seed = 48, 7
	c.Params = json.RawMessage(`{"d_model":16,"d_ff":32,"n_heads":2,"e_layers":1,"dropout":0.1}`)
	c.Recipe = json.RawMessage(fmt.Sprintf(`{"epochs":%d,"batch":32,"lr":%g,"schedule":"halving","patience":3,"loss":"mse"}`, epochs, lr))
	return c
}

func job(t *testing.T, c result.Cell) Job {
	t.Helper()
	be, err := kernels.Best()
	if err != nil {
		t.Fatal(err)
	}
	return Job{Cell: c, Set: synthetic(t), Backend: be, Precision: kernels.FP32}
}

func mustRun(t *testing.T, j Job) result.Record {
	t.Helper()
	rec, err := Run(context.Background(), j)
	if err != nil || rec.Status != result.OK {
		t.Fatalf("status %s (%s), %v", rec.Status, rec.Reason, err)
	}
	return rec
}

// sameTraining fails unless both records hold the same bits of every loss and metric.
func sameTraining(t *testing.T, what string, want, got result.Record) {
	t.Helper()
	if *got.MSE != *want.MSE || *got.MAE != *want.MAE || !reflect.DeepEqual(got.Blocks, want.Blocks) || !reflect.DeepEqual(got.Fitted, want.Fitted) {
		t.Errorf("%s: MSE %v, MAE %v, fitted %v; want %v, %v, %v", what, *got.MSE, *got.MAE, got.Fitted, *want.MSE, *want.MAE, want.Fitted)
	}
	if len(got.Epochs) != len(want.Epochs) {
		t.Fatalf("%s: %d epochs, want %d", what, len(got.Epochs), len(want.Epochs))
	}
	for i, e := range got.Epochs {
		if w := want.Epochs[i]; e.Train != w.Train || e.Val != w.Val {
			t.Errorf("%s: epoch %d has losses %v and %v, want %v and %v", what, i+1, e.Train, e.Val, w.Train, w.Val)
		}
	}
}

// A whole training run has the same bits at any number of threads.
func TestTrainingDoesNotDependOnThreads(t *testing.T) {
	defer kernels.SetThreads(kernels.Threads())
	var first result.Record
	for i, threads := range []int{1, 2, 5} {
		kernels.SetThreads(threads)
		rec := mustRun(t, job(t, trainedCell(2, 0.001)))
		if i == 0 {
			first = rec
		}
		sameTraining(t, fmt.Sprintf("%d threads", threads), first, rec)
	}
}

func TestTrainingLearns(t *testing.T) {
	rec := mustRun(t, job(t, trainedCell(6, 0.002)))
	first, last := rec.Epochs[0], rec.Epochs[len(rec.Epochs)-1]
	if last.Train >= first.Train || rec.Fitted["val_mse"] > first.Val {
		t.Errorf("epochs %+v: the loss does not fall", rec.Epochs)
	}
	if best := rec.Epochs[int(rec.Fitted["best_epoch"])-1].Val; best != rec.Fitted["val_mse"] {
		t.Errorf("best epoch %v has %v, recorded is %v", rec.Fitted["best_epoch"], best, rec.Fitted["val_mse"])
	}
}

// An epoch tells of its steps as often as it is asked to, but of the last one: then it is over, and that is told.
func TestLongEpochsTellOfTheirSteps(t *testing.T) {
	told := func(every time.Duration) (lines []string) {
		j := job(t, trainedCell(2, 0.001))
		j.Every = every
		j.Log = func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
		mustRun(t, j)
		return lines
	}
	if quiet := told(time.Hour); len(quiet) != 2 {
		t.Errorf("asked every hour: %q, want the ends of two epochs", quiet)
	}
	lines := told(1)
	steps := len(lines) / 2
	for i, line := range lines {
		epoch, step := i/steps+1, i%steps+1
		want := fmt.Sprintf("epoch %d of 2, step %d of %d: loss ", epoch, step, steps)
		if step == steps {
			want = fmt.Sprintf("epoch %d of 2: loss ", epoch)
		}
		if !strings.HasPrefix(line, want) {
			t.Errorf("line %d of %d is %q, want %q", i+1, len(lines), line, want)
		}
	}
	if steps < 3 {
		t.Errorf("%d lines of an epoch of more steps", steps)
	}
}

// stopAfter runs the job and cancels it after so many epochs, as Ctrl-C or a kill between two epochs would.
func stopAfter(t *testing.T, j Job, epochs int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := 0
	j.Log = func(format string, _ ...any) {
		if strings.HasPrefix(format, "epoch ") {
			if seen++; seen == epochs+1 { // epoch epochs+1 is told before its checkpoint is written
				cancel()
			}
		}
	}
	if rec, err := Run(ctx, j); !errors.Is(err, context.Canceled) {
		t.Fatalf("%+v, %v: want an interrupted run", rec, err)
	}
}

// A run that was stopped goes on with the same bits as one that was not, wherever it was stopped.
func TestResumeHasTheBitsOfAnUninterruptedRun(t *testing.T) {
	want := mustRun(t, job(t, trainedCell(4, 0.001)))
	for stop := range 3 {
		j := job(t, trainedCell(4, 0.001))
		j.Checkpoint = filepath.Join(t.TempDir(), "sub", "cell.safetensors")
		stopAfter(t, j, stop)
		resumed := false
		j.Log = func(format string, _ ...any) { resumed = resumed || strings.HasPrefix(format, "goes on after") }
		got := mustRun(t, j)
		if !resumed {
			t.Error("the second run started anew")
		}
		sameTraining(t, fmt.Sprintf("stopped after epoch %d", stop+1), want, got)
		if got.Cost.Missing["joules"] == "" || *got.Cost.FitSeconds <= 0 {
			t.Errorf("cost of a resumed run: %+v", got.Cost)
		}
	}
}

// Each epoch of a run that builds took turns in tells which one ran it, where that is not the record's.
func TestEpochsNameTheBuildThatRanThem(t *testing.T) {
	j := job(t, trainedCell(6, 0.001))
	j.Checkpoint = filepath.Join(t.TempDir(), "cell.safetensors")
	for _, build := range []string{"a", "b", "a"} {
		j.Commit = build
		stopAfter(t, j, 0)
	}
	j.Commit = "b"
	var got []string
	for _, e := range mustRun(t, j).Epochs {
		got = append(got, e.Commit)
	}
	if want := []string{"a", "", "a", "", "", ""}; !slices.Equal(got, want) {
		t.Errorf("builds %q, want %q", got, want)
	}
}

// A checkpoint that is damaged, or another cell's, is told and costs the progress, never the run.
func TestCheckpointThatCannotBeUsed(t *testing.T) {
	want := mustRun(t, job(t, trainedCell(2, 0.001)))
	path := filepath.Join(t.TempDir(), "cell.safetensors")
	j := job(t, trainedCell(2, 0.001))
	j.Checkpoint = path
	stopAfter(t, j, 0)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := job(t, trainedCell(2, 0.005))
	other.Checkpoint = path
	stopAfter(t, other, 0)
	others, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	bf16 := job(t, trainedCell(2, 0.001))
	bf16.Checkpoint, bf16.Precision = path, kernels.BF16
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stopAfter(t, bf16, 0)
	inBF16, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	adapted := job(t, trainedCell(2, 0.001))
	adapted.Checkpoint, adapted.Backbone = path, &weights.Backbone{Source: "model.gguf, another file"}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	stopAfter(t, adapted, 0)
	onOthers, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"on other weights", onOthers, "on model.gguf, another file, this run computes with"},
		{"cut off", good[:len(good)/2], "training starts anew"},
		{"empty", nil, "training starts anew"},
		{"another cell's", others, "not a checkpoint of this cell"},
		{"a bit flipped", flipped(good), "its checksum does not match"},
		{"in another precision", inBF16, "in bf16, this run computes with"},
	} {
		if err := os.WriteFile(path, c.file, 0o644); err != nil {
			t.Fatal(err)
		}
		told := ""
		j.Log = func(format string, args ...any) { told += fmt.Sprintf(format, args...) + "\n" }
		sameTraining(t, c.name, want, mustRun(t, j))
		if !strings.Contains(told, c.want) {
			t.Errorf("%s: told %q, want %q", c.name, told, c.want)
		}
	}
}

// flipped is a copy with one bit of the last array changed.
func flipped(file []byte) []byte {
	file = append([]byte(nil), file...)
	file[len(file)-9] ^= 1
	return file
}

// A checkpoint that cannot be written ends the run without a record: the cell is not to blame.
func TestCheckpointThatCannotBeWritten(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	j := job(t, trainedCell(2, 0.001))
	j.Checkpoint = filepath.Join(blocked, "cell.safetensors")
	if rec, err := Run(context.Background(), j); err == nil || rec.Status != "" || !strings.Contains(err.Error(), blocked) {
		t.Errorf("%+v, %v", rec, err)
	}
}

// A loss that is not finite stops the cell, with a record that says where and what may help.
func TestDivergingTrainingIsAFailedRecord(t *testing.T) {
	set := *synthetic(t)
	table := *set.Table
	table.Values = append([]float32(nil), table.Values...)
	table.Values[300*7] = 1e38 // squares to infinity
	set.Table = &table
	j := job(t, trainedCell(2, 0.001))
	j.Set = &set
	rec, err := Run(context.Background(), j)
	if err != nil || rec.Status != result.Failed || !strings.Contains(rec.Reason, "epoch 1, step") || rec.MSE != nil {
		t.Errorf("%s: %s, %v", rec.Status, rec.Reason, err)
	}
}

func TestRecipeMistakes(t *testing.T) {
	const good = `{"epochs":1,"batch":1,"lr":0.1,"schedule":"constant","patience":1,"loss":"mse"}`
	if _, err := ParseRecipe(json.RawMessage(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new, want string }{
		{`"epochs":1`, `"epoch":1`, `unknown field "epoch"`},
		{`"epochs":1`, `"epochs":0`, "want 1 or more"},
		{`,"batch":1`, ``, "want 1 or more"},
		{`"lr":0.1`, `"lr":1.5`, "between 0 and 1"},
		{`"constant"`, `"step"`, "want one of constant, halving, cosine"},
		{`"constant"`, `"cosine"`, "t_max goes with the schedule cosine"},
		{`"mse"`, `"l2"`, "want one of mse, l1, smooth_l1"},
		{`"lr":0.1`, `"lr":0.1,"clip":-1`, "clip and decay"},
		{`"lr":0.1`, `"lr":0.1,"proj_lr":1`, "proj_lr 1"},
	} {
		src := strings.Replace(good, c.old, c.new, 1)
		if _, err := ParseRecipe(json.RawMessage(src)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", src, err, c.want)
		}
	}
}
