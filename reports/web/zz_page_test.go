package web

import (
	"context"
	"io/fs"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"gridstar/analytics/units"
	"gridstar/ingest"
	"gridstar/ingest/profile"
	"gridstar/reports/assets"
)

func TestZZPage(t *testing.T) {
	s, dir := wordy(t)
	static, _ := fs.Sub(staticFiles, "static")
	var err error
	if s.own, err = assets.NewBundle(static, "/static/"); err != nil {
		t.Fatal(err)
	}
	if s.templates, err = parseTemplates(s.funcs()); err != nil {
		t.Fatal(err)
	}
	_ = context.Background
	all, _ := profile.Builtin()
	set := profile.NewSet(all...)
	p, _ := set.ByName("居民诉求台账")
	pf := func(values ...string) ingest.PreviewFact {
		f := ingest.PreviewFact{Label: "诉求"}
		for i := 0; i < len(values); i += 2 {
			f.Values = append(f.Values, ingest.PreviewValue{Label: values[i], Text: values[i+1]})
		}
		return f
	}
	sight := ingest.Sight{Sheet: "十月", Format: "xlsx", Profile: p, HeaderRow: 3, Title: "红旗街道朝阳社区居民诉求台账（2026年10月）", Coverage: "红旗街道朝阳社区，诉求，2026-10-01 至 2026-10-31（依据标题）",
		Candidates: []profile.Candidate{{Profile: p}},
		Notes: []string{"有 3 个公式单元格没有存下结果，按空白处理（如 F7）"},
		Columns: []ingest.ColumnSight{
			{Letter: "A", Header: "序号", Use: "dropped", Label: "不入库", Samples: []string{"1", "2", "3"}},
			{Letter: "B", Header: "登记日期", Canonical: "受理日期", Use: "field", Label: "受理时间", Samples: []string{"2026-10-02", "10月3日", "2026.10.3"}},
			{Letter: "C", Header: "反映人", Use: "personal", Label: "不入库（个人信息）", Samples: []string{"〔隐·A1B2C3D4E5F6〕"}},
			{Letter: "D", Header: "诉求内容", Canonical: "诉求内容", Use: "field", Label: "内容（电话、证件号隐去）", Samples: []string{"楼道里堆放杂物，多次反映没有人清理", "3 号楼电梯停运，老人上下不便", "路灯不亮"}},
			{Letter: "E", Header: "满意程度（打分）", Use: "unmapped", Label: "不入库", Samples: []string{"很好", "一般"}},
		},
		Preview: []ingest.PreviewRow{
			{Row: 4, State: "accepted", Facts: []ingest.PreviewFact{pf("受理时间", "2026-10-02", "单位", "红旗街道朝阳社区第一网格", "内容", "楼道里堆放杂物，多次反映没有人清理", "类别", "环境卫生", "状态", "已办结", "办结时间", "2026-10-05 17:00")}},
			{Row: 5, State: "rejected", Problems: []ingest.Reject{{Column: "登记日期", Value: "十月", Message: "不是可识别的日期，应如 2023-09-28"}}},
			{Row: 6, State: "accepted", Flags: []string{"办结早于受理"}, Facts: []ingest.PreviewFact{pf("受理时间", "2026-10-12", "单位", "红旗街道朝阳社区第二网格", "内容", "3 号楼电梯停运，老人上下不便", "类别", "物业管理", "状态", "办理中", "办结时间", "")}},
		},
	}
	page := &uploadPage{Frame: Frame{Title: "朝阳社区诉求台账10月.xlsx", Tab: "data", User: "李会计", Find: true, Tabs: tabs[:4]}, Path: "/data/x", State: stateWord{"待核对", "warn"}, Saving: true, Discard: true,
		Facts: []fact{{"大小", "48 KB"}, {"上传", "李会计，2026-11-01 08:00"}}, Units: unitChoices(dir)[1:]}
	bad := ingest.Sight{Sheet: "通讯录", Problem: "没有认出是哪种台账：最接近“网格员花名册”，但缺少“到岗日期”。请选择台账，或勾选“不载入这张表”。"}
	page.look(s, ingest.Look{Tables: []ingest.Sight{sight, bad, {Sheet: "旧", Hidden: true}}}, nil, set, true, units.Everything())
	w := httptest.NewRecorder()
	s.render(w, httptest.NewRequest("GET", "/", nil), 200, "upload", page)
	css, _ := os.ReadFile("static/site.css")
	html := strings.Replace(w.Body.String(), "</head>", "<style>"+string(css)+"</style></head>", 1)
	os.WriteFile("/tmp/w-shots/upload.html", []byte(html), 0o644)
}
