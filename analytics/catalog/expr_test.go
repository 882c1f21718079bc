package catalog

import (
	"strings"
	"testing"
)

func noGroups(column, group string) ([]string, bool) {
	if column == "channel" && group == "主动" {
		return []string{"网格员上报", "走访'发现"}, true
	}
	return nil, false
}

func TestExpressionsAreWrittenAnew(t *testing.T) {
	for _, c := range []struct{ src, only, want string }{
		{"COUNT(*)", "", "count(*)"},
		{"count(*)", "(NOT void)", "count(*) FILTER (WHERE (NOT void))"},
		{"count(distinct subject_key)", "", "count(DISTINCT subject_key)"},
		{"sum(amount) / 10000", "p", "(sum(amount) FILTER (WHERE p) / 10000)"},
		{"count(*) filter (where a.b)", "", "!"},
		{"count(*) - 2 * count(closed_at)", "", "(count(*) - (2 * count(closed_at)))"},
		{"count(*) FILTER (WHERE status IN ('作废', 'o''k') OR NOT resolved)", "", "count(*) FILTER (WHERE ((status IN ('作废', 'o''k')) OR (NOT resolved)))"},
		{"count(*) FILTER (WHERE in_group(channel, '主动'))", "", "count(*) FILTER (WHERE (channel IN ('网格员上报', '走访''发现')))"},
		{"count(*) FILTER (WHERE status NOT IN ('a') AND amount NOT BETWEEN 1 AND 2.5)", "", "count(*) FILTER (WHERE ((status NOT IN ('a')) AND (amount NOT BETWEEN 1 AND 2.5)))"},
		{"sum(CASE WHEN due_at < $now THEN 1 WHEN due_at IS NULL THEN -2 ELSE NULL END)", "", "sum(CASE WHEN (due_at < $9) THEN 1 WHEN (due_at IS NULL) THEN (-2) ELSE NULL END)"},
		{"max(coalesce(rework_count, 0))", "", "max(coalesce(rework_count, 0))"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL '3' DAY)", "", "count(*) FILTER (WHERE (due_at < ($9 + INTERVAL '3' DAY)))"},
		{"count(*) FILTER (WHERE assigned_at - interval '1' hour + INTERVAL '02' Day <= $now)", "", "count(*) FILTER (WHERE (((assigned_at - INTERVAL '1' HOUR) + INTERVAL '02' DAY) <= $9))"},
		{"sum(date_diff('second', received_at, least(closed_at, $now)))", "", "sum(date_diff('second', received_at, least(closed_at, $9)))"},
	} {
		e, err := parseExpr(c.src, ShapeRecord, aggregateExpr, tNumber, noGroups)
		if c.want == "!" {
			if err == nil {
				t.Errorf("%s was accepted", c.src)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.src, err)
			continue
		}
		if got := e.SQL("$9", c.only); got != c.want {
			t.Errorf("%s is written\n%s, want\n%s", c.src, got, c.want)
		}
		if again, err := parseExpr(strings.ReplaceAll(e.SQL("$now", ""), "DISTINCT ", "DISTINCT "), ShapeRecord, aggregateExpr, tNumber, noGroups); err != nil || again.SQL("$9", c.only) != c.want {
			t.Errorf("%s does not read back: %v", c.want, err)
		}
	}
}

