package chart

// The words the builders add themselves. Everything else on a chart is the caller's text.
const (
	wordUnit    = "单位："
	wordNoData  = "缺数据"
	wordEmpty   = "本期没有可以画出的数据"
	wordOmitted = "…"
)
