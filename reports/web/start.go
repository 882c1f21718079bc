package web

import (
	"fmt"
	"net/http"

	"gridstar/analytics/warehouse"
	"gridstar/ingest"
)

// startPage is start.tmpl: the way of a newcomer in five steps, each ticked by what the warehouse holds.
type startPage struct {
	Frame
	Steps []step
	Next  int // number of the first step that is open; 0 where all are done
	Jobs  []startJob
	Dir   string
}

// step is one of the five. A step is ticked by facts, never by a click.
type step struct {
	N        int
	Name     string
	Done     bool
	Facts    []string
	Links    []choice
	Commands []string
	Current  bool
}

type startJob struct {
	ID         int64
	When, What string
	File       string
	Accepted   string
	Rejected   string
}

// start leads a newcomer: 单位树 → 网格 → 台账 → 核对 → 看板.
func (s *Server) start(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	dir, extent, err := s.ground(ctx)
	if err != nil {
		return err
	}
	var jobs []ingest.Job
	var rejects []ingest.RejectedRow
	drawn := map[string]int{} // polygons by level
	err = s.Engine.View(ctx, func(v *warehouse.View) (err error) {
		if jobs, err = ingest.Jobs(ctx, v); err != nil {
			return err
		}
		if rejects, err = ingest.Rejects(ctx, v, 0); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range s.Catalog.Levels {
		layer, err := s.api.Layer(ctx, l.ID)
		if err != nil {
			return err
		}
		if layer != nil {
			drawn[l.ID] = len(layer.Codes)
		}
	}
	p := startPage{Frame: s.frame(r, "起步", "start"), Dir: string(s.Warehouse.Dir())}
	p.AsOf = asOf(extent.Version, extent.To)

	tree := step{N: 1, Name: "单位树", Done: dir.Len() > 0, Commands: []string{
		"gridstar units load 行政区划.csv", "gridstar units load 党组织.csv --tree party",
	}}
	grids := step{N: 2, Name: "网格", Commands: []string{"gridstar grids load 网格.geojson --level grid --code code --name name --crs gcj02"}}
	for _, l := range s.Catalog.Levels {
		if n := len(dir.AtLevel(l.ID)); n > 0 {
			tree.Facts = append(tree.Facts, fmt.Sprintf("%s %s 个", l.Label, count(n)))
		}
		if n := drawn[l.ID]; n > 0 {
			grids.Done = true
			grids.Facts = append(grids.Facts, fmt.Sprintf("%s边界 %s 个", l.Label, count(n)))
		}
	}
	ledgers := step{
		N: 3, Name: "台账", Commands: []string{"gridstar ingest 居民诉求台账.xlsx"},
		Links: []choice{{Text: "上传台账，下载空白台账", URL: "/data"}},
	}
	var files, accepted, rejected int64
	for _, j := range jobs {
		if j.Verb != "ingest" || j.UndoneBy != 0 {
			continue
		}
		files++
		accepted += j.Accepted
		rejected += j.Rejected
		if len(p.Jobs) < 8 {
			p.Jobs = append(p.Jobs, startJob{j.ID, clock(j.Finished.Time), j.Profile, clip(j.File, 60), count(j.Accepted), count(j.Rejected)})
		}
	}
	ledgers.Done = files > 0
	if files > 0 {
		ledgers.Facts = []string{fmt.Sprintf("%s 个文件，入库 %s 行", count(files), count(accepted)), "数据从 " + day(extent.From) + " 至 " + day(extent.To)}
	}
	check := step{N: 4, Name: "核对", Done: files > 0 && len(rejects) == 0 && len(s.Warehouse.Lost()) == 0, Commands: []string{"gridstar rejects", "gridstar verify"}}
	if files > 0 {
		check.Facts = append(check.Facts, fmt.Sprintf("待更正 %s 行", count(len(rejects))))
		check.Links = append(check.Links, choice{Text: "查看退回的行", URL: "/data"}, choice{Text: "查看已入库的事项", URL: "/records"})
	}
	if rejected > 0 {
		check.Facts = append(check.Facts, "退回的行可更正后重新载入，已入库的不会重复")
	}
	board := step{N: 5, Name: "看板", Done: files > 0 && tree.Done}
	board.Facts = []string{"总览、地图、排名和五星评价随台账自动更新"}
	if board.Done {
		board.Links = []choice{{Text: "打开总览", URL: "/"}, {Text: "打开五星评价", URL: "/stars"}}
	}
	p.Steps = []step{tree, grids, ledgers, check, board}
	for i := range p.Steps {
		if !p.Steps[i].Done {
			p.Steps[i].Current, p.Next = true, i+1
			break
		}
	}
	s.render(w, r, http.StatusOK, "start", p)
	return nil
}
