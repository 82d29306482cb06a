package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// The JSON has the keys that scripts rely on, for peaks and for an operation, and absent ones where nothing is known.
func TestKernelsJSON(t *testing.T) {
	code, stdout, stderr := ecalf("kernels", "--op", "SumSquares", "--threads", "1", "--time", "1ms", "--json")
	if code != exitOK {
		t.Fatalf("exit %d:\n%s", code, stderr)
	}
	var lines []map[string]any
	if err := json.Unmarshal([]byte(stdout), &lines); err != nil {
		t.Fatal(err)
	}
	keys := strings.Fields("op level precision shape threads gflops gbps peak share")
	seen := false
	for _, line := range lines {
		for key := range line {
			if !strings.Contains(strings.Join(keys, " "), key) {
				t.Errorf("key %q is not one of %v", key, keys)
			}
		}
		if line["op"] == "SumSquares" {
			seen = true
			if line["threads"] != 1.0 || line["shape"] == nil || !(line["gbps"].(float64) > 0) {
				t.Errorf("%v", line)
			}
		}
	}
	if !seen {
		t.Errorf("no SumSquares in %s", stdout)
	}
}

func TestKernelsMistakes(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"--op", "MatMull", "known are MatMul, Attention"},
		{"--level", "sse9", "sse9"},
		{"--threads", "0", "want 1 to"},
		{"--threads", "99999", "want 1 to"},
		{"--time", "0s", "want a duration"},
	} {
		code, _, stderr := ecalf("kernels", c.flag, c.value)
		if code != exitUsage || !strings.Contains(stderr, c.want) {
			t.Errorf("%s %s: exit %d, %q", c.flag, c.value, code, stderr)
		}
	}
}
