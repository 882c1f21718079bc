package catalog

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

//go:embed *.toml rulebooks/*.toml
var embedded embed.FS

// Catalog is everything a site defines, checked. It does not change after Load and may be shared.
type Catalog struct {
	Site     Site
	Access   Access
	Limits   Limits
	Map      Map
	Levels   []Level // both trees, each from the top down
	Calendar Calendar

	metrics   map[string]*Metric
	order     []string // metric ids as they stand in the files
	measures  map[string]*Measure
	lists     map[string]*CodeList
	schedules []Schedule
	boards    map[string]*Board
	rulebook  *Rulebook
	slas      map[slaKey]*SLA

	measureNames map[string]string
	hash         string
	files        []*file // in the order of loading; later ones win
}

// settings are the keys of config.toml.
type settings struct {
	Site     Site         `toml:"site"`
	Access   Access       `toml:"access"`
	Limits   Limits       `toml:"limits"`
	Map      Map          `toml:"map"`
	Level    []Level      `toml:"level"`
	Calendar calendarFile `toml:"calendar"`
	SLA      []SLA        `toml:"sla"`
}

// definitions are the keys of the catalogue's other files.
type definitions struct {
	Metric   map[string]toml.Primitive `toml:"metric"` // decoded over the definition they change
	Measure  map[string]toml.Primitive `toml:"measure"`
	List     map[string]CodeList       `toml:"list"`
	Schedule []Schedule                `toml:"schedule"`
	Board    map[string]Board          `toml:"board"`
}

// definitionTypes are the types that the keys of definitions have in the end.
type definitionTypes struct {
	Metric   map[string]Metric   `toml:"metric"`
	Measure  map[string]Measure  `toml:"measure"`
	List     map[string]CodeList `toml:"list"`
	Schedule []Schedule          `toml:"schedule"`
	Board    map[string]Board    `toml:"board"`
}

// Load reads the embedded defaults and, over them, config.toml and catalog/*.toml of the site's data directory
// (os.DirFS; nil for the defaults alone; files that do not exist are no error).
//
// How a site's file changes the defaults: keys of [site], of [access], of a [metric.<id>] and of a [measure.<id>]
// replace single keys, but a metric that gives its type replaces the built-in one whole; [[level]] replaces all levels;
// code lists, calendar dates and deadlines (by kind and procedure) are put over the built-in ones entry by entry; a
// [[schedule]] replaces the one of the same id; catalog/rulebook.toml replaces the built-in rulebook whole. Every
// mistake in a file is a *FileError.
func Load(site fs.FS) (*Catalog, error) {
	c, err := assemble(site)
	if err != nil {
		return nil, err
	}
	if err := c.readRulebook(site); err != nil {
		return nil, err
	}
	return c, c.seal()
}

// CheckRulebook reads a rulebook that is not in force, against the site's catalogue but whatever rulebook the site has.
// The catalogue that it returns beside has no rulebook and no hash.
func CheckRulebook(site fs.FS, name string, text []byte) (*Rulebook, *Catalog, error) {
	c, err := assemble(site)
	if err != nil {
		return nil, nil, err
	}
	r, err := c.ParseRulebook(name, text)
	return r, c, err
}

// assemble is all of Load but the rulebook.
func assemble(site fs.FS) (*Catalog, error) {
	c := &Catalog{
		metrics: map[string]*Metric{}, measures: map[string]*Measure{}, lists: map[string]*CodeList{}, boards: map[string]*Board{}, slas: map[slaKey]*SLA{},
	}
	if err := c.config(embedded, "config.toml"); err != nil {
		return nil, err
	}
	for _, name := range []string{"codes.toml", "measures.toml", "schedules.toml", "metrics.toml", "boards.toml"} {
		if err := c.define(embedded, name); err != nil {
			return nil, err
		}
	}
	if site != nil {
		if err := c.config(site, "config.toml"); err != nil {
			return nil, err
		}
		names, err := fs.Glob(site, "catalog/*.toml")
		if err != nil {
			return nil, fmt.Errorf("无法读取 catalog 目录：%w", err)
		}
		for _, name := range names { // Glob sorts
			if name == siteRulebook {
				continue
			}
			if err := c.define(site, name); err != nil {
				return nil, err
			}
		}
	}
	return c, c.check()
}

// readRulebook reads the site's rulebook, else the built-in one.
func (c *Catalog) readRulebook(site fs.FS) (err error) {
	if site != nil {
		own, err := fs.ReadFile(site, siteRulebook)
		switch {
		case err == nil:
			c.rulebook, err = c.ParseRulebook(siteRulebook, own)
			return err
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("无法读取 %s：%w", siteRulebook, err)
		}
	}
	c.rulebook, err = c.parseRulebook(exampleRulebook, DefaultRulebook(), true)
	return err
}

