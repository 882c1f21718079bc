package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Rulebook says how the five stars are scored: what is read from the catalogue's metrics and what people judge, what
// each is worth, and when a star is lit. It is a file of its own because it is agreed on, published and kept: the
// built-in one is an example (示例), a site puts its own in catalog/rulebook.toml, which replaces it whole.
type Rulebook struct {
	ID      string `toml:"id"`      // 示例
	Version string `toml:"version"` // v1
	Label   string `toml:"label"`
	Note    string `toml:"note"` // what readers of a scorecard must know about the rules

	// Level are levels of units; the first that has units at the site is scored.
	Level      []string   `toml:"level"`
	Thresholds Thresholds `toml:"threshold"`
	BonusLimit BonusLimit `toml:"bonus_limit"`

	Stars      []*Star      `toml:"-"` // in the order of the file
	Indicators []*Indicator `toml:"-"` // in the order of the file
	Vetoes     []*Veto      `toml:"-"`
	Bonuses    []*Bonus     `toml:"-"`

	hash string
}

// Thresholds decide on published scores, rounded to two decimals.
type Thresholds struct {
	Lit          Decimal `toml:"lit"`          // a star is lit from this score on
	Warning      Decimal `toml:"warning"`      // from here to Lit it is 临界
	Total        Decimal `toml:"total"`        // 五星支部 needs this total, without bonus
	MinRated     Decimal `toml:"min_rated"`    // share of the applicable points that must be rated, 0 to 1
	Prerequisite string  `toml:"prerequisite"` // star without which no rating is given; "" for none
}

// Star is one [star.<code>] table. Its indicators are worth 100 points together.
type Star struct {
	Code string `toml:"-"`
	Name string `toml:"name"`
	Lead string `toml:"lead"` // the department that leads its evaluation; blank until a site names it
}

// Method is how an indicator's points follow from its value.
type Method string

const (
	Linear Method = "linear" // full × (value − floor) ÷ (target − floor), between 0 and full
	Band   Method = "band"   // the share of full of the first band that the value reaches
	Deduct Method = "deduct" // full − each × value, not below 0
	Bool   Method = "bool"   // full where the value reaches the target, else 0
	Judged Method = "judged" // people give the points
)

// Direction says which values are good.
type Direction string

const (
	Up    Direction = "up"
	Down  Direction = "down"
	Equal Direction = "equal" // only for Bool
)

// OnEmpty is what a delivered ledger without anything to count earns.
type OnEmpty string

const (
	EmptyNA     OnEmpty = "na"     // 不适用: what Policy says
	EmptyFull   OnEmpty = "full"   // the full points, marked 无事项按满分
	EmptyManual OnEmpty = "manual" // 待评
)

// Policy is what happens to an indicator that is 不适用 or 样本不足.
type Policy string

const (
	PolicyRescale Policy = "rescale" // its points leave the base; the star is 按已评指标折算
	PolicyManual  Policy = "manual"  // 转人工评分
	PolicyZero    Policy = "zero"    // 计0分
)

// Indicator is one [indicator.<code>] table.
type Indicator struct {
	Code string `toml:"-"`
	Star string `toml:"star"`
	Name string `toml:"name"`
	Type string `toml:"type"` // C computed, J judged

	Metric    string    `toml:"metric"` // the catalogue's metric; C only
	Unit      string    `toml:"unit"`   // of the value; default: the metric's
	Direction Direction `toml:"direction"`
	Method    Method    `toml:"method"`
	Floor     Decimal   `toml:"floor"`  // linear: where points begin
	Target    Decimal   `toml:"target"` // linear, bool: where all points are earned
	Bands     []Step    `toml:"bands"`  // band: from the best on
	Each      Decimal   `toml:"each"`   // deduct: points per unit of the value
	Full      Decimal   `toml:"full"`   // points it is worth

	// MinN is the smallest sample that is scored; nil: the metric's own.
	MinN *int `toml:"min_n"`
	// Per, month or quarter, makes the value an average over the ended calendar months or quarters of the cycle:
	// only they are counted, and the value is divided by their number.
	Per string `toml:"per"`
	// Requires are metrics of a register without which the indicator is 缺数据: a list of merchants that nobody
	// delivered must not read as a street without merchants.
	Requires []string `toml:"requires"`

	OnEmpty OnEmpty `toml:"on_empty"` // default na
	Policy  Policy  `toml:"policy"`   // default rescale
	Seed    string  `toml:"seed_ref"` // where the indicator comes from
	Explain string  `toml:"explain"`  // 计算口径; default: the metric's
}

// Step is one band: from this value on the share of the full points.
type Step struct {
	From  Decimal `toml:"from"`
	Share Decimal `toml:"share"`
}

