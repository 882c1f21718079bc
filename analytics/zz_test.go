package analytics
import ("testing";"fmt";"time";"strings";"context";"gridstar/analytics/warehouse";"database/sql")
func TestZZ(t *testing.T){
 f:=newFixture(t)
 for _,s:=range readCase(t,"coverage.txt"){ w,_,_:=strings.Cut(s.head," "); if w=="query"{break}; f.insert(w,s.rows)}
 cat:=siteFS{}.load(t)
 q:=parseQuery(t,strings.Fields("2026-01-01 2026-02-01 received,close_rate by=org:community"))
 p,err:=newPlan(cat,q); if err!=nil{t.Fatal(err)}
 f.publish()
 b := &builder{plan: p, bound: map[any]string{}}
 try:=func(name,sqltext string,args ...any){
  best:=time.Hour
  f.w.View(context.Background(),func(v *warehouse.View)error{
  for i:=0;i<8;i++{ t0:=time.Now()
   _,err:=warehouse.Rows(context.Background(),v,func(r *sql.Rows)(int,error){return 0,nil},sqltext,args...)
   if err!=nil{fmt.Println(err)}
   best=min(best,time.Since(t0))}
   return nil})
  fmt.Println(name,best)
 }
	b.keep("org_unit", p.unitSQL())
 with:=func()string{return "WITH "+strings.Join(b.ctes,",\n")}
 try("unit",with()+" SELECT count(*) from org_unit")
	b.keep("unit_path", p.pathSQL())
 try("path",with()+" SELECT count(*) from org_unit,unit_path")
	b.inside()
	b.home()
	b.keep("span", b.spanValues())
	b.scans()
 try("scan",with()+" SELECT count(*) from org_unit,unit_path,scan0,home",b.args...)
	b.spine()
 try("spine",with()+" SELECT count(*) from spine",b.args...)
	b.coverage()
 try("coverage",with()+" SELECT count(*) from spine,cover",b.args...)
 st:=b.answer()
 try("all",st,b.args...)
}
