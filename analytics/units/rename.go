package units

import (
	"fmt"
	"slices"
	"strings"
)

// Renaming is a code that a file gives another name than it has.
type Renaming struct{ Code, Was, Name string }

// Two lists that share codes and disagree about their names are hardly the same list: from fewestContradictions on, and from
// shareOfContradictions of the shared codes on, a load is refused until somebody says that the names are meant to change. A few
// corrected names pass, and are reported.
const (
	fewestContradictions  = 3
	shareOfContradictions = 0.05
)

// ContradictionError refuses a load whose names contradict those of the same codes.
type ContradictionError struct {
	Of     string // “单位表” or “图层”
	Shared int    // codes that exist already
	Names  []Renaming
}

func (e *ContradictionError) Error() string {
	const shown = 3
	var some []string
	for _, r := range e.Names[:min(shown, len(e.Names))] {
		some = append(some, fmt.Sprintf("%s 已登记为“%s”，文件中是“%s”", r.Code, r.Was, r.Name))
	}
	return fmt.Sprintf("%s与已登记的单位矛盾：%d 个相同的编码中有 %d 个名称不同（%s），很可能不是同一套编码，没有载入；确是改名的，请加 --rename，或写明启用日期",
		e.Of, e.Shared, len(e.Names), strings.Join(some, "；"))
}

// naming collects what a load calls units that exist.
type naming struct {
	shared   int
	contrary []Renaming
}

func (n *naming) see(code, was, name string) {
	n.shared++
	a, b := fold(was), fold(name)
	if was == code || a == "" || b == "" || strings.Contains(a, b) || strings.Contains(b, a) { // 福田 and 福田街道 are one
		return
	}
	n.contrary = append(n.contrary, Renaming{code, was, name})
}

// check refuses names that contradict.
func (n *naming) check(of string) error {
	if len(n.contrary) < fewestContradictions || float64(len(n.contrary)) < shareOfContradictions*float64(n.shared) {
		return nil
	}
	slices.SortFunc(n.contrary, func(a, b Renaming) int { return strings.Compare(a.Code, b.Code) })
	return &ContradictionError{Of: of, Shared: n.shared, Names: n.contrary}
}