func (c *Catalog) open(from fs.FS, name string, v, types any) (*file, error) {
	data, err := fs.ReadFile(from, name)
	if err != nil {
		return nil, err
	}
	f := &file{name: name}
	f.text, f.lines = plain(string(data))
	c.files = append(c.files, f)
	return f, f.decode(v, types)
}

func (c *Catalog) config(from fs.FS, name string) error {
	s := settings{Site: c.Site, Access: c.Access, Limits: c.Limits, Map: c.Map} // what the file does not give stays
	f, err := c.open(from, name, &s, s)
	if errors.Is(err, fs.ErrNotExist) && f == nil {
		return nil
	}
	if err != nil {
		return err
	}
	c.Site, c.Access, c.Limits, c.Map = s.Site, s.Access, s.Limits, s.Map
	if err := f.strict(); err != nil {
		return err
	}
	if s.Level != nil {
		c.Levels = s.Level
	}
	if key, text := c.Calendar.apply(s.Calendar); text != "" {
		return f.at(text, "calendar", key)
	}
	for _, rule := range s.SLA {
		c.slas[slaKey{rule.Kind, rule.Procedure}] = &rule
	}
	return nil
}

func (c *Catalog) define(from fs.FS, name string) error {
	var d definitions
	f, err := c.open(from, name, &d, definitionTypes{})
	if err != nil {
		return err
	}
	for _, key := range f.meta.Keys() { // the order of the file
		if len(key) != 2 || key[0] != "metric" && key[0] != "measure" {
			continue
		}
		id := key[1]
		if key[0] == "measure" {
			if c.measures[id] == nil {
				c.measures[id] = &Measure{ID: id}
			}
			if err := f.over(d.Measure[id], c.measures[id]); err != nil {
				return err
			}
			if f.meta.IsDefined("measure", id, "grain") {
				c.measures[id].builtin = from == fs.FS(embedded)
			}
			continue
		}
		if !isID(id) {
			return f.at("指标编号“"+id+"”应由小写字母、数字和下划线组成", key...)
		}
		if c.metrics[id] == nil {
			c.order = append(c.order, id)
		}
		if c.metrics[id] == nil || f.meta.IsDefined("metric", id, "type") {
			c.metrics[id] = &Metric{ID: id}
		}
		if err := f.over(d.Metric[id], c.metrics[id]); err != nil {
			return err
		}
	}
	if err := f.strict(); err != nil {
		return err
	}
	for id, list := range d.List {
		if c.lists[id] == nil {
			c.lists[id] = &CodeList{ID: id}
		}
		c.lists[id].merge(list)
	}
	for id, b := range d.Board {
		b.ID = id
		c.boards[id] = &b
	}
next:
	for _, s := range d.Schedule {
		if s.Weight == 0 && !f.meta.IsDefined("schedule", "weight") {
			s.Weight = 1
		}
		s.builtin = from == fs.FS(embedded)
		for i := range c.schedules {
			if c.schedules[i].ID == s.ID {
				c.schedules[i] = s
				continue next
			}
		}
		c.schedules = append(c.schedules, s)
	}
	return nil
}

// check looks at everything once all files are in, because they refer to each other.
func (c *Catalog) check() error {
	if key, text := c.Site.check(); text != "" {
		return c.at(text, "site", key)
	}
	if key, text := c.Access.check(); text != "" {
		return c.at(text, "access", key)
	}
	if key, text := c.Limits.check(); text != "" {
		return c.at(text, "limits", key)
	}
	if key, text := c.Map.check(); text != "" {
		return c.at(text, "map", key)
	}
	if text := checkLevels(c.Levels); text != "" {
		return c.at(text, "level")
	}
	if text := c.checkSmallBelow(); text != "" {
		if slices.ContainsFunc(c.files[1:], func(f *file) bool { return f.meta.IsDefined("site", "small_below") }) {
			return c.at(text, "site", "small_below")
		}
		return c.at(text, "level") // the site's levels, which the default of small_below does not know
	}
	c.measureNames = map[string]string{}
	for _, id := range sortedKeys(c.lists) {
		if text := c.lists[id].index(); text != "" {
			return c.at(text, "list", id)
		}
	}
	for _, id := range sortedKeys(c.measures) {
		m := c.measures[id]
		if key, text := m.check(c); text != "" {
			return c.at("指标项“"+id+"”："+text, append([]string{"measure", id}, strings.Split(key, ".")...)...)
		}
		for _, name := range append([]string{id, m.Label}, m.Synonyms...) {
			folded := foldCode(name)
			if other, ok := c.measureNames[folded]; ok && other != id {
				return c.at("“"+name+"”同时指“"+other+"”和“"+id+"”", "measure", id)
			}
			c.measureNames[folded] = id
		}
	}
	for i := range c.schedules {
		if key, text := c.schedules[i].check(c); text != "" {
			return c.at(text, "schedule", key)
		}
	}
	for _, rule := range c.slas {
		if key, text := rule.check(c); text != "" {
			return c.at(text, "sla", key)
		}
	}
	for _, id := range c.order {
		if key, text := c.metrics[id].check(c); text != "" {
			return c.at("指标“"+id+"”："+text, "metric", id, key)
		}
	}
	for _, id := range sortedKeys(c.boards) {
		if key, text := c.boards[id].check(c); text != "" {
			return c.at("看板“"+id+"”："+text, "board", id, key)
		}
	}
	return nil
}

