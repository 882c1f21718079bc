package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gridstar/analytics/units"
	"gridstar/geo"
	"gridstar/ingest/profile"
)

// now is the site's clock: naive wall time in its zone.
func (e *env) now() time.Time { return e.Catalog.Site.Naive(time.Now()) }

// levels are the site's levels, of both trees.
func (e *env) levels() units.Levels { return units.Levels(e.Catalog.Levels) }

// checkLevel refuses an unknown level and names those there are.
func (e *env) checkLevel(id string) error {
	ls := e.levels()
	if slices.ContainsFunc(ls, func(l units.Level) bool { return l.ID == id }) {
		return nil
	}
	var names []string
	for _, l := range ls {
		names = append(names, l.ID+"（"+l.Label+"）")
	}
	return usagef("没有“%s”这一级，可用的层级：%s", id, strings.Join(names, "、"))
}

// parseCRS reads a coordinate system named on the command line.
func parseCRS(text string) (geo.CRS, error) {
	crs, err := geo.ParseCRS(text)
	if err != nil {
		return "", usagef("%s", err)
	}
	return crs, nil
}

// profiles are the built-in profiles and the site's own, which replace built-in ones of the same name.
func (e *env) profiles() (*profile.Set, error) { return siteProfiles(e.W.Dir().Profiles()) }

// siteProfiles are the built-in profiles and those of a folder, which may be missing.
func siteProfiles(folder string) (*profile.Set, error) {
	builtin, err := profile.Builtin()
	if err != nil {
		return nil, err
	}
	set := profile.NewSet(builtin...)
	files, err := filepath.Glob(filepath.Join(folder, "*.toml"))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	own := make([]profile.File, len(files))
	for i, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("本站台账模板“%s”无法读取：%w", filepath.Base(name), err)
		}
		own[i] = profile.File{Name: filepath.Base(name), Text: text}
	}
	return set, set.AddFiles(own)
}
