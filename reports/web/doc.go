// Package web is the pages: what a leader, an evaluator and a clerk see in the browser.
//
// Every page is one template with one typed struct; the state of a page (unit, period, kind) lives in its address,
// so that each view is a link. Numbers come from analytics.Engine by way of typed queries, are written by
// analytics.Published, and become pictures by reports/chart; this package decides what stands where, never what a
// number is. The page script (static/) is small ES modules without a framework: it draws the options it finds in the
// page, and without it every number is still there as a table.
//
// Inputs: the engine, the catalogue, the units, the assets. Output: an http.Handler. Caller: cmd (serve, demo).
//
// routes.go is the whole site on one screen. A handler reads its parameters, asks, fills a struct and returns;
// errors go to one edge (edge.go), which turns them into a page with a sentence.
package web