// Scopes of a veto.
const (
	VetoStar    = "star"
	VetoOverall = "overall"
)

// Veto is one [veto.<code>] table: an event that, once confirmed with evidence by the body that decides, puts out a
// star or the whole rating. It never follows from data by itself.
type Veto struct {
	Code  string `toml:"-"`
	Event string `toml:"event"`
	Scope string `toml:"scope"` // VetoStar or VetoOverall
	Star  string `toml:"star"`  // for VetoStar
}

// Bonus is one [bonus.<code>] table: points that order the list but light no star.
type Bonus struct {
	Code   string  `toml:"-"`
	Event  string  `toml:"event"`
	Points Decimal `toml:"points"`
}

// BonusLimit caps the bonus points.
type BonusLimit struct {
	Each  Decimal `toml:"each"`
	Total Decimal `toml:"total"`
}

// Hash identifies the content: rulebooks that say the same have equal hashes. Scorecards show its first characters.
func (r *Rulebook) Hash() string { return r.hash }

// Star finds a star by its code.
func (r *Rulebook) Star(code string) (*Star, bool) {
	for _, s := range r.Stars {
		if s.Code == code {
			return s, true
		}
	}
	return nil, false
}

// Indicator finds an indicator by its code.
func (r *Rulebook) Indicator(code string) (*Indicator, bool) {
	for _, i := range r.Indicators {
		if i.Code == code {
			return i, true
		}
	}
	return nil, false
}

// Of are a star's indicators in the order of the file.
func (r *Rulebook) Of(star string) []*Indicator {
	var all []*Indicator
	for _, i := range r.Indicators {
		if i.Star == star {
			all = append(all, i)
		}
	}
	return all
}

// Rulebook is the site's rulebook, else the built-in example.
func (c *Catalog) Rulebook() *Rulebook { return c.rulebook }

// exampleRulebook is the built-in one, siteRulebook the file that replaces it.
const (
	exampleRulebook = "rulebooks/example.toml"
	siteRulebook    = "catalog/rulebook.toml"
)

// DefaultRulebook is the text of the built-in rulebook, for a site that wants to write its own.
func DefaultRulebook() []byte {
	data, err := embedded.ReadFile(exampleRulebook)
	if err != nil {
		panic(err) // it is embedded
	}
	return data
}

// rulebookFile are the keys of a rulebook.
type rulebookFile struct {
	Rulebook
	Star      map[string]*Star      `toml:"star"`
	Indicator map[string]*Indicator `toml:"indicator"`
	Veto      map[string]*Veto      `toml:"veto"`
	Bonus     map[string]*Bonus     `toml:"bonus"`
}

// ParseRulebook reads a rulebook and checks all of it against this catalogue's metrics and levels. name is what errors
// call the file. Every error is a *FileError.
func (c *Catalog) ParseRulebook(name string, text []byte) (*Rulebook, error) {
	return c.parseRulebook(name, text, false)
}

// parseRulebook is ParseRulebook; the levels of the built-in one need not be the site's.
func (c *Catalog) parseRulebook(name string, text []byte, builtin bool) (*Rulebook, error) {
	f := &file{name: name}
	f.text, f.lines = plain(string(text))
	f.text = quoteDecimals(f.text) // keeps the lines
	var in rulebookFile
	if err := f.decode(&in, in); err != nil {
		return nil, err
	}
	if err := f.strict(); err != nil {
		return nil, err
	}
	r := &in.Rulebook
	r.Stars = inOrder(f, "star", in.Star, func(s *Star, code string) { s.Code = code })
	r.Indicators = inOrder(f, "indicator", in.Indicator, func(i *Indicator, code string) { i.Code = code })
	r.Vetoes = inOrder(f, "veto", in.Veto, func(v *Veto, code string) { v.Code = code })
	r.Bonuses = inOrder(f, "bonus", in.Bonus, func(b *Bonus, code string) { b.Code = code })
	if builtin {
		r.Level = slices.DeleteFunc(r.Level, func(id string) bool { _, ok := c.Level(id); return !ok })
	}
	if key, text := r.check(c, builtin); text != "" {
		return nil, f.at(text, key...)
	}
	return r, r.seal()
}

// inOrder lists the tables under a key in the order of the file, each with its code.
func inOrder[T any](f *file, key string, tables map[string]*T, name func(*T, string)) []*T {
	var all []*T
	seen := map[string]bool{}
	for _, k := range f.meta.Keys() {
		if len(k) < 2 || k[0] != key || seen[k[1]] || tables[k[1]] == nil {
			continue
		}
		seen[k[1]] = true
		name(tables[k[1]], k[1])
		all = append(all, tables[k[1]])
	}
	return all
}

func (r *Rulebook) seal() error {
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(text)
	r.hash = hex.EncodeToString(sum[:])
	return nil
}
