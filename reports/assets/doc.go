// Package assets holds what pages and documents need besides our own files:
// ECharts, OpenLayers and the Noto Sans SC fonts, fetched from npm by "make assets"
// (build.mjs) into dist/ and embedded in the program, so that nothing is ever
// loaded from another server. It also serves such files, its own and those of
// reports/web: a Bundle.
//
// Inputs are file trees (fs.FS), outputs addresses (Path), bytes (Read) and an HTTP
// handler. A fresh clone has an empty dist/ and still compiles; whoever then asks
// for a file gets ErrNotBuilt.
//
// Callers: reports/web and reports/api mount handlers and write addresses into
// pages, reports/render reads ECharts and the fonts.
package assets
