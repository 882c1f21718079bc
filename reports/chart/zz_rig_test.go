package chart

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestZZRig(t *testing.T) {
	var codes []string
	for i := 0; i < len(communities); i += 2 {
		codes = append(codes, communities[i])
	}
	os.WriteFile("/tmp/chartlook/tiles.json", Tiles(codes), 0o644)
	os.WriteFile("/tmp/chartlook/palette.json", PaletteJSON(), 0o644)
	h := map[string]int{}
	for _, s := range samples {
		o, _ := s.build(Card)
		h[strings.TrimSpace(s.name)] = o.Height()
	}
	b, _ := json.Marshal(h)
	os.WriteFile("/tmp/chartlook/heights.json", b, 0o644)
}
func TestZZHostile(t *testing.T){ b,_:=json.Marshal(hostileOptions(t)); os.WriteFile("/tmp/chartlook/hostile.json",b,0o644) }
