package ingest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// privacy is what a file's columns say about persons. Columns are indexes.
type privacy struct {
	persons  []namedColumn // columns whose cells become tokens
	offices  []namedColumn // columns that hold an office or a person, 承办单位/人: a person's name becomes personMark
	plain    map[int]bool  // columns of identifiers and codes, in which a long number is no telephone
	keys     []int         // columns that tell rows apart and are no token
	added    []int         // columns that a file of refused rows has behind the ledger's own
	rejectID int           // of these the one that names the refused row; -1: none
}

// namedColumn is a column of the file with its header, fit to be shown.
type namedColumn struct {
	index  int
	header string
}

func hasColumn(all []namedColumn, index int) bool {
	return slices.ContainsFunc(all, func(c namedColumn) bool { return c.index == index })
}

const (
	tokenOpen  = "〔隐·"
	tokenClose = "〕"
	// personMark stands where the name of a person stood among offices.
	personMark = "〔个人〕"
)

func newPrivacy(b *profile.Binding) privacy {
	v := privacy{plain: map[int]bool{}, rejectID: -1}
	for _, c := range b.Personal() {
		v.persons = append(v.persons, namedColumn{c.Index, quotable(c.Header)})
	}
	texts := map[int]bool{} // columns that may hold a telephone in what they say
	for i := range b.Header {
		texts[i] = true
	}
	for _, e := range b.Emits {
		for _, f := range e.Fields {
			i := f.Column.Index()
			if f.Type != profile.Text {
				delete(texts, i)
			}
			switch {
			case i < 0:
			case plainTexts[f.Target]:
				v.plain[i] = true
			case officeFields[f.Target] && namesPersons(f.Column.Header) && !hasColumn(v.persons, i) && !hasColumn(v.offices, i):
				v.offices = append(v.offices, namedColumn{i, quotable(f.Column.Header)})
			}
		}
	}
	for _, i := range b.KeyColumns() {
		if texts[i] && !hasColumn(v.persons, i) && !v.plain[i] {
			v.keys = append(v.keys, i)
		}
	}
	if i := slices.IndexFunc(b.Header, func(h string) bool { return profile.Fold(h) == rejectIDColumn }); i >= 0 {
		v.rejectID = i
		v.added = append(v.added, i)
		for back, name := range []string{rejectReasonColumn, rejectRowColumn} {
			if j := i - 1 - back; j >= 0 && profile.Fold(b.Header[j]) == name {
				v.added = append(v.added, j)
			}
		}
	}
	return v
}

// officeFields are the fields that name who acts: an office, and in many ledgers a person.
var officeFields = map[string]bool{"dept": true, "host": true, "partner": true, "team": true}

// namesPersons says whether the header of such a field lets persons be named: 承办单位/人, 认领单位/党员, 责任人.
func namesPersons(header string) bool {
	return slices.ContainsFunc([]string{"人", "党员", "干部", "员", "书记"}, func(s string) bool { return strings.Contains(header, s) })
}

// disguise replaces what the row says about persons, in place and before anything that is kept sees it: cells of personal
// columns by a keyed token, names of persons among offices by a mark. A cell that is a token already, of a row that was
// refused before, stays. It also empties what a file of refused rows has added to the ledger.
func (c *converter) disguise(cells []string, p *pass) {
	for _, col := range c.persons {
		i := col.index
		if i >= len(cells) || cells[i] == "" || c.binding.Null(cells[i]) {
			continue
		}
		c.personal[col.header]++
		if !isToken(cells[i]) {
			cells[i] = c.token(cells[i])
		}
	}
	for _, col := range c.offices {
		if i := col.index; i < len(cells) && isPerson(cells[i]) {
			cells[i] = personMark
			c.personal[col.header]++
		}
	}
	if c.rejectID >= 0 && c.rejectID < len(cells) {
		if id, ok := parseRejectID(cells[c.rejectID]); ok {
			p.replaces = id
		}
	}
	for _, i := range c.added {
		if i < len(cells) {
			cells[i] = ""
		}
	}
}

// harmless gives the row as keys are made of it: without phones and the like, so that a row that comes back from a file of
// refused rows is the one it was.
func (c *converter) harmless(cells []string) []string {
	copied := false
	for _, i := range c.keys {
		if i >= len(cells) {
			continue
		}
		if s, n := Mask(cells[i]); n > 0 {
			if !copied {
				cells, copied = slices.Clone(cells), true
			}
			cells[i] = s
		}
	}
	return cells
}

// token is what stands for a cell about a person. Spellings that mean one person or number give one token.
func (c *converter) token(text string) string {
	if t, ok := c.tokens[text]; ok {
		return t
	}
	t := tokenOpen + c.hash.Key("cell", profile.KeyText(text)) + tokenClose
	if len(c.tokens) < maxCodes {
		c.tokens[strings.Clone(text)] = t
	}
	return t
}

// isToken says whether a cell is what token makes.
func isToken(s string) bool {
	s = strings.TrimSpace(s)
	inner, ok := strings.CutPrefix(s, tokenOpen)
	if !ok {
		return false
	}
	inner, ok = strings.CutSuffix(inner, tokenClose)
	return ok && len(inner) == warehouse.KeyLen && !strings.ContainsFunc(inner, func(r rune) bool {
		return r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_')
	})
}

// isPerson says whether a text is plainly the name of one person: two to four Han characters, or three of them with a
// title behind, a common surname first, and nothing that offices and firms are called.
func isPerson(s string) bool {
	s = strings.Join(strings.Fields(s), "")
	for _, title := range []string{"同志", "先生", "女士", "书记", "主任", "网格员", "党员"} {
		if name, ok := strings.CutSuffix(s, title); ok && utf8.RuneCountInString(name) >= 2 {
			s = name
			break
		}
	}
	name := []rune(s)
	if len(name) < 2 || len(name) > 4 || slices.ContainsFunc(name, func(r rune) bool { return !unicode.Is(unicode.Han, r) }) {
		return false
	}
	given := 1
	if len(name) > 2 && compoundSurnames[string(name[:2])] {
		given = 2
	} else if len(name) == 4 || !strings.ContainsRune(surnames, name[0]) {
		return false
	}
	if notPersons[s] {
		return false
	}
	return !strings.ContainsRune(officeEnds, name[len(name)-1]) && !slices.ContainsFunc(name[given:], func(r rune) bool { return strings.ContainsRune(officeParts, r) })
}

// surnames are the hundred most common ones (Ministry of Public Security, 2020), which nine people of ten bear, but for
// those that are mostly words where an office stands: 金 方 万 高 白 江.
const surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石贾韦夏付邹熊孟秦邱侯尹薛闫段雷龙史陶贺毛郝顾龚邵覃武钱戴严莫孔汤"

var compoundSurnames = map[string]bool{"欧阳": true, "上官": true, "司马": true, "诸葛": true, "司徒": true, "东方": false, "皇甫": true, "尉迟": true, "慕容": true, "令狐": true}

const (
	officeEnds  = "局办科所站院校部委会队处室厅组社厂店行馆园网台盟联团司街道村镇乡区市县里路号家楼栋库房场"
	officeParts = "局科委"
)

// notPersons are names of offices and firms that begin like a person's.
var notPersons = map[string]bool{
	"龙湖": true, "石化": true, "武装": true, "田园": true, "林业": true, "水利": true, "马路": true, "于城": true, "叶县": true, "石油": true, "龙光": true, "林草": true,
}
