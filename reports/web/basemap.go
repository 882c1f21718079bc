package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics"
)

// basemap is what the map's script is told of the basemap: our own address, never that of its provider, in which there may be a key.
type basemap struct {
	URL         string `json:"url"`
	Zoom        int    `json:"zoom"`
	Attribution string `json:"attribution,omitempty"`
}

// basemapOf is the site's basemap; nil where none is set.
func (s *Server) basemapOf() *basemap {
	m := s.Catalog.Map
	if m.Basemap == "" {
		return nil
	}
	return &basemap{"/basemap/{z}/{x}/{y}", m.BasemapZoom, m.Attribution}
}

const (
	basemapBytes  = 1 << 20 // greatest picture
	basemapAtOnce = 8       // requests to the provider
	basemapWait   = 8 * time.Second
	basemapDays   = 7 // how long a browser keeps a picture
)

var errBasemap = errors.New("底图暂时无法取得")

// basemapTile sends a picture of the basemap, fetched from its provider or from memory. Nobody can make it fetch anything else: the
// address is the site's, with three checked numbers.
func (s *Server) basemapTile(w http.ResponseWriter, r *http.Request) error {
	m := s.Catalog.Map
	if m.Basemap == "" {
		return errNotFound
	}
	var n [3]uint64
	for i, name := range []string{"z", "x", "y"} {
		v, err := strconv.ParseUint(r.PathValue(name), 10, 32)
		if err != nil {
			return errNotFound
		}
		n[i] = v
	}
	if n[0] > uint64(m.BasemapZoom) || n[1] >= 1<<n[0] || n[2] >= 1<<n[0] {
		return errNotFound
	}
	address := strings.NewReplacer("{z}", fmt.Sprint(n[0]), "{x}", fmt.Sprint(n[1]), "{y}", fmt.Sprint(n[2])).Replace(m.Basemap)
	p, err := analytics.Keep(r.Context(), s.Engine, 0, "basemap "+address, func(ctx context.Context) (picture, int64, error) {
		p, err := s.fetchBasemap(ctx, address)
		return p, int64(len(p.body)) + 256, err
	})
	if err != nil {
		s.Log.Warn("the basemap could not be fetched", "err", withoutAddress(err), "z", n[0], "x", n[1], "y", n[2])
		http.Error(w, errBasemap.Error()+"。", http.StatusBadGateway)
		return nil
	}
	w.Header().Set("Content-Type", p.kind)
	w.Header().Set("Cache-Control", fmt.Sprintf("private, max-age=%d", basemapDays*24*3600))
	write(w, r, http.StatusOK, p.body)
	return nil
}

// picture is one of the basemap.
type picture struct {
	kind string
	body []byte
}

// fetching bounds how many are asked for at once.
var fetching = make(chan struct{}, basemapAtOnce)

func (s *Server) fetchBasemap(ctx context.Context, address string) (picture, error) {
	select {
	case fetching <- struct{}{}:
		defer func() { <-fetching }()
	case <-ctx.Done():
		return picture{}, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, basemapWait)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return picture{}, err
	}
	q.Header.Set("User-Agent", "gridstar")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }} // not to anywhere else
	a, err := client.Do(q)
	if err != nil {
		return picture{}, err
	}
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK {
		return picture{}, fmt.Errorf("the provider answers %d", a.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(a.Body, basemapBytes+1))
	if err != nil {
		return picture{}, err
	}
	kind := http.DetectContentType(body) // what it is, not what it is called
	switch {
	case len(body) > basemapBytes:
		return picture{}, errors.New("the picture is too large")
	case kind != "image/png" && kind != "image/jpeg" && kind != "image/webp":
		return picture{}, errors.New("it is no picture: " + kind)
	}
	return picture{kind, body}, nil
}

// withoutAddress is an error without the address that it quotes, in which there may be a key.
func withoutAddress(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(err) {
		err = inner
	}
	return err.Error()
}