func TestRefusedExpressions(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", "表达式不完整"},
		{"count(*", "末尾缺少“)”"},
		{"count(*) count(*)", "“count”是多余的"},
		{"closed_at", "列“closed_at”应放在汇总函数（count、sum、min、max）之内"},
		{"1", "没有汇总函数（count、sum、min、max）"},
		{"count(*) > 1", "结果应为数字，实为真假值"},
		{"sum(count(*))", "这里不能使用汇总函数 count"},
		{"sum(status)", "sum 之内应为数字"},
		{"avg(amount)", "不允许使用函数 avg"},
		{"read_csv('x')", "不允许使用函数 read_csv"},
		{"getenv('HOME')", "不允许使用函数 getenv"},
		{"count(title)", "没有名为“title”的列"},
		{"count(text)", "没有名为“text”的列"},
		{"count(*); DROP TABLE record", "不允许的字符“;”"},
		{"count(*) -- x", "表达式中不能有注释"},
		{"count(/* */ *)", "表达式中不能有注释"},
		{"count(\"attrs\")", "不允许的字符“\"”"},
		{"count(attrs::INT)", "不允许的字符“:”"},
		{"count(CAST(amount AS INT))", "“cast”不应出现在这里"},
		{"count(*) FILTER (WHERE EXISTS (SELECT 1))", "“exists”不应出现在这里"},
		{"count(*) FILTER (WHERE $1 = 1)", "只能使用参数 $now"},
		{"count(*) FILTER (WHERE $nowhere = 1)", "只能使用参数 $now"},
		{"count(*) FILTER (WHERE closed_at = 'x')", "不能把时间与文本比较"},
		{"count(*) FILTER (WHERE status = 'x)", "文本缺少右引号"},
		{"count(*) FILTER (WHERE amount)", "FILTER 之内应为条件"},
		{"count(*) FILTER (WHERE closed_at - due_at > 1)", "“-”两侧应为数字；两个时间之差用 date_diff"},
		{"count(*) FILTER (WHERE due_at < $now + 3)", "“+”两侧应为数字；两个时间之差用 date_diff"},
		{"count(*) FILTER (WHERE due_at < INTERVAL '3' DAY)", "“interval”不应出现在这里"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL 3 DAY)", "INTERVAL 应写作"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL '-3' DAY)", "INTERVAL 应写作"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL '' DAY)", "INTERVAL 应写作"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL '3' MONTH)", "INTERVAL 应写作"},
		{"count(*) FILTER (WHERE due_at < $now + INTERVAL '3'", "INTERVAL 应写作"},
		{"count(*) FILTER (WHERE amount + INTERVAL '3' DAY > 1)", "INTERVAL 只能与时间相加减"},
		{"count(*) FILTER (WHERE due_at < $now * INTERVAL '3' DAY)", "INTERVAL 只能与时间相加减"},
		{"sum(date_diff('hour', received_at, closed_at))", "date_diff 的单位只能是 'second'"},
		{"count(*) FILTER (WHERE in_group(channel, '无'))", "代码表“channel”没有分组“无”"},
		{"count(＊)", "不允许的字符“＊”"},
		{"count(*) FILTER (WHERE amount > 1.2.3)", "“1.2.3”不是数字"},
		{strings.Repeat("(", 100) + "count(*)" + strings.Repeat(")", 100), "表达式嵌套超过 64 层"},
		{"count(*) + " + strings.Repeat("1 + ", 2000) + "1", "表达式超过 4096 个字节"},
	} {
		_, err := parseExpr(c.src, ShapeRecord, aggregateExpr, tNumber, noGroups)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.src, err, c.want)
		}
	}
}

func TestAdditive(t *testing.T) {
	for src, want := range map[string]bool{
		"count(*)": true, "sum(amount)": true, "count(DISTINCT subject_key)": false, "max(amount)": false,
		"2 * count(*) - sum(amount) / 3": true, "count(*) * sum(amount)": false, "1 + count(*)": false, "coalesce(sum(amount), 0)": false, "-count(*)": true,
	} {
		e, err := parseExpr(src, ShapeRecord, aggregateExpr, tNumber, noGroups)
		if err != nil || additive(e.root) != want {
			t.Errorf("%s: additive is not %v (%v)", src, want, err)
		}
	}
}

// Whatever the text, parsing ends, and what was accepted is written in the vocabulary alone and reads back.
func FuzzParseExpr(f *testing.F) {
	for _, s := range []string{
		"count(*) FILTER (WHERE closed_at <= due_at)", "date_diff('second', received_at, closed_at) / 3600.0", "sum(CASE WHEN resolved THEN 1 ELSE 0 END)",
		"count(*) FILTER (WHERE NOT (status IN ('a''b', 'c')) AND due_at BETWEEN $now AND $now)", "count(*) FILTER (WHERE due_at < $now - INTERVAL '1' HOUR)", "((((", "'", "$now", "--", "1e5", "count(\x00)", "in_group(channel, '主动')",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, place := range []int{aggregateExpr, rowExpr} {
			for _, want := range []valueType{tNumber, tBool} {
				e, err := parseExpr(src, ShapeRecord, place, want, noGroups)
				if err != nil {
					continue
				}
				sql := e.SQL("$now", "")
				again, err := parseExpr(sql, ShapeRecord, place, want, noGroups)
				if len(sql) > maxExpression || err != nil && strings.Contains(err.Error(), "嵌套") {
					continue // written out with all its parentheses it may be longer and deeper than what is accepted
				}
				if err != nil {
					t.Fatalf("%q is written %q: %v", src, sql, err)
				}
				if back := again.SQL("$now", ""); back != sql {
					t.Errorf("%q is written %q, then %q", src, sql, back)
				}
			}
		}
	})
}
