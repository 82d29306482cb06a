// Tests of several processes, and of killed ones, on one store: the test binary runs itself as the other process.

package result

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childEnv names what a child process is to do; its argument is the store's path.
const childEnv = "ECALF_RESULT_TEST_CHILD"

func TestMain(m *testing.M) {
	task := os.Getenv(childEnv)
	if task == "" {
		os.Exit(m.Run())
	}
	fmt.Scanln()
	switch task {
	case "suite":
		childRunsSuite(os.Args[1])
	case "append":
		childAppends(os.Args[1])
	case "claim":
		childClaims(os.Args[1])
	}
}

// child starts this binary on task. It does nothing before it can read a line.
func child(t *testing.T, task, path string) (cmd *exec.Cmd, out *bufio.Reader, start func()) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(exe, path)
	cmd.Env = append(os.Environ(), childEnv+"="+task)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, bufio.NewReader(stdout), func() {
		t.Helper()
		if _, err := io.WriteString(stdin, "\n"); err != nil {
			t.Fatal(err)
		}
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		os.Exit(1)
	}
}

const suiteCells = 200

// childRunsSuite does what a run does, and prints the cells it ran itself.
func childRunsSuite(path string) {
	s, err := Open(path)
	must(err)
	for seed := range int64(suiteCells) {
		r := aRecord(seed + 1)
		claim, ok, err := s.Claim(r.Cell.ID())
		must(err)
		if !ok {
			continue
		}
		must(s.Refresh())
		if !s.Has(r.Cell.ID()) {
			must(s.Append(r))
			fmt.Println(r.Cell.ID())
		}
		must(claim.Release())
	}
}

func TestProcessesShareASuite(t *testing.T) {
	path := storePath(t)
	const processes = 4
	ran, busy := map[string]int{}, 0
	var cmds [processes]*exec.Cmd
	var outs [processes]*bufio.Reader
	var starts [processes]func()
	for i := range cmds {
		cmds[i], outs[i], starts[i] = child(t, "suite", path)
	}
	for _, start := range starts {
		start()
	}
	for i, cmd := range cmds {
		text, err := io.ReadAll(outs[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		ids := strings.Fields(string(text))
		for _, id := range ids {
			ran[id]++
		}
		if len(ids) > 0 {
			busy++
		}
	}
	if len(ran) != suiteCells {
		t.Errorf("%d cells were run, want %d", len(ran), suiteCells)
	}
	for id, n := range ran {
		if n != 1 {
			t.Errorf("cell %s was run %d times", id, n)
		}
	}
	if lines := countLines(t, path); lines != suiteCells || len(mustRead(t, path)) != suiteCells {
		t.Errorf("%d lines and %d records, want %d of both", lines, len(mustRead(t, path)), suiteCells)
	}
	if busy < 2 {
		t.Errorf("only %d process had anything to do: the test shows nothing", busy)
	}
	if left, err := os.ReadDir(path + ".claims"); len(left) != 0 || err != nil {
		t.Errorf("claims are left behind: %v, %v", left, err)
	}
}

func countLines(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(b), "\n")
}

// childAppends appends without end and prints each cell once Append has promised it.
func childAppends(path string) {
	s, err := Open(path)
	must(err)
	for seed := int64(len(s.Records())); ; seed++ {
		must(s.Append(aRecord(seed + 1)))
		fmt.Println(aCell(seed + 1).ID())
	}
}

func TestKillLosesNoFinishedCell(t *testing.T) {
	path := storePath(t)
	promised := map[string]bool{}
	for kill := range 12 {
		cmd, out, start := child(t, "append", path)
		start()
		for range 1 + 3*kill%7 { // let it finish a few cells, then strike at a random moment of the next
			id, err := out.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			promised[strings.TrimSpace(id)] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		rest, _ := io.ReadAll(out) // promised before the signal arrived
		for _, id := range strings.Fields(string(rest)) {
			promised[id] = true
		}
		cmd.Wait()

		s := mustOpen(t, path)
		for id := range promised {
			if !s.Has(id) {
				t.Fatalf("kill %d: finished cell %s is lost", kill, id)
			}
		}
		if got, lines := len(s.Records()), countLines(t, path); got != lines {
			t.Fatalf("kill %d: %d cells in %d lines", kill, got, lines)
		}
	}
}

// childClaims takes a claim, says so and keeps it until it is killed.
func childClaims(path string) {
	s, err := Open(path)
	must(err)
	_, ok, err := s.Claim(aCell(1).ID())
	must(err)
	fmt.Println(ok)
	time.Sleep(time.Minute)
}

func TestKillFreesItsClaim(t *testing.T) {
	path := storePath(t)
	s := mustOpen(t, path)
	cmd, out, start := child(t, "claim", path)
	start()
	if word, err := out.ReadString('\n'); word != "true\n" {
		t.Fatalf("the child's claim: %q, %v", word, err)
	}
	if _, ok, err := s.Claim(aCell(1).ID()); ok || err != nil {
		t.Errorf("while the child lives: claimed %v, %v", ok, err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if _, err := os.Stat(filepath.Join(path+".claims", aCell(1).ID()+".lock")); err != nil {
		t.Fatalf("the killed child's lock file should still be there: %v", err)
	}
	c, ok, err := s.Claim(aCell(1).ID())
	if !ok || err != nil {
		t.Fatalf("after the kill: claimed %v, %v", ok, err)
	}
	if err := c.Release(); err != nil {
		t.Error(err)
	}
}
