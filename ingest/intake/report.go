package intake

import (
	"fmt"
	"strings"
	"time"

	"gridstar/ingest"
)

// Summary is one Chinese sentence of what became of a table: the counts, or why it was not loaded.
func (o Outcome) Summary() string {
	if o.Error != "" {
		return o.Error
	}
	r := o.Result
	var b strings.Builder
	fmt.Fprintf(&b, "共 %d 行，入库 %d 行", r.Rows, r.Accepted)
	if r.Replaced > 0 {
		fmt.Fprintf(&b, "（其中更新 %d 行）", r.Replaced)
	}
	fmt.Fprintf(&b, "，未变 %d 行，退回 %d 行", r.Unchanged, r.Rejected)
	if r.Skipped > 0 {
		fmt.Fprintf(&b, "，跳过空行、合计行等 %d 行", r.Skipped)
	}
	return b.String() + "。"
}

// reportOf is the note that is put beside a file of the inbox: lines for whoever put it there.
func reportOf(name string, now time.Time, outcomes []ingest.Outcome, err error) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("文件：%s", shown(name))
	line("处理时间：%s", now.Format("2006-01-02 15:04:05"))
	if err != nil {
		line("结果：未入库。%s", sentence(err))
	}
	refused := false
	for _, o := range outcomesOf(outcomes) {
		line("")
		if where := strings.Trim(o.Result.Part+" "+o.Result.Sheet, " "); where != "" {
			line("表：%s", where)
		}
		if o.Result.Profile != "" {
			line("台账：%s", o.Result.Profile)
		}
		if o.Error != "" {
			line("结果：未入库。%s", o.Error)
		} else {
			line("结果：作业 %d，%s", o.Result.Job, o.Summary())
		}
		if o.Coverage != "" {
			line("覆盖：%s。", o.Coverage)
		}
		for _, w := range o.Result.Warnings {
			line("提示：%s（%d 处）。", w.Text, w.Count)
		}
		refused = refused || o.Result.Rejected > 0
	}
	if refused {
		line("")
		line("退回的行及原因见旁边的“退回”工作簿；更正后把它放回收件文件夹即可，已入库的行不会重复。")
	}
	return inFolder.Replace(b.String())
}

// inFolder puts what sentences say of flags of the command line into words for whoever has only a folder.
var inFolder = strings.NewReplacer(
	"用 --profile 指定其他模板", "请管理员为这个文件夹另行指定台账",
	"用 --profile 指定台账类型", "请管理员为这个文件夹指定台账",
	"用 --profile 指定模板", "请管理员为这个文件夹指定台账",
	"用 --profile 指定", "请管理员为这个文件夹指定台账",
	"请核对文件或 --org", "请核对文件，或请管理员核对这个文件夹的单位",
	"用 --max-rejects 放宽", "请管理员放宽这个文件夹的上限",
	"用 --encoding 指定其中一种", "请管理员为这个文件夹指定编码",
	"用 --encoding 指定", "请管理员为这个文件夹指定编码",
	"用 --crs 指定（如 wgs84、gcj02）", "请管理员为这个文件夹指定坐标系",
	"用 --crs 指明", "请管理员为这个文件夹指明",
	"请检查坐标和 --crs", "请检查坐标，或请管理员核对这个文件夹的坐标系",
	"更正后重新执行", "更正后重新放入",
	"再导入", "再放入",
)
