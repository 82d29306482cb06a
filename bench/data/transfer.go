// This file holds one HTTP transfer of a download, and how it can fail.

package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// How a transfer fails decides what comes next. Any other error means that the
// source is there and does not have the file: try the next one.
type (
	unreachableError struct{ error } // no answer at all: try the next source
	lostError        struct{ error } // the connection was lost: resume
	localError       struct{ error } // the file cannot be written: stop
)

func (e unreachableError) Unwrap() error { return e.error }
func (e lostError) Unwrap() error        { return e.error }
func (e localError) Unwrap() error       { return e.error }

// attempt makes one transfer: it appends to the part file what it lacks, or
// begins it anew where the source cannot continue it. It returns nil when the
// file has its size. etag is the source's name for its file, passed from one
// attempt to the next.
func (d *download) attempt(ctx context.Context, source string, etag *string) error {
	f, err := os.OpenFile(d.part, os.O_WRONLY, 0)
	if err != nil {
		return localError{err}
	}
	defer f.Close()
	offset, err := f.Seek(0, io.SeekEnd)
	if err == nil && offset > d.size {
		offset, err = 0, restart(f)
	}
	if err != nil {
		return localError{err}
	}
	if offset == d.size {
		return nil
	}

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.patience, func() { cancel(fmt.Errorf("no answer within %v", d.patience)) })
	defer watch.Stop()
	var answered atomic.Bool
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotFirstResponseByte: func() {
			answered.Store(true)
			watch.Reset(d.stall)
		},
	}), http.MethodGet, source, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Accept-Encoding", "identity") // ranges count the file's own bytes
	if offset > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		if *etag != "" {
			request.Header.Set("If-Range", *etag)
		}
	}
	response, err := d.client.Do(request)
	if err != nil {
		err = plain(ctx, err)
		if !answered.Load() {
			return unreachableError{err}
		}
		return lostError{err}
	}
	defer response.Body.Close()

	switch response.StatusCode {
	case http.StatusPartialContent:
		if err := d.continues(response.Header.Get("Content-Range"), offset); err != nil {
			return err
		}
	case http.StatusOK: // from the beginning, asked or not
		if n := response.ContentLength; n >= 0 && n != d.size {
			return fmt.Errorf("announces %d bytes, want %d", n, d.size)
		}
		if err := restart(f); err != nil {
			return localError{err}
		}
		offset = 0
	default:
		return errors.New(response.Status)
	}
	*etag = response.Header.Get("ETag")
	if strings.HasPrefix(*etag, "W/") {
		*etag = "" // a weak one does not promise the same bytes: RFC 9110, 13.1.5
	}
	return d.copy(ctx, f, response.Body, offset, watch)
}

// copy writes body to f from offset on, until the file has its size.
func (d *download) copy(ctx context.Context, f *os.File, body io.Reader, offset int64, watch *time.Timer) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		watch.Reset(d.stall)
		if offset += int64(n); offset > d.size {
			if err := restart(f); err != nil {
				return localError{err}
			}
			return fmt.Errorf("sends more than the %d bytes wanted", d.size)
		}
		if _, err := f.Write(buf[:n]); err != nil {
			return localError{err}
		}
		if n > 0 {
			d.progress(offset, d.size)
		}
		switch {
		case err == io.EOF && offset == d.size:
			return nil
		case err == io.EOF:
			return lostError{fmt.Errorf("ended after %d of %d bytes", offset, d.size)}
		case err != nil:
			return lostError{plain(ctx, err)}
		}
	}
}

// continues checks that a partial answer goes on where the part file ends.
func (d *download) continues(contentRange string, offset int64) error {
	var first, last int64
	var total string
	_, err := fmt.Sscanf(contentRange, "bytes %d-%d/%s", &first, &last, &total)
	if err != nil || first != offset || total != "*" && total != fmt.Sprint(d.size) {
		return fmt.Errorf("answers with the range %q where bytes from %d of %d were asked for", contentRange, offset, d.size)
	}
	return nil
}

// restart empties the file.
func restart(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.Seek(0, io.SeekStart)
	return err
}

// plain returns what lies behind an error of the client: why its context was
// cancelled, or the cause without the method and address, which are said once.
func plain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
