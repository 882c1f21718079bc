// Package chart turns small tables of labelled numbers into chart options: pure JSON that ECharts 5.6 draws, in the
// browser today and on the server (package render) from the same bytes.
//
// Inputs are plain structs of labels, codes, numbers and their published texts (Point, TrendData, RankingData …). No
// number is computed here beyond what a drawing needs (axis limits, class breaks, shares of a half-width): the words
// beside a bar are Point.Text as the caller published it. Outputs are Options. Builders keep no state, read no clock and
// give the same bytes for the same input.
//
// Callers: reports/web and reports/api put options into pages, reports into documents.
//
// # Frames
//
// A Card is drawn inside a card of a page that already shows title, unit and scope: transparent ground, 12 px type, made
// for widths from 300 to 1,000 CSS px and Option.Height high. A Picture stands alone in a document: white ground, title,
// unit, scope and period above, source and data version below, all sizes for PictureWidth × PictureHeight.
//
// # What an option never holds
//
// Functions (or go-echarts' __f__ marks), HTML, links, a toolbox, animation, random ids. Tooltips are rich text. A text
// from data never reaches a template parser as it is: label and tooltip templates are built by plain, which replaces the
// metacharacters of ECharts' templates and rich text, and names that are only keys (unit codes, node ids) are never
// shown. Colours are light hexes of Palette and nothing else, so that a page turns an option dark by replacing strings.
//
// # What a page does with an option
//
// It gives the container Option.Height, replaces colours in the dark theme (PaletteJSON), registers the GeoJSON of a map
// under MapData.Map, calls setOption, and on a click follows params.data.code. The rows of bars, the buckets of a trend and
// the regions answer over their whole area (see touch). Tables of the same numbers come from the answer, not from here.
//
// # go-echarts
//
// go-echarts is the option builder and only that (its Render writes titles into HTML unescaped). What its typed options
// lack (nameProperty, aspectScale, piece labels, rich-text tooltips, media queries, per-item labels of lines and maps,
// numeric radii) is merged over its output as nodes; what it leaks (an empty toolbox, its own palette, nulls for unset
// pointers) is removed. Both happen in one place, seal.
package chart
