package web

import (
	"context"
	"strings"
	"time"

	"gridstar/analytics/access"
	"gridstar/analytics/units"
)

// auditWords puts the lines of the log into words: what a route is, which unit a code stands for. What the line itself says
// stands below.
type auditWords struct {
	s   *Server
	dir *units.Directory // nil where there is none
}

func (s *Server) auditWords(ctx context.Context) auditWords { return auditWords{s, s.register(ctx)} }

// row is one line.
func (a auditWords) row(e access.Entry) auditRow {
	row := auditRow{
		Seq: e.Seq, At: e.At.Format("2006-01-02 15:04:05"), Account: e.Account, By: e.ViewedBy, Address: e.Address,
		Event: e.Event.Label(), Object: a.object(e.Object), Outcome: e.Outcome.Label(), Count: e.Count,
	}
	if e.Account == "" {
		row.Account = strangerName
	}
	if row.Object != e.Object {
		row.Raw = e.Object
	}
	if e.Outcome != access.Done {
		row.Class = "is-bad"
	}
	return row
}

// routeWords are what the routes are that a line can tell of.
var routeWords = map[string]string{
	"GET /{$}": "总览", "GET /stars": "五星评价", "GET /stars/{org}": "记分卡", "GET /search": "查找单位", "GET /records": "明细", "GET /start": "起步",
	"GET /chart/{name}": "图表", "GET /outline/{level}": "边界", "GET /map": "地图", "GET /basemap/{z}/{x}/{y}": "底图", "GET /map/bins": "地图点位", "GET /map/points": "地图点位明细", "GET /map/months": "地图各月", "GET /map/context/{layer}": "地图要素图层", "GET /map/unit": "地图单位", "GET /map/reach": "阵地覆盖", "GET /map/draw": "绘制边界", "POST /map/draw/replay": "绘制边界", "POST /map/draw/save": "保存边界",
	"GET /tiles/{file}": "地图瓦片的说明", "GET /tiles/{layer}/{z}/{x}/{y}": "地图瓦片",
	"GET /ogc": "地图接口", "GET /ogc/api": "地图接口的定义", "GET /ogc/conformance": "地图接口的标准", "GET /ogc/collections": "地图数据集",
	"GET /ogc/collections/{collection}": "地图数据集", "GET /ogc/collections/{collection}/items": "地图要素", "GET /ogc/collections/{collection}/items/{feature}": "地图要素",
	"GET /honours":       "五星支部",
	"GET /files/records": "明细文件", "GET /files/chart/{name}": "图表文件", "GET /files/picture/{name}": "图表图片", "GET /files/stars": "五星评价文件", "GET /files/stars/{org}": "记分卡文件",
	"POST /signout": "退出", "POST /viewing/end": "结束以他人身份查看",

	"GET /account": "我的账号", "POST /account/password": "更换口令", "POST /account/sessions/end": "退出所有设备", "POST /account/sessions/{id}/end": "结束一处登录",

	"GET /admin": "账号与权限", "POST /admin": "开通账号", "GET /admin/accounts/{name}": "账号",
	"POST /admin/accounts/{name}/rename": "改显示名", "POST /admin/accounts/{name}/disable": "停用账号", "POST /admin/accounts/{name}/enable": "恢复账号",
	"POST /admin/accounts/{name}/link": "发一次性链接", "POST /admin/accounts/{name}/grants": "授权", "POST /admin/accounts/{name}/grants/{id}/end": "撤销授权",
	"POST /admin/accounts/{name}/sessions/end": "结束账号的登录", "POST /admin/accounts/{name}/sessions/{id}/end": "结束账号的一处登录",
	"POST /admin/accounts/{name}/tokens": "发令牌", "POST /admin/accounts/{name}/tokens/{id}/end": "撤销令牌", "POST /admin/accounts/{name}/view": "以其身份查看",

	"GET /data": "数据", "POST /data": "上传文件", "GET /data/progress": "载入进度", "POST /data/zero": "零报告", "GET /data/aliases": "单位别名", "POST /data/aliases": "改单位别名",
	"GET /data/jobs/{job}": "作业", "GET /data/jobs/{job}/undo": "撤销作业（核对）", "POST /data/jobs/{job}/undo": "撤销作业",
	"GET /data/{upload}": "上传的文件", "POST /data/{upload}/look": "预览上传的文件", "POST /data/{upload}/publish": "发布入库", "POST /data/{upload}/ledger": "保存台账模板",
	"GET /data/borders": "边界", "POST /data/borders": "上传边界", "GET /data/borders/{upload}": "上传的边界", "GET /data/borders/{upload}/shapes": "上传的边界的图形",
	"POST /data/borders/{upload}/publish": "载入边界", "POST /data/borders/{upload}/discard": "放弃上传的边界", "GET /files/borders/{level}": "边界文件",
	"POST /data/{upload}/discard": "放弃上传的文件", "POST /data/{upload}/cancel": "取消载入",
	"GET /files/rejects/{job}": "退回的行", "GET /files/refused/{upload}": "未入库文件中退回的行", "GET /files/blanks": "空白模板", "GET /files/blanks/{ledger}": "空白模板",

	"POST /api/v1/records": "接口报送", "POST /api/v1/jobs": "接口提交文件", "GET /api/v1/jobs/{id}": "接口查询作业",

	"GET /audit": "查看审计日志", "POST /audit/verify": "核对审计日志", "GET /files/audit": "导出审计日志",
}

