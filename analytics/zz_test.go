package analytics
import ("testing";"fmt";"time";"strings";"context";"gridstar/analytics/warehouse";"database/sql")
func TestZZ(t *testing.T){
 f:=newFixture(t)
 // units: 1 district 6 streets 24 comm 302 grids
 f.exec(`INSERT INTO org (tree,code,parent_code,level,name,sort,valid_from,job,row,since) VALUES ('area','D',NULL,'district','D',1,'1900-01-01',1,1,1)`)
 f.exec(`INSERT INTO org (tree,code,parent_code,level,name,sort,valid_from,job,row,since) SELECT 'area','S'||i,'D','street','S'||i,i,'1900-01-01',1,i,1 FROM range(6) t(i)`)
 f.exec(`INSERT INTO org (tree,code,parent_code,level,name,sort,valid_from,households,job,row,since) SELECT 'area','C'||i,'S'||(i%6),'community','C'||i,i,'1900-01-01',1000+i,1,i,1 FROM range(24) t(i)`)
 f.exec(`INSERT INTO org (tree,code,parent_code,level,name,sort,valid_from,job,row,since) SELECT 'area','G'||i,'C'||(i%24),'grid','G'||i,i,'1900-01-01',1,i,1 FROM range(302) t(i)`)
 f.exec(`INSERT INTO org (tree,code,parent_code,level,name,sort,valid_from,job,row,since) SELECT 'party','B'||i,NULL,'branch','B'||i,i,'1900-01-01',1,i,1 FROM range(24) t(i)`)
 f.exec(`INSERT INTO org_cover SELECT 'B'||i,'C'||i,1,i,1 FROM range(24) t(i)`)
 f.exec(`INSERT INTO record (id,source_system,kind,org_code,category,channel,dept,status,received_at,due_at,closed_at,visited_at,valid_visit,contacted,resolved,satisfaction,content,job,row,since)
  SELECT 'r'||i,'t',CASE WHEN i%10=0 THEN 'WX' ELSE 'SQ' END,'G'||(hash(i)%302),'cat'||(hash(i+1)%13),'ch'||(hash(i+2)%9),'dept'||(hash(i+3)%40),CASE WHEN i%50=0 THEN '作废' ELSE '已办结' END,
   r, r+INTERVAL 5 DAY, r+ INTERVAL (hash(i+4)%200) HOUR, r+INTERVAL 200 HOUR, hash(i+5)%3=0, hash(i+6)%20<>0, hash(i+7)%6<>0, ['满意','基本满意','不满意',NULL][1+(hash(i+8)%4)::INT],0,1,i,1
  FROM (SELECT i, TIMESTAMP '2024-01-01' + INTERVAL (i*12) SECOND r FROM range(5000000) t(i))`)
 for _,k:=range []string{"SQ","DB","CS","BCS","SH","MD","XFJ","TY"} {
 f.exec(`INSERT INTO coverage SELECT 'record','`+k+`','G'||g, TIMESTAMP '2024-01-01'+ INTERVAL (m) MONTH, TIMESTAMP '2024-01-01'+ INTERVAL (m+1) MONTH,'x',1,g*100+m,1 FROM range(302) a(g), range(24) b(m)`)
 }
 f.publish()
 cat:=siteFS{}.load(t)
 for _,qs:=range []string{
  "2024-01-01 2026-01-01 received now=2026-03-01",
  "2024-01-01 2026-01-01 received,close_rate,on_time_rate by=org:community,month now=2026-03-01",
  "2024-01-01 2026-01-01 received,close_rate,on_time_rate,handle_hours_p50 by=org:community,month now=2026-03-01",
  "2024-01-01 2026-01-01 received,close_rate,on_time_rate,handle_hours_p50,three_rates_score by=org:community,month now=2026-03-01",
  "2025-11-01 2025-12-01 received by=org:grid now=2026-03-01",
  "2025-11-01 2025-12-01 received by=category now=2026-03-01 compare=prev",
  "2024-01-01 2026-01-01 received by=org:grid,month now=2026-03-01",
  "2024-01-01 2026-01-01 received by=org:grid,month,kind now=2026-03-01",
  "2025-01-01 2026-01-01 received by=org:community,day now=2026-03-01",
  "2025-01-01 2026-01-01 received,close_rate by=org:branch,month now=2026-03-01 compare=yoy",
  "2025-01-01 2026-01-01 received_per_1000_households by=org:community,month now=2026-03-01",
 }{
 q:=parseQuery(t,strings.Fields(qs))
 best:=time.Hour; n:=0
 for i:=0;i<4;i++{ t0:=time.Now(); a,err:=f.run(cat,q); if err!=nil{t.Fatal(err)}; n=len(a.Rows); best=min(best,time.Since(t0))}
 fmt.Println(best,n,qs)
 }
 q:=parseQuery(t,strings.Fields("2024-01-01 2026-01-01 received by=org:grid,month now=2026-03-01"))
 p,_:=newPlan(cat,q)
 b := &builder{plan: p, bound: map[any]string{}}
 try:=func(name,sqltext string,args ...any){
  best:=time.Hour
  f.w.View(context.Background(),func(v *warehouse.View)error{
  for i:=0;i<4;i++{ t0:=time.Now()
   _,err:=warehouse.Rows(context.Background(),v,func(r *sql.Rows)(int,error){return 0,nil},sqltext,args...)
   if err!=nil{fmt.Println(err)}
   best=min(best,time.Since(t0))}
   return nil})
  fmt.Println(name,best)
 }
	b.keep("org_unit", p.unitSQL())
 with:=func()string{return "WITH "+strings.Join(b.ctes,",\n")}
	b.keep("unit_path", p.pathSQL())
	b.inside()
	b.home()
 try("home",with()+" SELECT count(*) from home",b.args...)
	b.keep("span", b.spanValues())
	b.scans()
 try("scan",with()+" SELECT count(*) from scan0",b.args...)
	b.spine()
 try("spine",with()+" SELECT count(*) from spine",b.args...)
	b.coverage()
 for _,x:=range []string{"stated","statement","above","class","stretch","merged","depth","whole_cover","day_count","cover"}{
 try(x,with()+" SELECT count(*) from "+x,b.args...)
 }
 try("all",b.answer(),b.args...)
}