// at names the last file that holds the key: that is the one whose value counts.
func (c *Catalog) at(text string, key ...string) error {
	for n := len(key); n > 0; n-- {
		for i := len(c.files) - 1; i >= 0; i-- {
			if f := c.files[i]; f.meta.IsDefined(key[:n]...) || keyInTables(f, key[:n]) {
				return f.at(text, key...)
			}
		}
	}
	return &FileError{File: c.files[len(c.files)-1].name, Text: text}
}

// keyInTables answers what MetaData.IsDefined does not: whether an array of tables holds the key.
func keyInTables(f *file, key []string) bool {
	for _, k := range f.meta.Keys() {
		if len(k) >= len(key) && slices.Equal(k[:len(key)], key) {
			return true
		}
	}
	return false
}

// seal computes the hash over the effective content, whatever the files it came from.
func (c *Catalog) seal() error {
	var ordered []*Metric
	for _, id := range c.order {
		ordered = append(ordered, c.metrics[id])
	}
	rules := map[string]*SLA{}
	for k, s := range c.slas {
		rules[k.kind+"\x1f"+k.procedure] = s
	}
	days := map[string]bool{}
	for d, worked := range c.Calendar.days {
		days[fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day)] = worked
	}
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, part := range []any{c.Site, c.Access, c.Limits, c.Levels, c.Calendar.weekend, days, rules, ordered, c.measures, c.lists, c.schedules, c.boards, c.rulebook} {
		if err := enc.Encode(part); err != nil { // maps are written in the order of their keys
			return err
		}
	}
	c.hash = hex.EncodeToString(h.Sum(nil))
	c.files = nil // no mistake to place any more
	return nil
}

// Hash identifies the effective content: equal definitions have equal hashes. It is part of cache keys and ETags.
func (c *Catalog) Hash() string { return c.hash }

// Metrics are all metrics in the order of the files.
func (c *Catalog) Metrics() []*Metric {
	all := make([]*Metric, len(c.order))
	for i, id := range c.order {
		all[i] = c.metrics[id]
	}
	return all
}

// Prefixes that read a measure directly, so that figures of measures without a metric of their own can be asked
// for: figure:<measure> is the value, figure_rate:<measure> is Σ numerator ÷ Σ denominator in percent.
const (
	FigurePrefix     = "figure:"
	FigureRatePrefix = "figure_rate:"
)

// Metric finds a metric by its id, or makes the one that reads a measure (FigurePrefix, FigureRatePrefix).
func (c *Catalog) Metric(id string) (*Metric, bool) {
	if m := c.metrics[id]; m != nil {
		return m, true
	}
	for _, p := range []string{FigurePrefix, FigureRatePrefix} {
		name, ok := strings.CutPrefix(id, p)
		if !ok || name == "" {
			continue
		}
		known, ok := c.MeasureNamed(name)
		if !ok {
			known, _ = c.Measure(name)
		}
		m := &Metric{
			ID: id, Type: Count, Label: known.Label, Unit: known.Unit, Better: "none", Shape: ShapeFigure, Measure: known.ID, Factor: 1,
			Void: "in", Care: known.Care, Explain: "取自各单位上报的“" + known.Label + "”。",
		}
		if p == FigureRatePrefix {
			m.Type, m.Unit, m.Factor = Ratio, "%", 100
			m.Explain = "各单位上报的“" + known.Label + "”，以分子之和除以分母之和。"
		}
		return m, true
	}
	return nil, false
}

// DefaultFiles are the embedded files by name, for a site that wants to see what it may change.
func DefaultFiles() map[string][]byte {
	all := map[string][]byte{}
	names, _ := fs.Glob(embedded, "*.toml") // the pattern is well-formed
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err == nil {
			all[path.Base(name)] = data
		}
	}
	return all
}
