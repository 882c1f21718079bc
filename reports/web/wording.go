package web

import "strings"

// onPage says in the words of the pages what sentences of the packages below say in those of the command line, which they
// were written for.
var onPage = strings.NewReplacer(
	"或用 --profile 指定其他模板", "在“各列”中指定对应的列，或改选其他台账",
	"用 --profile 指定台账类型", "选择台账",
	"用 --profile 指定模板", "选择台账",
	"用 --profile 指定", "选择台账",
	"请核对文件或 --org", "请核对文件或所填的单位",
	"用 --max-rejects 放宽", "放宽“最多退回”",
	"用 --encoding 指定其中一种", "选择其中一种编码",
	"用 --encoding 指定", "选择编码",
	"用 --crs 指定（如 wgs84、gcj02）", "选择坐标系",
	"用 --crs 指明实际的坐标系", "选择实际的坐标系",
	"用 --crs 指明", "选择坐标系",
	"请检查坐标和 --crs", "请检查坐标和坐标系",
	"确是改名的，请加 --rename，或写明启用日期", "确是改名的，请写明启用日期",
	"更正后重新执行", "更正后重新上传",
	"再导入", "再上传",
)
