package api

import "strings"

// inAnswer says in the words of the interface what sentences of the packages below say in those of the command line, which
// they were written for: its parameters are called as the flags are.
var inAnswer = strings.NewReplacer(
	" --max-rejects", "参数 max_rejects",
	" --encoding", "参数 encoding",
	" --profile", "参数 profile",
	" --crs", "参数 crs",
	" --org", "参数 org",
	"更正后重新执行", "更正后重新提交",
	"再导入", "再提交",
)
