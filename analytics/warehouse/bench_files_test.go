package warehouse_test

import (
	"archive/zip"
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// writeRecords writes generated records in the order of their dates and returns the file's size. The numbers begin
// at first.
func writeRecords(t *testing.T, name string, n, first int) int64 {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "no,channel,category,category2,title,text,grid,dept,received,accepted,due,closed,status,level,satisfaction,visit,contacted,resolved")
	r := rand.New(rand.NewPCG(7, uint64(first)<<32|uint64(n)))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	step := 2 * 365 * 24 * time.Hour / time.Duration(n)
	for i := range n {
		at := start.Add(time.Duration(i) * step)
		closed, status := at.Add(time.Duration(r.IntN(200*3600))*time.Second).Format(time.DateTime), "已办结"
		if r.IntN(20) == 0 {
			closed, status = "", "办理中"
		}
		fmt.Fprintf(w, "B%09d,%s,%s,%s,%s,%s第%d号楼%04d室%s，住户反映多次，请有关部门尽快到现场查看并答复处理结果,G%04d,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n",
			first+i, pick("12345热线", "网格员上报", "居民微信群", "窗口"), pick("设施维修", "环境卫生", "停车交通", "物业管理", "消防安全"),
			pick("路灯", "垃圾", "停车", "电梯", "管道"), pick("楼道灯不亮", "垃圾未清运", "车辆乱停放", "电梯异响"),
			pick("金桂园", "颐和花园", "民族小区", "新村"), r.IntN(40), r.IntN(10_000), pick("路灯夜间不亮影响出行", "垃圾桶满溢气味很大", "消防通道长期被占用", "下水管道堵塞污水外溢"),
			r.IntN(benchGrids), pick("城管局", "住建局", "街道办事处", "物业公司"),
			at.Format(time.DateTime), at.Add(time.Hour).Format(time.DateTime), at.AddDate(0, 0, 5).Format(time.DateTime), closed, status,
			pick("网格", "社区", "街道"), pick("满意", "基本满意", "不满意", ""), pick("true", "false"), pick("true", "false"), pick("true", "false"))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// encodeGB18030 writes a text file in the encoding of most exports.
func encodeGB18030(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	_, err = io.Copy(simplifiedchinese.GB18030.NewEncoder().Writer(dst), src)
	return err
}

// writeWorkbook writes a csv file as the only sheet of a workbook, with inline strings.
func writeWorkbook(from, to string) (err error) {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	z := zip.NewWriter(dst)
	defer func() { err = errors.Join(err, z.Close()) }()
	const office = "http://schemas.openxmlformats.org/"
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="` + office + `package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
			`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="` + office + `package/2006/relationships"><Relationship Id="r1" Type="` + office + `officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + office + `package/2006/relationships"><Relationship Id="r1" Type="` + office + `officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + office + `spreadsheetml/2006/main" xmlns:r="` + office + `officeDocument/2006/relationships"><sheets><sheet name="记录" sheetId="1" r:id="r1"/></sheets></workbook>`},
	} {
		w, err := z.Create(part[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, part[1]); err != nil {
			return err
		}
	}
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 1<<20)
	out.WriteString(`<worksheet xmlns="` + office + `spreadsheetml/2006/main"><sheetData>`)
	rows := csv.NewReader(bufio.NewReaderSize(src, 1<<20))
	for n := 1; ; n++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		out.WriteString(`<row r="` + strconv.Itoa(n) + `">`)
		for i, c := range cells {
			if c != "" {
				out.WriteString(`<c r="` + string(rune('A'+i)) + strconv.Itoa(n) + `" t="inlineStr"><is><t>` + html.EscapeString(c) + `</t></is></c>`)
			}
		}
		out.WriteString(`</row>`)
	}
	out.WriteString(`</sheetData></worksheet>`)
	return out.Flush()
}
