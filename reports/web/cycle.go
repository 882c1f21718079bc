package web

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/stars"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

// cycleState is what the address of a page of stars says: the year, whose units, in which order.
type cycleState struct {
	Cycle stars.Cycle
	Unit  units.Unit // the units in it; the zero Unit: all of them
	Sort  string     // column of the matrix
	Desc  bool

	dir     *units.Directory
	extent  extent
	now     time.Time
	files   bool // the caller may take files away
	whole   bool // he sees the whole site
	notices []string
}

// readCycle reads an address of the pages of stars. As with state only an unknown unit is an error.
func (s *Server) readCycle(r *http.Request) (cycleState, error) {
	dir, extent, err := s.ground(r.Context())
	if err != nil {
		return cycleState{}, err
	}
	q := r.URL.Query()
	cs := cycleState{dir: dir, extent: extent, now: extent.AsOf(s.Now()).Truncate(analytics.NowStep), files: s.caller(r).May(access.Export), whole: s.scope(r.Context()).All, Sort: q.Get("sort"), Desc: q.Get("desc") == "1"}
	if cs.Cycle, err = cycleOf(extent.latest(s.Now()).Year()); err != nil {
		return cs, err
	}
	if text := q.Get("cycle"); text != "" {
		c, err := stars.ParseCycle(text)
		if err == nil {
			cs.Cycle = c
		} else {
			cs.notices = append(cs.notices, "年度“"+brief(text)+"”无法识别，已改为显示"+cs.Cycle.Name+"年")
		}
	}
	if code := q.Get("org"); code != "" {
		u, ok := dir.Unit(code)
		if !ok {
			return cs, unknownUnit(code)
		}
		if roots := rootsOf(dir); len(roots) != 1 || roots[0].Code != code {
			cs.Unit = u // the district is all units
		}
	}
	return cs, nil
}

func cycleOf(year int) (stars.Cycle, error) { return stars.ParseCycle(strconv.Itoa(year)) }

func unknownUnit(code string) error {
	return &analytics.Error{Kind: analytics.ErrUnknownUnit, Text: "没有编码为“" + brief(code) + "”的单位，或者没有查看它的权限"}
}

// link is an address of the same year and units; changes as in address.
func (cs cycleState) link(path string, changes ...string) string {
	v := url.Values{"cycle": {cs.Cycle.Name}}
	if cs.Unit.Code != "" {
		v.Set("org", cs.Unit.Code)
	}
	return address(path, v, changes...)
}

// card is the address of a unit's scorecard.
func (cs cycleState) card(code string, changes ...string) string {
	return cs.link("/stars/"+url.PathEscape(code), append([]string{"org", ""}, changes...)...)
}

// file is the address of a file; "" where the caller may take none.
func (cs cycleState) file(path string, changes ...string) string {
	if !cs.files {
		return ""
	}
	return cs.link(path, changes...)
}

// cardFile is the address of a table of a unit's scorecard.
func (cs cycleState) cardFile(code, part string) string {
	return cs.file("/files/stars/"+url.PathEscape(code), "org", "", "part", part)
}

// amongThese says to a caller who does not see all units what places and medians are about; nothing to others.
func (cs cycleState) amongThese(r *stars.Result) []string {
	if cs.whole || !compared(r) {
		return nil
	}
	return []string{fmt.Sprintf("名次和同类中位只在您可查看的 %d 个单位之间比较，不是全区名次", r.Scored)}
}

// empty says why nothing can be scored: warehouse, ledgers, future or before; "" where it can.
func (cs cycleState) empty() string {
	if lack := cs.extent.lack(cs.dir); lack != "" {
		return lack
	}
	switch {
	case !cs.Cycle.From.Before(cs.now):
		return "future"
	case !cs.extent.From.Before(cs.Cycle.To):
		return "before"
	}
	return ""
}

// cyclesShown is how many years the switch offers.
const cyclesShown = 5

// years is the switch of years: those with data, the latest last.
func (cs cycleState) years(link func(cycle string) string) []choice {
	last := cs.now.Year()
	first := last
	if from := cs.extent.From; !from.IsZero() {
		first = max(min(from.Year(), last), last-cyclesShown+1)
	}
	var all []choice
	for y := first; y <= last; y++ {
		name := strconv.Itoa(y)
		all = append(all, choice{name, link(name), name == cs.Cycle.Name})
	}
	return all
}

// field are the scored units that the state is about, in official order.
func (cs cycleState) field(r *stars.Result) []*stars.UnitScore {
	var all []*stars.UnitScore
	for i := range r.Units {
		if cs.Unit.Code == "" || cs.dir.Contains(cs.Unit.Code, r.Units[i].Code) {
			all = append(all, &r.Units[i])
		}
	}
	return all
}

// scores are the stars of all units that the caller may see, worked out once for a data version and five minutes. The
// result is shared and must not be changed. It wraps stars.ErrNoUnits where there is nobody to score.
func (s *Server) scores(ctx context.Context, cs cycleState) (*stars.Result, error) {
	o := stars.Options{Now: cs.now, Scope: s.scope(ctx)}
	key := fmt.Sprintf("stars %s %s %s", cs.Cycle.Name, o.Now.Format(time.RFC3339), o.Scope.Key())
	return analytics.Keep(ctx, s.Engine, s.Engine.Version(), key, func(ctx context.Context) (r *stars.Result, bytes int64, err error) {
		err = s.Engine.View(ctx, func(v *warehouse.View) error {
			r, err = stars.Score(ctx, v, s.Catalog, cs.Cycle, o)
			return err
		})
		if err != nil {
			return nil, 0, err
		}
		return r, int64(len(r.Units)) * int64(len(r.Rulebook.Indicators)+len(r.Rulebook.Stars)) * indicatorBytes, nil
	})
}

// indicatorBytes is about what a scored indicator holds: its fractions and its words.
const indicatorBytes = 1024

func noUnits(err error) bool { return errors.Is(err, stars.ErrNoUnits) }

// starWord says how many stars: 四星. Rulebooks may have more than ten.
func starWord(n int) string {
	if n > 10 {
		return strconv.Itoa(n) + "星"
	}
	return han(n) + "星"
}

// pending says whether a unit's stars are not all known yet.
func pending(u *stars.UnitScore) bool { return u.Total == nil }

// near says whether one of a unit's stars is 临界.
func near(u *stars.UnitScore) bool {
	for i := range u.Stars {
		if u.Stars[i].Lamp == stars.LampWarning {
			return true
		}
	}
	return false
}

// lamp is a star as it shines, for the template of the same name.
type lamp struct {
	Class string // lit, near, unlit, pending
	Word  string // the same for those who do not see it
}

func lampOf(l stars.Lamp) lamp {
	class := map[stars.Lamp]string{stars.LampLit: "lit", stars.LampWarning: "near", stars.LampUnlit: "unlit", stars.LampPending: "pending"}[l]
	return lamp{class, string(l)}
}

// figureText writes what was counted: 2,610 or 1,042.7.
func figureText(x *big.Rat) string {
	if x == nil {
		return "—"
	}
	text := strings.TrimSuffix(strings.TrimRight(x.FloatString(2), "0"), ".")
	return strings.Replace(analytics.Thousands(text), "-", "−", 1)
}

var ratHundred = big.NewRat(100, 1) // nobody changes it

// float is a fraction for a drawing.
func float(x *big.Rat) *float64 {
	if x == nil {
		return nil
	}
	f, _ := x.Float64()
	return &f
}
