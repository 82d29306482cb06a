// This file tests downloads against local servers: what is resumed, what is
// refused, and how fast a missing network is noticed.

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
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// published is the file that the test servers have: 640 kB, ten of copy's buffers.
var (
	published    = bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	publishedSum = sumOf(published)
)

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// A server answers as its handler says, and notes what it was asked and sent.
type server struct {
	*httptest.Server
	mu sync.Mutex
	traffic
}

type traffic struct {
	ranges, ifRange []string // those headers of each request
	sent            int      // bytes of the file
}

func serve(t *testing.T, handle func(s *server, w http.ResponseWriter, r *http.Request)) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.ranges = append(s.ranges, r.Header.Get("Range"))
		s.ifRange = append(s.ifRange, r.Header.Get("If-Range"))
		s.mu.Unlock()
		handle(s, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// stop waits for the handlers to end and returns what they noted.
func (s *server) stop() traffic {
	s.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.traffic
}

// upTo handles a request by sending what it asks of the file, but hangs up after
// so many bytes.
func upTo(limit int) func(s *server, w http.ResponseWriter, r *http.Request) {
	return func(s *server, w http.ResponseWriter, r *http.Request) {
		var first int
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first)
		rest := published[first:]
		w.Header().Set("Content-Length", fmt.Sprint(len(rest)))
		w.Header().Set("ETag", `"v1"`)
		if first > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(published)-1, len(published)))
			w.WriteHeader(http.StatusPartialContent)
		}
		n, _ := w.Write(rest[:min(limit, len(rest))])
		s.mu.Lock()
		s.sent += n
		s.mu.Unlock()
		if n < len(rest) {
			panic(http.ErrAbortHandler)
		}
	}
}

// whole handles a request by sending the whole file, whatever part was asked for.
func whole(_ *server, w http.ResponseWriter, _ *http.Request) { w.Write(published) }

const all = 1 << 30

// fetch is Download of the published file, with less patience.
func fetch(ctx context.Context, dst string, patience time.Duration, sources ...string) error {
	d := &download{
		client: http.DefaultClient, dst: dst, part: dst + ".part",
		sum: publishedSum, size: int64(len(published)), progress: func(int64, int64) {},
		patience: patience, stall: time.Minute, pause: time.Millisecond,
	}
	return d.run(ctx, sources)
}

func target(t *testing.T) string { return filepath.Join(t.TempDir(), "sub", "file.csv") }

// checkFetched compares the folder of dst with what must be in it: the file alone.
func checkFetched(t *testing.T, dst string) {
	t.Helper()
	got, err := os.ReadFile(dst)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, published) {
		t.Errorf("%d bytes came that are not the %d published", len(got), len(published))
	}
	if left, _ := filepath.Glob(dst + ".*"); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// leave makes a part file, as an earlier download would.
func leave(t *testing.T, dst string, part []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dst+".part", part, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestDownload(t *testing.T) {
	s, dst := serve(t, upTo(all)), target(t)
	var last, total int64
	progress := func(done, of int64) {
		if done <= last {
			t.Errorf("progress from %d to %d", last, done)
		}
		last, total = done, of
	}
	size := int64(len(published))
	if err := Download(t.Context(), http.DefaultClient, []string{s.URL}, dst, publishedSum, size, progress); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dst)
	if last != size || total != size {
		t.Errorf("progress ends at %d of %d, want %d", last, total, size)
	}
	if info, err := os.Stat(dst); err != nil || info.Mode().Perm()&0o444 == 0o400 {
		t.Errorf("others cannot read it: %v, %v", info.Mode(), err)
	}
	if err := Download(t.Context(), http.DefaultClient, []string{s.URL}, dst, publishedSum, size, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(s.stop().ranges); n != 1 {
		t.Errorf("a right file was asked for %d times more", n-1)
	}
}

// TestDownloadResumes counts the bytes that servers send: none comes twice where
// the server can go on in the middle.
func TestDownloadResumes(t *testing.T) {
	half := published[:320_000]
	tests := []struct {
		name    string
		part    []byte // left by an earlier download
		handle  func(s *server, w http.ResponseWriter, r *http.Request)
		ranges  []string
		ifRange []string
		sent    int // 0: not counted
	}{
		{
			"cut connection", nil, upTo(200_000),
			[]string{"", "bytes=200000-", "bytes=400000-", "bytes=600000-"},
			[]string{"", `"v1"`, `"v1"`, `"v1"`}, len(published),
		},
		{"earlier download", half, upTo(all), []string{"bytes=320000-"}, []string{""}, 320_000},
		{"all there but the renaming", published, upTo(all), nil, nil, 0},
		{"server that ignores ranges", half, whole, []string{"bytes=320000-"}, []string{""}, 0},
		{"part of another file", bytes.ToUpper(half), upTo(all), []string{"bytes=320000-", ""}, []string{"", ""}, 320_000 + len(published)},
		{"part longer than the file", append(half, published...), upTo(all), []string{""}, []string{""}, len(published)},
		{
			"weak ETag", nil, func(s *server, w http.ResponseWriter, r *http.Request) {
				upTo(400_000)(s, weakly{w}, r)
			},
			[]string{"", "bytes=400000-"}, []string{"", ""}, len(published),
		},
		{
			"server failing after a cut", nil, func(s *server, w http.ResponseWriter, r *http.Request) {
				s.mu.Lock()
				second := len(s.ranges) == 2
				s.mu.Unlock()
				if second {
					panic(http.ErrAbortHandler)
				}
				upTo(400_000)(s, w, r)
			},
			[]string{"", "bytes=400000-", "bytes=400000-"}, []string{"", `"v1"`, `"v1"`}, len(published),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, dst := serve(t, test.handle), target(t)
			if test.part != nil {
				leave(t, dst, test.part)
			}
			if err := fetch(t.Context(), dst, time.Minute, s.URL); err != nil {
				t.Fatal(err)
			}
			checkFetched(t, dst)
			got := s.stop()
			if !reflect.DeepEqual(got.ranges, test.ranges) || !reflect.DeepEqual(got.ifRange, test.ifRange) {
				t.Errorf("asked for %q if %q, want %q if %q", got.ranges, got.ifRange, test.ranges, test.ifRange)
			}
			if test.sent != 0 && got.sent != test.sent {
				t.Errorf("%d bytes were sent, want %d", got.sent, test.sent)
			}
		})
	}
}

