package access

// Event is what an audit line tells of.
type Event string

const (
	Unrecorded Event = "-" // of a route whose successful use is not written down

	SignIn   Event = "sign_in"
	SignOut  Event = "sign_out"
	Refused  Event = "refused"   // a request that the caller had no right to
	Viewed   Event = "viewed"    // rows
	Exported Event = "exported"  // tables or rows as a file
	Imported Event = "imported"  // ledgers, units, layers
	Undid    Event = "undid"     // a job
	Marked   Event = "marked"    // judged indicators
	Rights   Event = "rights"    // accounts, roles, tokens
	Password Event = "password"  // set, changed, a link for it given
	Settings Event = "settings"  // configuration, catalogue, rules
	ViewedAs Event = "viewed_as" // 以其身份查看, begun and ended
	Audited  Event = "audited"   // the log was read, exported or checked
	Started  Event = "started"   // the service
	Ended    Event = "ended"     // the service
)

// Outcome is how it went.
type Outcome string

const (
	Done   Outcome = "done"
	Denied Outcome = "denied"
	Failed Outcome = "failed"
)

// Label is the event in Chinese.
func (e Event) Label() string { return eventLabels[e] }

// Events are those that can stand in the log, in the order of a list to choose from.
var Events = []Event{SignIn, SignOut, Refused, Viewed, Exported, Imported, Undid, Marked, Rights, Password, Settings, ViewedAs, Audited, Started, Ended}

var eventLabels = map[Event]string{
	SignIn: "登录", SignOut: "退出", Refused: "拒绝访问", Viewed: "查看明细", Exported: "导出", Imported: "载入", Undid: "撤销作业",
	Marked: "评定", Rights: "账号与权限", Password: "口令", Settings: "设置与规则", ViewedAs: "以其身份查看", Audited: "审计", Started: "服务启动", Ended: "服务结束",
}

// Label is the outcome in Chinese.
func (o Outcome) Label() string {
	return map[Outcome]string{Done: "成功", Denied: "拒绝", Failed: "失败"}[o]
}