// verbWords are what verbs of the command line write.
var verbWords = map[string]string{
	"ingest": "载入台账", "inbox": "收件箱载入", "zero": "零报告", "units load": "载入单位表", "grids load": "载入边界", "context load": "载入要素图层", "context remove": "去掉要素图层", "undo": "撤销作业", "rejects": "导出未入库的行", "demo": "生成示范区",
	"verify accept-loss": "确认作业缺失", "settings": "设置",
}

// keyWords are the names of what stands before an equals sign.
var keyWords = map[string]string{
	"org": "单位", "metric": "指标", "part": "部分", "kind": "类型", "per": "按", "at": "期间", "from": "自", "to": "至", "page": "页", "cycle": "周期",
	"show": "层级", "none": "未定", "name": "名称", "stars": "星", "until": "有效至", "files": "文件数", "profile": "台账", "job": "作业", "upload": "上传", "collection": "数据集",
}

// flagWords are single words of a grant.
var flagWords = map[string]string{"petitions": "信访内容", "care": "关爱名单"}

// object puts what a line is about into words. The lines of access end in an account's name, which is whatever somebody
// chose: it is left as it is, so that nobody called evaluator is taken for one.
func (a auditWords) object(text string) string {
	words := strings.Fields(text)
	var out []string
	begin := func(n int) bool { // with a name that we know
		if len(words) < n {
			return false
		}
		id := strings.Join(words[:n], " ")
		said := routeWords[id] + verbWords[id]
		if said != "" {
			out, words = append(out, said), words[n:]
		}
		return said != ""
	}
	ours := begin(2) || begin(1)
	for i, w := range words {
		key, value, pair := strings.Cut(w, "=")
		switch {
		case pair && keyWords[key] != "":
			w = keyWords[key] + "：" + a.value(key, value)
		case !ours && i == len(words)-1: // the name
		case access.Role(w).Label() != "":
			w = access.Role(w).Label()
		case flagWords[w] != "":
			w = flagWords[w]
		}
		out = append(out, w)
	}
	return strings.Join(out, " ")
}

// value is a parameter's value with what it stands for.
func (a auditWords) value(key, value string) string {
	said := ""
	switch key {
	case "org":
		if a.dir != nil {
			if _, ok := a.dir.Unit(value); ok {
				said = a.dir.FullName(value)
			}
		}
	case "metric":
		if m, ok := a.s.Catalog.Metric(value); ok {
			said = m.Label
		}
	case "show", "none":
		if l, ok := a.s.Catalog.Level(value); ok {
			said = l.Label
		}
	case "kind":
		if list := a.s.Catalog.List("kind"); list != nil && list.LabelOf(value) != value {
			said = list.LabelOf(value)
		}
	case "per":
		for _, p := range pers {
			if p.id == value {
				return p.label
			}
		}
	case "until": // the line has the first day on which it holds no more
		if day, err := time.Parse(time.DateOnly, value); err == nil {
			return lastDay(day)
		}
	case "stars":
		var names []string
		for _, code := range strings.Split(value, ",") {
			names = append(names, a.s.starName(code))
		}
		return strings.Join(names, "、")
	}
	if said == "" {
		return value
	}
	return said + "（" + value + "）"
}
