package catalog

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Code is one value of a code list.
type Code struct {
	Code     string   `toml:"code"`  // what is stored: a kind's id, otherwise the standard label
	Label    string   `toml:"label"` // what is shown; default: the code
	Synonyms []string `toml:"synonyms"`
	Group    string   `toml:"group"` // a coarser class, such as 主动 and 公众 of channels
}

// CodeList is a list of values in their official order.
type CodeList struct {
	ID    string `toml:"-"`
	Label string `toml:"label"`
	Codes []Code `toml:"code"`

	exact  map[string]int // by code, label and synonym as written
	folded map[string]int
}

// Ids of the built-in lists.
const (
	ListKind          = "kind"
	ListChannel       = "channel"
	ListCategory      = "category"
	ListStatus        = "status"
	ListResolvedLevel = "resolved_level"
	ListResult        = "result"
	ListSatisfaction  = "satisfaction"
	ListTargetGroup   = "target_group"
	ListActivityType  = "activity_type"
	ListPlaceType     = "place_type"
)

// Lookup gives the stored code for a cell's text: code, label and synonyms fit, without regard to width, case and
// spaces. An unknown list or text is not ok; ingest then keeps the text and flags it.
func (c *Catalog) Lookup(list, text string) (code string, ok bool) {
	l := c.lists[list]
	if l == nil {
		return "", false
	}
	i, ok := l.find(text)
	if !ok {
		return "", false
	}
	return l.Codes[i].Code, true
}

// List gives a code list, nil if there is none of that id.
func (c *Catalog) List(id string) *CodeList { return c.lists[id] }

func (l *CodeList) find(text string) (int, bool) {
	if i, ok := l.exact[text]; ok {
		return i, true
	}
	i, ok := l.folded[foldCode(text)]
	return i, ok
}

// LabelOf is what is shown for a stored code; a text that is not in the list is shown as it is.
func (l *CodeList) LabelOf(code string) string {
	if l != nil {
		if i, ok := l.exact[code]; ok && l.Codes[i].Code == code {
			return l.Codes[i].Label
		}
	}
	return code
}

// Members are the codes of a group in the list's order.
func (l *CodeList) Members(group string) []string {
	var codes []string
	for _, c := range l.Codes {
		if c.Group == group && group != "" {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

// merge puts a site's list over the built-in one: an entry with a known code replaces label and group where given
// and adds its synonyms; a new code goes to the end.
func (l *CodeList) merge(site CodeList) {
	if site.Label != "" {
		l.Label = site.Label
	}
next:
	for _, s := range site.Codes {
		for i := range l.Codes {
			c := &l.Codes[i]
			if c.Code != s.Code {
				continue
			}
			if s.Label != "" {
				c.Label = s.Label
			}
			if s.Group != "" {
				c.Group = s.Group
			}
			c.Synonyms = append(c.Synonyms, s.Synonyms...)
			continue next
		}
		l.Codes = append(l.Codes, s)
	}
}

// index prepares Lookup. It returns a Chinese sentence if one text would mean two codes.
func (l *CodeList) index() string {
	l.exact, l.folded = map[string]int{}, map[string]int{}
	for i := range l.Codes {
		c := &l.Codes[i]
		if c.Code == "" {
			return "代码表“" + l.ID + "”有一项没有 code"
		}
		if c.Label == "" {
			c.Label = c.Code
		}
		for _, s := range append([]string{c.Code, c.Label}, c.Synonyms...) {
			f := foldCode(s)
			if f == "" {
				return "代码表“" + l.ID + "”的“" + c.Code + "”有一个空的同义词"
			}
			if j, ok := l.folded[f]; ok && j != i {
				return "代码表“" + l.ID + "”里“" + s + "”同时指“" + l.Codes[j].Code + "”和“" + c.Code + "”"
			}
			l.exact[s], l.folded[f] = i, i
		}
	}
	return ""
}

func foldCode(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, width.Fold.String(s))
}
