package ingest

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Nothing that a ledger says of who somebody is may be found in any file of the data directory, in the warehouse's
// own bytes or in the journal: not what is dropped, not what is hashed, not what is masked, not what is refused.
func TestNoPersonalDataOnDisk(t *testing.T) {
	markers := map[string]string{
		"a dropped name": "秦某测", "a dropped telephone": "13911112222", "a telephone in the text": "13800001111",
		"an ID number in the text": "99999919800101123X", "an address in the text": "x.y@example.com",
		"a hashed name": "魏某试", "a hashed ID number": "999999197001011230", "a telephone instead of a date": "13733334444",
		"a telephone in a code column": "13655556666", "a telephone beside a department": "13577778888",
		"a telephone in an unknown unit": "13499990000", "a telephone in an attribute": "13322221111",
		"a telephone as a column's name": "13211110000", "a telephone beside a building": "131-2222-0000", "a telephone in the file's name": "13022221111", "an unmapped value": "不入库之值",
	}
	const people = `name = "people"; shape = "record"
key = ["日期", "内容", "反映人", "电话"]
[constants]
kind = "SQ"
[fields]
received_at = "日期"
text = "内容"
result = "结果"
dept = "承办"
actor_key = "经办人"
place_id = "小区楼栋"
org = { from = ["column:网格"] }
[subject]
hash = ["证件号"]
[attrs]
columns = ["备注"]
[drop]
columns = ["反映人", "电话"]
`
	s := newSite(t)
	const mark = "留在库里的内容"
	res := s.load(people, "日期,内容,结果,承办,经办人,网格,证件号,备注,反映人,电话,13211110000,小区楼栋\n"+
		"2026-01-05,"+mark+"，电话13800001111，证件99999919800101123X，邮箱x.y@example.com,请打13655556666,物业 13577778888,魏某试,某格13499990000,999999197001011230,见13322221111,秦某测,13911112222,不入库之值,3号楼 131-2222-0000\n"+
		"13733334444,甲,,,魏某试,,999999197001011230,,秦某测,13911112222,\n", named("台账13022221111.csv"))
	s.wantCounts(res, "rows 2, accepted 1, rejected 1, masked 7")
	s.want("SELECT text, result, dept, attrs FROM record",
		mark+"，电话〔电话〕，证件〔证件号〕，邮箱〔邮箱〕|请打〔电话〕|物业 〔电话〕|"+`{"备注":"见〔电话〕"}`+"\n")
	s.want("SELECT place_id FROM record", "3号楼 〔电话〕\n")
	s.want("SELECT file FROM job WHERE verb = 'ingest'", "台账〔电话〕.csv\n")
	if res.File != "台账〔电话〕.csv" {
		t.Errorf("the result names the file %s", res.File)
	}
	s.want("SELECT length(subject_key), length(actor_key), subject_key <> actor_key FROM record", "12|12|true\n")
	s.load(people, "日期,内容,反映人\n2026-01-06,乙,秦某测\n")
	// Asked for by SQL, since the file may hold texts compressed.
	for table := range strings.Lines(s.table("SELECT table_name FROM information_schema.tables WHERE table_schema = 'main'")) {
		table = strings.TrimSpace(table)
		held := s.table("SELECT CAST(t AS VARCHAR) FROM " + table + " t")
		for what, m := range markers {
			if strings.Contains(held, m) {
				t.Errorf("%s is in the table %s", what, table)
			}
		}
	}
	if err := s.w.Close(); err != nil { // folds the WAL into the file
		t.Fatal(err)
	}
	found, files := false, 0
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		bytes, err := os.ReadFile(path)
		files++
		found = found || strings.Contains(string(bytes), mark)
		for what, m := range markers {
			if strings.Contains(string(bytes), m) {
				t.Errorf("%s is in %s", what, d.Name())
			}
		}
		return err
	})
	if err != nil || files < 3 || !found {
		t.Errorf("%d files read, the kept text found: %v, error %v", files, found, err)
	}
}

// Equal people have equal pseudonyms, whichever file or profile names them, and others have others.
func TestSubjectsAreTold(t *testing.T) {
	const people = `name = "people"; shape = "record"
[constants]
kind = "SQ"
[fields]
source_no = "编号"
received_at = "日期"
[subject]
hash = ["姓名", "证件号"]
`
	s := newSite(t)
	s.load(people, "编号,日期,姓名,证件号\n1,2026-01-05,甲,1\n2,2026-01-05,甲,2\n")
	s.load(strings.Replace(people, `"people"`, `"more"`, 1), "编号,日期,姓名,证件号\n3,2026-01-06,甲,1\n4,2026-01-06,,\n")
	s.want("SELECT count(*), count(subject_key), count(DISTINCT subject_key) FROM record", "4|3|2\n")
}

func TestMessagesHoldNoPersonalData(t *testing.T) {
	s := newSite(t)
	_, err := s.try(context.Background(), full, fullHeader+cells("1", "受理=13800001111", "经办人=魏某试"),
		func(r *Request) { r.Limit = Limit{Set: true} })
	if err == nil || strings.Contains(err.Error(), "13800001111") || strings.Contains(err.Error(), "魏某试") {
		t.Errorf("got %v", err)
	}
}