// weakly marks the ETag of an answer as weak.
type weakly struct{ http.ResponseWriter }

func (w weakly) Write(b []byte) (int, error) {
	w.Header().Set("ETag", `W/"v1"`)
	return w.ResponseWriter.Write(b)
}

// TestDownloadRefuses shows what a source is passed over for, and the error
// where there is no other.
func TestDownloadRefuses(t *testing.T) {
	wrong := bytes.ToUpper(published)
	status := func(code int) func(*server, http.ResponseWriter, *http.Request) {
		return func(_ *server, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	tests := []struct {
		name   string
		handle func(s *server, w http.ResponseWriter, r *http.Request)
		want   string
	}{
		{"not found", status(404), "404 Not Found"},
		{"server error", status(503), "503 Service Unavailable"},
		{
			"wrong hash", func(_ *server, w http.ResponseWriter, _ *http.Request) { w.Write(wrong) },
			"its SHA-256 is " + sumOf(wrong) + ", want " + publishedSum,
		},
		{
			"a page in its place", func(_ *server, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
			"announces 6 bytes, want 640000",
		},
		{
			"more than announced", func(_ *server, w http.ResponseWriter, _ *http.Request) {
				w.(http.Flusher).Flush() // no Content-Length
				w.Write(published)
				w.Write(published)
			},
			"sends more than the 640000 bytes wanted",
		},
		{
			"another range", func(_ *server, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Range", "bytes 7-9/640000")
				w.WriteHeader(http.StatusPartialContent)
			},
			`answers with the range "bytes 7-9/640000" where bytes from 0 of 640000 were asked for`,
		},
		{
			"cut every time", upTo(100_000),
			"ended early; given up after 5 attempts with 500000 of 640000 bytes, fetch again to go on",
		},
	}
	good := serve(t, upTo(all))
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			bad, dst := serve(t, test.handle), target(t)
			err := fetch(t.Context(), dst, time.Minute, bad.URL)
			want := "file.csv not fetched: " + bad.URL + ": " + test.want
			if err == nil || strings.Replace(err.Error(), "unexpected EOF", "ended early", 1) != want || errors.Is(err, ErrOffline) {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
			if _, err := os.Stat(dst); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is there: %v", dst, err)
			}
			if err := fetch(t.Context(), dst, time.Minute, bad.URL, good.URL); err != nil {
				t.Fatalf("with a second source: %v", err)
			}
			checkFetched(t, dst)
		})
	}
}

func TestDownloadFollowsRedirects(t *testing.T) {
	good, dst := serve(t, upTo(400_000)), target(t)
	s := serve(t, func(_ *server, w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, good.URL+"/elsewhere", http.StatusFound)
	})
	if err := fetch(t.Context(), dst, time.Minute, s.URL); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dst)
	if got, want := good.stop().ranges, []string{"", "bytes=400000-"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the redirected requests ask for %q, want %q", got, want)
	}
}

