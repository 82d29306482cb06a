// This file tests the transfers of a download: what is resumed, and what a
// source is passed over for.

package data

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

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
			if err := fetch(t.Context(), dst, s.URL); err != nil {
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
			err := fetch(t.Context(), dst, bad.URL)
			want := "file.csv not fetched: " + bad.URL + ": " + test.want
			if err == nil || strings.Replace(err.Error(), "unexpected EOF", "ended early", 1) != want || errors.Is(err, ErrOffline) {
				t.Errorf("\n got %v\nwant %s", err, want)
			}
			if _, err := os.Stat(dst); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is there: %v", dst, err)
			}
			if err := fetch(t.Context(), dst, bad.URL, good.URL); err != nil {
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
	if err := fetch(t.Context(), dst, s.URL); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dst)
	if got, want := good.stop().ranges, []string{"", "bytes=400000-"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the redirected requests ask for %q, want %q", got, want)
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
	d := newDownload(dst)
	d.stall = 50 * time.Millisecond
	if err := d.run(t.Context(), []string{s.URL}); err != nil {
		t.Fatal(err)
	}
	checkFetched(t, dst)
}
