package web

import "strings"

// browsers are the marks in a User-Agent by which browsers are known, the more special ones first: most say that they are
// Chrome or Safari as well. version stands before the number that their users know; "" where nobody does.
var browsers = []struct{ mark, name, version string }{
	{"wxwork/", "企业微信", ""},
	{"MicroMessenger/", "微信", ""},
	{"DingTalk/", "钉钉", ""},
	{"QIHU 360", "360 浏览器", ""},
	{"360SE", "360 浏览器", ""},
	{"360EE", "360 浏览器", ""},
	{"QHBrowser", "360 浏览器", ""},
	{"Qaxbrowser", "奇安信浏览器", ""},
	{"QQBrowser/", "QQ 浏览器", ""},
	{"MetaSr", "搜狗浏览器", ""},
	{"HuaweiBrowser/", "华为浏览器", ""},
	{"UCBrowser/", "UC 浏览器", ""},
	{"Edg/", "Edge", "Edg/"},
	{"EdgA/", "Edge", "EdgA/"},
	{"OPR/", "Opera", "OPR/"},
	{"Firefox/", "Firefox", "Firefox/"},
	{"CriOS/", "Chrome", "CriOS/"},
	{"Chrome/", "Chrome", "Chrome/"},
	{"Safari/", "Safari", "Version/"},
}

// systems likewise: Android and Kylin say that they are Linux as well, an iPhone that it is like Mac OS.
var systems = []struct{ mark, name string }{
	{"OpenHarmony", "鸿蒙"},
	{"HarmonyOS", "鸿蒙"},
	{"Windows", "Windows"},
	{"iPhone", "iPhone"},
	{"iPad", "iPad"},
	{"Macintosh", "macOS"},
	{"Android", "Android"},
	{"Kylin", "麒麟"},
	{"UOS", "统信 UOS"},
	{"Linux", "Linux"},
}

// agentWords says in a few words which browser a User-Agent stands for: Edge 126・Windows. Of what the browser sent, which
// could be anything, only up to four digits are repeated.
func agentWords(agent string) string {
	words := "其他程序"
	if agent == "" {
		return "未说明"
	}
	for _, b := range browsers {
		if strings.Contains(agent, b.mark) {
			words = b.name
			if n := number4(agent, b.version); n != "" {
				words += " " + n
			}
			break
		}
	}
	for _, s := range systems {
		if strings.Contains(agent, s.mark) {
			return words + "・" + s.name
		}
	}
	return words
}

// number4 is the whole number behind a mark; "" for none, or one of more than four digits.
func number4(text, mark string) string {
	_, rest, found := strings.Cut(text, mark)
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		end = len(rest)
	}
	if mark == "" || !found || end > 4 {
		return ""
	}
	return rest[:end]
}
