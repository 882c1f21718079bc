package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// usageText turns kong's English complaint into one Chinese sentence.
func usageText(err error) string {
	var parse *kong.ParseError
	text := err.Error()
	if errors.As(err, &parse) {
		text = parse.Error()
	}
	if i := strings.Index(text, "选项 "); i >= 0 { // said by a verb itself
		return text[i:] + "。"
	}
	for _, t := range usageTexts {
		if m := t.english.FindStringSubmatch(text); m != nil {
			args := make([]any, len(m)-1)
			for i, s := range m[1:] {
				args[i] = s
			}
			return fmt.Sprintf(t.chinese, args...) + "，用法见 gridstar --help。"
		}
	}
	return "命令用法有误（" + text + "），用法见 gridstar --help。"
}

var usageTexts = []struct {
	english *regexp.Regexp
	chinese string
}{
	{regexp.MustCompile(`^unknown flag (--?\S+?)(?:, did you mean .*)?$`), "没有选项 %s"},
	{regexp.MustCompile(`^unexpected argument (\S+?)(?:, did you mean .*)?$`), "不认识“%s”"},
	{regexp.MustCompile(`^missing flags: (.+)$`), "缺少选项 %s"},
	{regexp.MustCompile(`^missing positional arguments (.+)$`), "缺少参数 %s"},
	{regexp.MustCompile(`^expected "(<[^>]+>.*)"$`), "缺少参数 %s"},
	{regexp.MustCompile(`^expected one of (.+)$`), "请写明要执行的命令：%s"},
	{regexp.MustCompile(`^(--\S+?)(?:=\S+)?: expected .* value .*$`), "选项 %s 缺少取值"},
	{regexp.MustCompile(`^(--\S+?)(?:=\S+)? must be one of (.+) but got "(.*)"$`), "选项 %s 只能取 %s，不能取“%s”"},
	{regexp.MustCompile(`^(--\S+?)(?:=\S+)?: expected (?:an?|a valid \d+ bit) \w+ but got "(.*?)".*$`), "选项 %s 的取值“%s”不是数字"},
	{regexp.MustCompile(`^(--\S+?)(?:=\S+)?: missing value.*$`), "选项 %s 缺少取值"},
	{regexp.MustCompile(`^<(\S+?)>: expected .* but got "(.*?)".*$`), "参数 %s 的取值“%s”不是数字"},
}

// chineseHelp prints kong's help with Chinese headings.
func chineseHelp(options kong.HelpOptions, ctx *kong.Context) error {
	var b strings.Builder
	out := ctx.Stdout
	ctx.Stdout = &b
	err := kong.DefaultHelpPrinter(options, ctx)
	ctx.Stdout = out
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(out, strings.NewReplacer(
		"Usage:", "用法：", "Arguments:", "参数：", "Flags:", "选项：", "Commands:", "命令：",
		"Show context-sensitive help.", "显示帮助。",
		`Run "gridstar <command> --help" for more information on a command.`, "各命令的用法见 gridstar <命令> --help。",
		"[flags]", "[选项]", "<command>", "<命令>",
	).Replace(b.String()))
	return err
}
