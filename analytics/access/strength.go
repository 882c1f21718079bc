package access

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/matching"
)

// judged is how many characters of a password its strength is judged by: the work grows with their square.
const judged = 64

// leastScore of zxcvbn: “safely unguessable: moderate protection from offline slow-hash scenario”, 10⁸ guesses.
const leastScore = 3

// commonWords are what passwords here are made of and zxcvbn's English lists do not have.
var commonWords = strings.Fields(`gridstar 格星 密码 口令 登录 用户 管理员 管理 系统 平台 数据 领导 区长 书记 主任 街道 社区 网格 党建 党员 党委 支部 政府 人民 服务 中国
 北京 上海 我爱你 你好 新年快乐 一二三四五六七八九十 gexing mima kouling denglu yonghu guanliyuan guanli xitong pingtai shuju lingdao quzhang shuji
 zhuren jiedao shequ wangge dangjian dangyuan dangwei zhibu zhengfu renmin fuwu zhongguo beijing shanghai woaini nihao`)

// guessable says whether a password is too easy to guess; about are names that somebody who guesses would try.
//
// zxcvbn is asked about a copy of the password in which each character is one byte, because it counts some positions in
// bytes and some in characters: of 密码password1234 it would miss the word. Han characters become symbols, 5 bits each at
// most; known words of Han are turned into the same symbols.
func guessable(password string, about []string) bool {
	text := []rune(password)
	text = text[:min(len(text), judged)]
	plain, symbols := bytesOf(text)
	plain = oneBlock(plain)
	var words []string
	for _, a := range about { // 张伟 of 信息中心 张伟, too
		words = append(words, a)
		words = append(words, strings.FieldsFunc(a, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	var known []string
	for _, w := range append(words, commonWords...) {
		if b, ok := symbols.of(w); ok && utf8.RuneCountInString(w) > 1 {
			known = append(known, b)
		}
	}
	// Letters written as signs (p@ssw0rd) are undone here: zxcvbn's own way tries each of hundreds of combinations.
	for _, p := range []string{plain, unsigned.Replace(plain), unsigned.Replace(asL.Replace(plain))} {
		if zxcvbn.PasswordStrength(p, known, matching.FilterL33tMatcher).Score < leastScore {
			return true
		}
	}
	return false
}

var (
	asL      = strings.NewReplacer("1", "l", "|", "l", "7", "l")
	unsigned = strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "{", "c", "[", "c", "<", "c", "3", "e", "6", "g", "9", "g",
		"1", "i", "!", "i", "|", "i", "0", "o", "$", "s", "5", "s", "+", "t", "7", "t", "%", "x", "2", "z")
)

// alphabet says which byte stands for a character that is not printable ASCII.
type alphabet map[rune]byte

// standIns are control characters that zxcvbn takes for symbols; those that separate the parts of a date are not among them.
const standIns = "\x01\x02\x03\x04\x05\x06\x07\x08\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f"

// bytesOf writes a text with one byte a character. Where it has more different characters than there are symbols, some share
// one, which makes it look weaker and never stronger.
func bytesOf(text []rune) (string, alphabet) {
	symbols := alphabet{}
	var b strings.Builder
	for _, r := range text {
		if r = narrow(r); r >= ' ' && r <= '~' {
			b.WriteByte(byte(r))
			continue
		}
		if _, ok := symbols[r]; !ok {
			symbols[r] = standIns[len(symbols)%len(standIns)]
		}
		b.WriteByte(symbols[r])
	}
	return b.String(), symbols
}

// of writes a word in the same symbols; ok is false where it has characters that the text has not.
func (symbols alphabet) of(word string) (text string, ok bool) {
	var b strings.Builder
	for _, r := range word {
		if r = narrow(r); r >= ' ' && r <= '~' {
			b.WriteByte(byte(r))
		} else if s, known := symbols[r]; known {
			b.WriteByte(s)
		} else {
			return "", false
		}
	}
	return b.String(), true
}

// narrow is the character of half width, so that Ｐａｓｓｗｏｒｄ is a word, too.
func narrow(r rune) rune {
	switch {
	case r == '\u3000':
		return ' '
	case r >= '！' && r <= '～':
		return r - '！' + '!'
	case r <= unicode.MaxASCII: // case tells something about these
		return r
	}
	return unicode.ToLower(r)
}

// oneBlock is what a text repeats: writing abc123 twice makes it hardly harder to guess.
func oneBlock(text string) string {
	if text == "" {
		return ""
	}
	return text[:1+strings.Index((text + text)[1:], text)]
}
