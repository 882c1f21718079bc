package catalog

import (
	"errors"
	"fmt"
	"strings"
)

// token kinds
const (
	tokEnd = iota
	tokWord
	tokNumber
	tokString
	tokNow
	tokSymbol
)

type token struct {
	kind int
	text string // words in lower case; strings without quotes, '' undone
	pos  int    // byte offset
}

const maxExpression = 4096

// lex cuts an expression into tokens. Whatever is not in the small vocabulary is refused here: quoted identifiers,
// comments, semicolons, casts by ::, parameters other than $now, characters outside ASCII except in strings.
func lex(src string) ([]token, error) {
	if len(src) > maxExpression {
		return nil, fmt.Errorf("表达式超过 %d 个字节", maxExpression)
	}
	var toks []token
	for i := 0; i < len(src); {
		c := src[i]
		start := i
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case isLetter(c):
			for i < len(src) && (isLetter(src[i]) || isDigit(src[i])) {
				i++
			}
			toks = append(toks, token{tokWord, strings.ToLower(src[start:i]), start})
		case isDigit(c):
			for i < len(src) && (isDigit(src[i]) || src[i] == '.') {
				i++
			}
			end := i
			for end < len(src) && isLetter(src[end]) {
				end++
			}
			if strings.Count(src[start:i], ".") > 1 || src[i-1] == '.' || end > i {
				return nil, fmt.Errorf("“%s”不是数字", src[start:end])
			}
			toks = append(toks, token{tokNumber, src[start:i], start})
		case c == '\'':
			text, next, err := quoted(src, i)
			if err != nil {
				return nil, err
			}
			i = next
			toks = append(toks, token{tokString, text, start})
		case c == '$':
			if !strings.HasPrefix(src[i:], "$now") || i+4 < len(src) && (isLetter(src[i+4]) || isDigit(src[i+4])) {
				return nil, errors.New("只能使用参数 $now")
			}
			i += 4
			toks = append(toks, token{tokNow, "$now", start})
		default:
			op := src[i : i+1]
			if i+1 < len(src) {
				switch src[i : i+2] {
				case "<=", ">=", "<>", "!=":
					op = src[i : i+2]
				case "--", "/*":
					return nil, errors.New("表达式中不能有注释")
				}
			}
			if len(op) == 1 && !strings.Contains("()=<>+-*/,", op) {
				return nil, fmt.Errorf("不允许的字符“%s”", firstRune(src[i:]))
			}
			i += len(op)
			if op == "!=" {
				op = "<>"
			}
			toks = append(toks, token{tokSymbol, op, start})
		}
	}
	return append(toks, token{tokEnd, "", len(src)}), nil
}

func quoted(src string, i int) (text string, next int, err error) {
	var b strings.Builder
	for i++; i < len(src); i++ {
		if src[i] != '\'' {
			if src[i] < ' ' {
				return "", 0, errors.New("文本中不能有控制字符")
			}
			b.WriteByte(src[i])
			continue
		}
		if i+1 < len(src) && src[i+1] == '\'' {
			b.WriteByte('\'')
			i++
			continue
		}
		return strings.ToValidUTF8(b.String(), "\uFFFD"), i + 1, nil
	}
	return "", 0, errors.New("文本缺少右引号")
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