// TestDownloadOffline meets ports that nobody listens on, and a listener that
// takes connections and never answers.
func TestDownloadOffline(t *testing.T) {
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		return l
	}
	closed, silent := listen(), listen()
	closed.Close()
	refused, mute := "http://"+closed.Addr().String(), "http://"+silent.Addr().String()
	for _, sources := range [][]string{{refused}, {mute}, {refused, mute}} {
		dst := target(t)
		err := fetch(t.Context(), dst, 50*time.Millisecond, sources...)
		if !errors.Is(err, ErrOffline) || !strings.HasPrefix(err.Error(), "no network: file.csv not fetched: "+sources[0]+": ") {
			t.Errorf("%q: %v, want ErrOffline", sources, err)
		}
		if left, _ := os.ReadDir(filepath.Dir(dst)); len(left) > 0 {
			t.Errorf("%q: left behind: %v", sources, left)
		}
		if sources[len(sources)-1] == mute && !strings.HasSuffix(err.Error(), ": no answer within 50ms") {
			t.Errorf("%q: %v, want it to say how long it waited", sources, err)
		}
	}
	good, dst := serve(t, upTo(all)), target(t)
	if err := fetch(t.Context(), dst, 50*time.Millisecond, refused, mute, good.URL); err != nil {
		t.Errorf("with a source that answers: %v", err)
	}
}

// TestDownloadStalls cuts a connection that falls silent, and resumes.
func TestDownloadStalls(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	s := serve(t, func(s *server, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			upTo(all)(s, w, r)
			return
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(published)))
		w.Write(published[:1000])
		w.(http.Flusher).Flush()
		<-release
	})
	dst := target(t)
	d := &download{
		client: http.DefaultClient, dst: dst, part: dst + ".part",
		sum: publishedSum, size: int64(len(published)), progress: func(int64, int64) {},
		patience: time.Minute, stall: 50 * time.Millisecond, pause: time.Millisecond,
	}
	if err := d.run(t.Context(), []string{s.URL}); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dst)
}

func TestDownloadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := serve(t, func(_ *server, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(published)))
		w.Write(published[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	progress := func(int64, int64) { cancel() }
	err := Download(ctx, http.DefaultClient, []string{s.URL}, target(t), publishedSum, int64(len(published)), progress)
	if want := "file.csv: stopped with 1000 of 640000 bytes, fetch again to go on: context canceled"; !errors.Is(err, context.Canceled) || err.Error() != want {
		t.Errorf("\n got %v\nwant %s", err, want)
	}
}

// TestDownloadTwice starts downloads of one file at once: one fetches, the
// others wait for it.
func TestDownloadTwice(t *testing.T) {
	s, dst := serve(t, upTo(all)), target(t)
	var done sync.WaitGroup
	var failed atomic.Int32
	for range 4 {
		done.Go(func() {
			if err := fetch(t.Context(), dst, time.Minute, s.URL); err != nil {
				failed.Add(1)
				t.Log(err)
			}
		})
	}
	done.Wait()
	checkFetched(t, dst)
	if sent := s.stop().sent; failed.Load() != 0 || sent != len(published) {
		t.Errorf("%d downloads failed, %d bytes were sent; want 0 and %d", failed.Load(), sent, len(published))
	}
}

// TestDownloadCannotWrite puts a file where the directory should be, which stops
// root as well, and takes the right to write from a directory, which does not.
func TestDownloadCannotWrite(t *testing.T) {
	s := serve(t, upTo(all))
	blocked := write(t, "blocked", "")
	dirs := []string{blocked}
	if os.Geteuid() != 0 {
		dirs = append(dirs, t.TempDir())
		if err := os.Chmod(dirs[1], 0o555); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range dirs {
		err := fetch(t.Context(), filepath.Join(dir, "file.csv"), time.Minute, s.URL)
		if err == nil || errors.Is(err, ErrOffline) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%v, want an error that names %s", err, dir)
		}
	}
	if n := len(s.stop().ranges); n > 0 {
		t.Errorf("%d requests for a file that cannot be kept", n)
	}
}

// TestDownloadProxy runs itself with HTTP_PROXY set, which the client reads once
// per process, and fetches from a host that does not exist.
func TestDownloadProxy(t *testing.T) {
	const childDst = "ECALF_TEST_PROXY_DST"
	if dst := os.Getenv(childDst); dst != "" {
		if err := fetch(t.Context(), dst, time.Minute, "http://sets.invalid/file.csv"); err != nil {
			t.Fatal(err)
		}
		return
	}
	var asked atomic.Value
	proxy := serve(t, func(s *server, w http.ResponseWriter, r *http.Request) {
		asked.Store(r.URL.String())
		upTo(all)(s, w, r)
	})
	dst := target(t)
	child := exec.Command(os.Args[0], "-test.run=^TestDownloadProxy$")
	child.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL, "NO_PROXY=", "no_proxy=", childDst+"="+dst)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	checkFetched(t, dst)
	if asked.Load() != "http://sets.invalid/file.csv" {
		t.Errorf("the proxy was asked for %v", asked.Load())
	}
}
