package assets

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCompress(t *testing.T) {
	long := strings.Repeat("<p>居民诉求</p>\n", 200)
	for _, tt := range []struct {
		name, page, accept, encoding string
	}{
		{"browser", long, "gzip, deflate, br", "gzip"},
		{"client that takes br only", long, "br", ""},
		{"client that takes nothing", long, "", ""},
		{"short page", "<p>居民诉求</p>", "gzip", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			w.Header().Set("Vary", "Cookie")
			out := Compress(w, r, []byte(tt.page))
			if _, err := w.Write(out); err != nil {
				t.Fatal(err)
			}
			res := w.Result()
			if got := res.Header.Get("Content-Encoding"); got != tt.encoding {
				t.Errorf("coding %q, want %q", got, tt.encoding)
			}
			if got := strings.Join(res.Header.Values("Vary"), ", "); got != "Cookie, Accept-Encoding" {
				t.Errorf("Vary %q", got)
			}
			if res.ContentLength != int64(len(out)) {
				t.Errorf("length %d of %d", res.ContentLength, len(out))
			}
			var from io.Reader = res.Body
			if tt.encoding != "" {
				z, err := gzip.NewReader(res.Body)
				if err != nil {
					t.Fatal(err)
				}
				from = z
			}
			if got, err := io.ReadAll(from); err != nil || string(got) != tt.page {
				t.Errorf("%.40q, %v", got, err)
			}
		})
	}
}

// FuzzChoose: the answer is at hand, and not among what the client refuses by name.
func FuzzChoose(f *testing.F) {
	for _, header := range []string{"", "gzip", "br;q=0", "gzip;q=0, br;q=0, *", "*;q=0.5, gzip;q=1.0", ";,;q=,=", "gzip;q=NaN", "gzip;q=1e-1", "identity;q=0"} {
		f.Add(header, true, true)
		f.Add(header, false, true)
	}
	f.Fuzz(func(t *testing.T, header string, br, gz bool) {
		has := func(e encoding) bool { return e == brotliEncoding && br || e == gzipEncoding && gz }
		got := choose(header, has)
		if got != identity && !has(got) {
			t.Fatalf("%q: chose %q, which is not there", header, got)
		}
		named := strings.ToLower(header)
		if got != identity && !strings.Contains(named, string(got)) && !strings.Contains(named, "*") {
			t.Fatalf("%q: chose %q, which the client does not name", header, got)
		}
		if refused := named + ", " + string(got) + ";q=0"; got != identity && choose(refused, has) == got {
			t.Fatalf("%q: chose %q, which is refused", refused, got)
		}
	})
}
