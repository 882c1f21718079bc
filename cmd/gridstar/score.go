package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gridstar/analytics"
	"gridstar/analytics/stars"
	"gridstar/analytics/units"
	"gridstar/analytics/warehouse"
)

type scoreVerb struct {
	Cycle string `arg:"" name:"周期" help:"评价周期，写成年份，如 2026。"`
	Org   string `help:"只看这个单位、其下级或者覆盖它的党组织（编码或名称）。" placeholder:"CODE"`
	Now   string `help:"以这个时刻为“现在”，不写则为当前时间；数据在此之前已截止的，为数据截止之时。" placeholder:"T"`
	JSON  bool   `help:"以 JSON 输出。"`
}

func (*scoreVerb) use() use { return useRead }

func (v *scoreVerb) Run(ctx context.Context, e *env) error {
	cycle, err := stars.ParseCycle(v.Cycle)
	if err != nil {
		return usagef("%s", err)
	}
	o := stars.Options{Now: e.now(), Scope: units.Everything()}
	if v.Now != "" {
		if o.Now, err = parseMoment("--now", v.Now); err != nil {
			return err
		}
	}
	var r *stars.Result
	err = e.W.View(ctx, func(view *warehouse.View) (err error) {
		if v.Org != "" {
			if o.Org, err = e.unit(ctx, view, v.Org); err != nil {
				return err
			}
		}
		if v.Now == "" {
			extent, err := analytics.FindExtent(ctx, view, o.Scope, o.Now)
			if err != nil {
				return err
			}
			o.Now = extent.AsOf(o.Now)
		}
		r, err = stars.Score(ctx, view, e.Catalog, cycle, o)
		return err
	})
	if err != nil {
		return err
	}
	if v.JSON {
		return r.JSON(e.Stdout)
	}
	return e.scoreTable(r)
}

// scoreTable prints a line for each unit, and all of a unit that was asked for alone.
func (e *env) scoreTable(r *stars.Result) error {
	fmt.Fprintf(e.Stdout, "%s年五星%s：%s至%s，规则 %s（%s），数据版本 %d。%s\n", r.Cycle.Name, r.State, dateOf(r.From), untilOf(r.To),
		r.RulebookName(), r.ShortHash(), r.DataVersion, r.Rulebook.Note)
	head := []string{"名次", r.Level.Label, "上级"}
	for _, s := range r.Rulebook.Stars {
		head = append(head, s.Name)
	}
	t := newTable(append(head, "点亮", "总分")...)
	for i := range r.Units {
		u := &r.Units[i]
		row := []string{"—", u.Name, u.Upper}
		if u.Place > 0 {
			row[0] = strconv.Itoa(u.Place)
		}
		for j := range u.Stars {
			row = append(row, starText(&u.Stars[j]))
		}
		t.row(append(row, strconv.Itoa(u.Lit)+"颗", stars.Text(u.Total))...)
	}
	t.right(0, len(head), len(head)+1)
	if err := t.write(e.Stdout); err != nil || len(r.Units) != 1 {
		return err
	}
	return e.scoreCard(&r.Units[0])
}

func (e *env) scoreCard(u *stars.UnitScore) error {
	fmt.Fprintln(e.Stdout, "\n"+u.Sentence())
	t := newTable("指标", "名称", "值", "起评值—目标值", "得分", "计算口径")
	for i := range u.Indicators {
		s := &u.Indicators[i]
		rule := s.Rule
		value, score, span := s.ValueWords, stars.Text(s.Score)+"/"+string(rule.Full), "—"
		if value == "" {
			value = "—"
		}
		if rule.Floor.Given() {
			span = string(rule.Floor) + "—" + string(rule.Target)
		}
		words := s.Words
		if s.Note != stars.NoNote {
			words = string(s.Note) + "：" + words
		}
		t.row(rule.Code, rule.Name, value, span, score, words)
	}
	t.right(4)
	return t.write(e.Stdout)
}

// starText is a star with a word beside its shape: ★ 91.35, ☆ 78.21 临界.
func starText(s *stars.StarScore) string {
	switch s.Lamp {
	case stars.LampLit:
		return "★ " + stars.Text(s.Score)
	case stars.LampPending:
		return "☆ " + string(s.Lamp)
	}
	return "☆ " + stars.Text(s.Score) + " " + string(s.Lamp)
}

func dateOf(t time.Time) string { return t.Format(time.DateOnly) }

// untilOf is the last moment of a half-open period in words: a whole day's end, or the clock.
func untilOf(t time.Time) string {
	if day := t.Truncate(24 * time.Hour); day.Equal(t) {
		return dateOf(t.AddDate(0, 0, -1))
	}
	return strings.TrimSuffix(t.Format("2006-01-02 15:04:05"), ":00")
}
