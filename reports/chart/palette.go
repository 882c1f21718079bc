package chart

import "encoding/json"

// Token is a named colour. Options hold the light hex; a page in the dark theme replaces it by the dark one wherever a
// string of the option equals it, so no two tokens share a light hex.
type Token struct {
	Name  string `json:"name"`
	Light string `json:"light"`
	Dark  string `json:"dark"`
}

// Light hexes, the only colours in options. The grounds they stand on are card (#ffffff, dark #181d23).
const (
	card    = "#ffffff" // ground, borders between regions, and the type on the two strongest classes of a ramp
	line    = "#e4e4df" // rules of a grid
	ink     = "#1c1f23"
	ink2    = "#5b626b" // labels and ticks
	ink3    = "#6b727a" // notes: #8d949c of the look has 3.1 : 1 on white, too little for 12 px
	accent  = "#b3261e"
	good    = "#2f7d5b"
	watch   = "#c77700" // bars of 需关注
	overdue = "#d9480f"
	second  = "#2f5f9e"
	bar     = "#c9ccd3" // the grey first series
	compare = "#8a8f99" // dashed comparison, target lines
	missing = "#d8d8d2" // a region or bar without a number
	middle  = "#9aa2b0" // nodes between the ends of a flow
)

// Missing is the colour of a region without value.
const Missing = missing

// Ramp is a sequence of five colours for classes, weak to strong.
type Ramp int

const (
	// Volume: more is only more.
	Volume Ramp = iota
	// Worse: more is worse.
	Worse
)

var ramps = [...][5]string{
	Volume: {"#eef2f6", "#c9d5e1", "#97afc6", "#5f83a6", "#2f5a84"},
	Worse:  {"#f8eae6", "#ecc7bf", "#d58a80", "#b3443c", "#7f1d17"},
}

// rim goes around the white type on the fourth colour of Volume, which gives white only 4.0 : 1; that of Worse needs none.
const rim = "#46698c"

func (r Ramp) colors() [5]string {
	if r == Worse {
		return ramps[Worse]
	}
	return ramps[Volume]
}

// sources tell the nodes of a flow's first layer apart: muted, no lamp and no accent among them.
var sources = [...]string{second, "#9a5b74", "#3f8489", "#a07d33", "#7567ab", "#6d7d3f"}

// Palette is every colour an option may hold. Dark values keep the contrast of the light ones on #181d23; the ramps run
// from dark to bright there, so that strong still stands out from the ground.
var Palette = []Token{
	{"card", card, "#181d23"},
	{"line", line, "#2e353d"},
	{"ink", ink, "#e9ebee"},
	{"ink-2", ink2, "#aab1ba"},
	{"ink-3", ink3, "#949ca5"},
	{"accent", accent, "#f0857c"},
	{"good", good, "#4fae84"},
	{"watch", watch, "#e39a35"},
	{"overdue", overdue, "#f57f49"},
	{"second", second, "#7eaae0"},
	{"bar", bar, "#4b545e"},
	{"compare", compare, "#8b939d"},
	{"missing", missing, "#3d4249"},
	{"middle", middle, "#69727e"},
	{"source-2", sources[1], "#c98aa2"},
	{"source-3", sources[2], "#67b0b4"},
	{"source-4", sources[3], "#c9a65c"},
	{"source-5", sources[4], "#a79bd8"},
	{"source-6", sources[5], "#9db06a"},
	{"volume-1", ramps[Volume][0], "#25303b"},
	{"volume-2", ramps[Volume][1], "#33485d"},
	{"volume-3", ramps[Volume][2], "#496886"},
	{"volume-4", ramps[Volume][3], "#739cc4"},
	{"volume-5", ramps[Volume][4], "#b4d3ee"},
	{"rim", rim, "#739cc5"},
	{"worse-1", ramps[Worse][0], "#352827"},
	{"worse-2", ramps[Worse][1], "#5b3531"},
	{"worse-3", ramps[Worse][2], "#8a463d"},
	{"worse-4", ramps[Worse][3], "#d37d70"},
	{"worse-5", ramps[Worse][4], "#f6b9af"},
}

// PaletteJSON is Palette for the page script: an object from light hex to dark hex.
func PaletteJSON() []byte {
	dark := make(map[string]string, len(Palette))
	for _, t := range Palette {
		dark[t.Light] = t.Dark
	}
	data, err := json.Marshal(dark)
	if err != nil { // strings only
		panic(err)
	}
	return data
}
