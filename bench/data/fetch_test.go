package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// published is the file that the test servers have.
var published = bytes.Repeat([]byte("0123456789abcdef"), 40_000) // 640 kB, more than a buffer

func publishedHash() string {
	sum := sha256.Sum256(published)
	return hex.EncodeToString(sum[:])
}

// server answers as handle says and counts the bytes of the file it sent and the ranges it was asked for.
type server struct {
	*httptest.Server
	mu     sync.Mutex
	sent   int
	ranges []string
}

func newServer(t *testing.T, handle func(s *server, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		s.mu.Unlock()
		handle(s, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// from is where the request's range begins.
func from(r *http.Request) int {
	var n int
	fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &n)
	return n
}

// serve answers with at most limit bytes of the range, then hangs up.
func serve(limit int) func(s *server, w http.ResponseWriter, r *http.Request) {
	return func(s *server, w http.ResponseWriter, r *http.Request) {
		at := from(r)
		rest := published[at:]
		w.Header().Set("Content-Length", fmt.Sprint(len(rest)))
		if at > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", at, len(published)-1, len(published)))
			w.WriteHeader(http.StatusPartialContent)
		}
		n, _ := w.Write(rest[:min(limit, len(rest))])
		s.mu.Lock()
		s.sent += n
		s.mu.Unlock()
		if n < len(rest) {
			panic(http.ErrAbortHandler) // hang up
		}
	}
}

func status(code int) func(s *server, w http.ResponseWriter, r *http.Request) {
	return func(_ *server, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func fetchTo(t *testing.T, dst string, sources ...string) error {
	t.Helper()
	return Download(context.Background(), &http.Client{}, sources, dst, publishedHash(), int64(len(published)), nil)
}

func installed(t *testing.T, dst string) {
	t.Helper()
	got, err := os.ReadFile(dst)
	if err != nil || !bytes.Equal(got, published) {
		t.Fatalf("%s: %d bytes, %v; want the published %d", dst, len(got), err, len(published))
	}
	left, err := filepath.Glob(dst + ".*")
	if err != nil || len(left) > 0 {
		t.Errorf("left beside it: %v %v", left, err)
	}
}

func target(t *testing.T) string { return filepath.Join(t.TempDir(), "sub", "file.csv") }

func TestDownload(t *testing.T) {
	s, dst := newServer(t, serve(1<<30)), target(t)
	var told []int64
	err := Download(context.Background(), &http.Client{}, []string{s.URL}, dst, publishedHash(), int64(len(published)),
		func(done, total int64) { told = append(told, done) })
	if err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
	if len(told) == 0 || told[len(told)-1] != int64(len(published)) {
		t.Errorf("progress %v", told)
	}
	if err := fetchTo(t, dst, s.URL); err != nil || len(s.ranges) != 1 {
		t.Errorf("a file that is there and right: %v, %d requests, want the first alone", err, len(s.ranges))
	}
}

// A cut connection goes on where it was cut: every byte is sent once.
func TestCutConnectionIsResumed(t *testing.T) {
	s, dst := newServer(t, serve(200_000)), target(t)
	if err := fetchTo(t, dst, s.URL); err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
	if s.sent != len(published) {
		t.Errorf("%d bytes sent for a file of %d", s.sent, len(published))
	}
	if want := "[ bytes=200000- bytes=400000- bytes=600000-]"; fmt.Sprint(s.ranges) != want {
		t.Errorf("asked for %v, want %s", s.ranges, want)
	}
}

// A later call goes on with what an earlier one left.
func TestLaterCallResumes(t *testing.T) {
	dst := target(t)
	cut := newServer(t, serve(50_000))
	err := fetchTo(t, dst, cut.URL)
	if err == nil || !strings.Contains(err.Error(), "cut off 6 times, the last at 300000 of 640000 bytes") {
		t.Fatalf("a server that always cuts: %v", err)
	}
	whole := newServer(t, serve(1<<30))
	if err := fetchTo(t, dst, whole.URL); err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
	if whole.sent != len(published)-300_000 {
		t.Errorf("%d bytes sent, want the missing %d", whole.sent, len(published)-300_000)
	}
}

func TestServerThatIgnoresRanges(t *testing.T) {
	dst := target(t)
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dst+".part", []byte("something else"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, func(_ *server, w http.ResponseWriter, _ *http.Request) { w.Write(published) })
	if err := fetchTo(t, dst, s.URL); err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
}

func TestSourcesThatDoNotHaveIt(t *testing.T) {
	good := newServer(t, serve(1<<30))
	for _, c := range []struct {
		name   string
		first  func(s *server, w http.ResponseWriter, r *http.Request)
		reason string
	}{
		{"404", status(404), "answer 404 Not Found"},
		{"500", status(500), "answer 500 Internal Server Error"},
		{"a page instead of the file", func(_ *server, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "cut off 6 times"},
		{"wrong bytes", func(_ *server, w http.ResponseWriter, _ *http.Request) { w.Write(bytes.ToUpper(published)) }, "not the published file: its SHA-256 is "},
		{"too many bytes", func(_ *server, w http.ResponseWriter, _ *http.Request) {
			w.Write(append(published[:len(published):len(published)], 'x'))
		}, "more than the 640000 bytes"},
		{"a range that was not asked for", func(_ *server, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 7-9/640000")
			w.WriteHeader(http.StatusPartialContent)
		}, "answer 206 Partial Content"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bad, dst := newServer(t, c.first), target(t)
			err := fetchTo(t, dst, bad.URL)
			if err == nil || !strings.Contains(err.Error(), c.reason) || !strings.Contains(err.Error(), bad.URL) || errors.Is(err, ErrOffline) {
				t.Errorf("alone: %v, want %q", err, c.reason)
			}
			if _, err := os.Stat(dst); !errors.Is(err, os.ErrNotExist) {
				t.Error("a file that is not the published one was put in place")
			}
			if err := fetchTo(t, dst, bad.URL, good.URL); err != nil {
				t.Fatalf("with a second source: %v", err)
			}
			installed(t, dst)
		})
	}
}

func TestRedirectIsFollowed(t *testing.T) {
	good, dst := newServer(t, serve(1<<30)), target(t)
	s := newServer(t, func(_ *server, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, good.URL+"/elsewhere", http.StatusFound)
	})
	if err := fetchTo(t, dst, s.URL); err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
}

// No network is noticed in answerWithin altogether, however many sources there are.
func TestNoNetwork(t *testing.T) {
	was := answerWithin
	answerWithin = 200 * time.Millisecond
	defer func() { answerWithin = was }()

	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		name    string
		sources []string
	}{
		{"nobody listens", []string{"http://" + closed.Addr().String(), "http://" + closed.Addr().String()}},
		{"nobody answers", []string{"http://" + silent.Addr().String(), "http://" + silent.Addr().String(), "http://" + silent.Addr().String()}},
		{"no such host", []string{"http://nosuchhost.invalid/"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			if err := fetchTo(t, target(t), c.sources...); !errors.Is(err, ErrOffline) {
				t.Errorf("%v, want ErrOffline", err)
			}
			if took := time.Since(began); took > 4*time.Second { // a bound on waiting, twenty times the limit
				t.Errorf("noticed after %v", took)
			}
		})
	}
	if was != 5*time.Second {
		t.Errorf("the limit is %v, documented as five seconds", was)
	}
}

// A connection that falls silent counts as cut.
func TestSilentConnectionIsCut(t *testing.T) {
	was := stallLimit
	stallLimit = 100 * time.Millisecond
	defer func() { stallLimit = was }()
	release := make(chan struct{})
	defer close(release)
	s := newServer(t, func(s *server, w http.ResponseWriter, r *http.Request) {
		if from(r) > 0 {
			serve(1<<30)(s, w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(published)))
		w.Write(published[:1000])
		w.(http.Flusher).Flush()
		<-release
	})
	dst := target(t)
	if err := fetchTo(t, dst, s.URL); err != nil {
		t.Fatal(err)
	}
	installed(t, dst)
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s := newServer(t, func(s *server, w http.ResponseWriter, r *http.Request) {
		w.Write(published[:1000])
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	})
	err := Download(ctx, &http.Client{}, []string{s.URL}, target(t), publishedHash(), int64(len(published)), nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want context.Canceled", err)
	}
}

func TestTwoDownloadsOfOneFile(t *testing.T) {
	dst := target(t)
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		t.Fatal(err)
	}
	other := flock.New(dst + ".part.lock")
	if ok, err := other.TryLock(); !ok || err != nil {
		t.Fatal(ok, err)
	}
	defer other.Unlock()
	if err := fetchTo(t, dst, "http://127.0.0.1:1"); err == nil || !strings.Contains(err.Error(), "another download of it is running") {
		t.Errorf("%v", err)
	}
}

// A folder that cannot be made is told, and is not mistaken for a missing network. (Root may write anywhere, so the
// folder's place is taken by a file.)
func TestFolderThatCannotBeMade(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "blocked")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := newServer(t, serve(1<<30))
	err := fetchTo(t, filepath.Join(blocked, "file.csv"), s.URL)
	if err == nil || errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), blocked) || len(s.ranges) > 0 {
		t.Errorf("%v after %d requests", err, len(s.ranges))
	}
}
