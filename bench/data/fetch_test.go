// This file tests downloads against local servers as a whole: what is fetched
// and what is not, the wait for a network, the lock, proxies.

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

// newDownload is Download's, with limits that no test meets unless it lowers one.
func newDownload(dst string) *download {
	return &download{
		client: http.DefaultClient, dst: dst, part: dst + ".part",
		sum: publishedSum, size: int64(len(published)), progress: func(int64, int64) {},
		patience: time.Minute, stall: time.Minute, pause: time.Millisecond,
	}
}

func fetch(ctx context.Context, dst string, sources ...string) error {
	return newDownload(dst).run(ctx, sources)
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
	if err := Download(t.Context(), http.DefaultClient, []string{s.URL}, dst, publishedSum, size, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(s.stop().ranges); n != 1 {
		t.Errorf("a right file was asked for %d times more", n-1)
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
		d := newDownload(dst)
		d.patience = 50 * time.Millisecond
		err := d.run(t.Context(), sources)
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
	d := newDownload(dst)
	d.patience = 50 * time.Millisecond
	if err := d.run(t.Context(), []string{refused, mute, good.URL}); err != nil {
		t.Errorf("with a source that answers: %v", err)
	}
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
			if err := fetch(t.Context(), dst, s.URL); err != nil {
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
		err := fetch(t.Context(), filepath.Join(dir, "file.csv"), s.URL)
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
		if err := fetch(t.Context(), dst, "http://sets.invalid/file.csv"); err != nil {
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
