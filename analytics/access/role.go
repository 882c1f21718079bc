package access

import "slices"

// Right is something that a route, or a verb's counterpart on the web, asks of its caller.
type Right string

const (
	Anyone Right = "anyone" // no account needed: sign-in, static files, the health check
	Self   Right = "self"   // any account: one's own password, sessions
	See    Right = "see"    // numbers, charts, maps, scorecards
	Open   Right = "open"   // the rows behind a number
	Export Right = "export" // tables and rows as files
	Enter  Right = "enter"  // load ledgers
	Judge  Right = "judge"  // mark judged indicators of the granted stars
	Audit  Right = "audit"  // read, export and check the audit log
	Manage Right = "manage" // accounts, settings, first steps
)

// Role is what a grant makes of an account.
type Role string

const (
	DistrictLeader Role = "district_leader" // 区领导
	StreetLeader   Role = "street_leader"   // 街道领导
	Secretary      Role = "secretary"       // 社区书记
	Evaluator      Role = "evaluator"       // 评价人, of some stars
	Clerk          Role = "clerk"           // 填报员
	Auditor        Role = "auditor"         // 审计员
	Administrator  Role = "administrator"   // 管理员
)

// Kind is what there is to say of a role: the one table of rights.
type Kind struct {
	Role   Role
	Label  string
	Rights []Right // besides Anyone and Self
	Site   bool    // holds for the whole site or not at all
	Fields bool    // may be given with the protected fields
	Stars  bool    // is given for some stars
	About  string  // for who gives it
}

// Kinds are all roles, in official order.
var Kinds = []Kind{
	{Role: DistrictLeader, Label: "区领导", Rights: []Right{See, Open, Export}, Fields: true, About: "查看、导出范围内的数据和五星评价"},
	{Role: StreetLeader, Label: "街道领导", Rights: []Right{See, Open, Export}, Fields: true, About: "查看、导出范围内的数据和五星评价"},
	{Role: Secretary, Label: "社区书记", Rights: []Right{See, Open, Export}, Fields: true, About: "查看、导出本社区的数据和五星评价"},
	{Role: Evaluator, Label: "评价人", Rights: []Right{See, Open, Judge}, Stars: true, About: "查看范围内的数据，评定所负责的星"},
	{Role: Clerk, Label: "填报员", Rights: []Right{See, Open, Enter}, Fields: true, About: "载入范围内的台账，核对未入库的行"},
	{Role: Auditor, Label: "审计员", Rights: []Right{Audit}, Site: true, About: "查看、导出、核对审计日志；不看业务数据，不能与管理员同为一人"},
	{Role: Administrator, Label: "管理员", Rights: []Right{See, Open, Enter, Manage}, Site: true, About: "管理账号与权限，载入数据；不能查看审计日志"},
}

// Kind gives what there is to say of the role; ok is false for an unknown one.
func (r Role) Kind() (k Kind, ok bool) {
	i := slices.IndexFunc(Kinds, func(k Kind) bool { return k.Role == r })
	if i < 0 {
		return Kind{}, false
	}
	return Kinds[i], true
}

// Label is the role's Chinese name.
func (r Role) Label() string {
	k, _ := r.Kind()
	return k.Label
}

// Has says whether the role has a right.
func (r Role) Has(right Right) bool {
	k, _ := r.Kind()
	return slices.Contains(k.Rights, right)
}
