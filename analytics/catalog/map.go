package catalog

import (
	"strings"
	"unicode/utf8"
)

// Map is the [map] table of config.toml: what stands on maps and below them.
type Map struct {
	Approval string `toml:"approval"` // the line 审图号：…, on the page and in its pictures; "" for none

	// Basemap is the address of a raster basemap in Web Mercator with {z}, {x} and {y}, keys and all: XYZ, or a WMTS written so. It is
	// fetched by the server, so that no key reaches a browser. "" is none, and nothing leaves the server.
	Basemap     string `toml:"basemap"`
	BasemapZoom int    `toml:"basemap_zoom"` // its deepest zoom, in tiles of 256 pixels
	Attribution string `toml:"attribution"`  // whose basemap it is

	// SnapM is how far in metres a point in no unit may lie from the one it is given to: in a gap between units, or beyond the
	// outermost border. 0.01 takes up rounding only; rows given by more are flagged.
	SnapM float64 `toml:"snap_m"`
}

func (m Map) check() (key, text string) {
	for key, line := range map[string]string{"approval": m.Approval, "attribution": m.Attribution} {
		if utf8.RuneCountInString(line) > 60 || strings.ContainsAny(line, "\n\r<>") {
			return key, "应为一行不超过 60 字的文字"
		}
	}
	switch {
	case m.Basemap == "":
	case !strings.HasPrefix(m.Basemap, "https://") && !strings.HasPrefix(m.Basemap, "http://"):
		return "basemap", "底图地址应以 https:// 或 http:// 开头"
	case !strings.Contains(m.Basemap, "{z}") || !strings.Contains(m.Basemap, "{x}") || !strings.Contains(m.Basemap, "{y}"):
		return "basemap", "底图地址中应有 {z}、{x}、{y}"
	}
	if !(m.SnapM >= 0.01 && m.SnapM <= 500) {
		return "snap_m", "归入最近单位的距离应为 0.01 至 500 米"
	}
	if m.BasemapZoom < 1 || m.BasemapZoom > 22 {
		return "basemap_zoom", "底图的最大级别应为 1 至 22"
	}
	return "", ""
}
