package units

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gridstar/analytics/warehouse"
)

// Two streets; 朝阳社区 is in one of them, 第一网格 in every community.
const aliasUnits = `编码|名称|层级|上级编码|别名
31|示范区|区||
3101|红旗街道|街道|31|
3102|东风街道|街道|31|
310101|朝阳社区|社区|3101|
310102|曙光社区|社区|3101|
310201|新华社区|社区|3102|
31010101|第一网格|网格|310101|东片
31010102|第二网格|网格|310101|
31010201|第一网格|网格|310102|
31020101|第一网格|网格|310201|`

func TestSetAliases(t *testing.T) {
	for _, c := range []struct {
		name, code string
		was        []string
		aliases    []string
		want       []string // of the unit afterwards
		err        error
	}{
		{"a new name", "310101", nil, []string{"老棉纺厂"}, []string{"老棉纺厂"}, nil},
		{"several in one text, the unit's own name and repetitions", "310101", nil, []string{" 棉纺厂、朝阳社区，老厂；棉纺厂"}, []string{"棉纺厂", "老厂"}, nil},
		{"none any more", "31010101", []string{"东片"}, nil, nil, nil},
		{"as it was", "31010101", []string{"东片"}, []string{"东片"}, []string{"东片"}, nil},
		{"the name of a unit beside it", "310102", nil, []string{"朝阳社区"}, nil, ErrAlias},
		{"that name, spelt otherwise", "31010102", nil, []string{"01网格"}, nil, ErrAlias},
		{"the alias of a unit beside it", "31010102", nil, []string{"东片"}, nil, ErrAlias},
		{"the same alias elsewhere", "31010201", nil, []string{"东片"}, []string{"东片"}, nil},
		{"the only name of a unit far away", "310201", nil, []string{"朝阳社区"}, nil, ErrAlias},
		{"a name that many have", "31010102", nil, []string{"第九网格"}, []string{"第九网格"}, nil},
		{"a mere number", "310101", nil, []string{"12"}, nil, ErrAlias},
		{"too long", "310101", nil, []string{"很长的名称很长的名称很长的名称很长的名称很长的名称很长的名称很长的名称很长的名称很长"}, nil, ErrAlias},
		{"changed by somebody meanwhile", "31010101", nil, []string{"西片"}, []string{"东片"}, ErrAliasChanged},
		{"no such unit", "77", nil, []string{"西片"}, nil, ErrAlias},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := openWarehouse(t)
			if _, err := LoadTable(t.Context(), w, table(aliasUnits), TableOptions{Levels: levels, Now: today}); err != nil {
				t.Fatal(err)
			}
			job, err := SetAliases(t.Context(), w, AliasChange{Code: c.code, Was: c.was, Aliases: c.aliases, Now: today})
			if !errors.Is(err, c.err) || err == nil && c.err != nil {
				t.Fatalf("error %v, want %v", err, c.err)
			}
			u, _ := directory(t, w, today).Unit(c.code)
			if !slices.Equal(u.Aliases, c.want) {
				t.Errorf("aliases %q, want %q", u.Aliases, c.want)
			}
			if same := slices.Equal(c.was, c.want); err == nil && (job == 0) != same {
				t.Errorf("job %d, and the aliases are the same: %v", job, same)
			}
		})
	}
}

// A ledger's spelling is understood as soon as it is an alias, also by whoever keeps units in memory, and no more once the job is undone.
func TestAliasesAreKnownAtOnce(t *testing.T) {
	w, cache := openWarehouse(t), &Cache{}
	if _, err := LoadTable(t.Context(), w, table(aliasUnits), TableOptions{Levels: levels, Now: today}); err != nil {
		t.Fatal(err)
	}
	finds := func(want string) {
		t.Helper()
		err := w.View(t.Context(), func(v *warehouse.View) error {
			d, err := cache.Directory(t.Context(), v, levels, today)
			if err != nil {
				return err
			}
			if u, _ := d.Resolve("老棉纺厂", nil, ""); u.Code != want {
				t.Errorf("found %q, want %q", u.Code, want)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	finds("")
	job, err := SetAliases(t.Context(), w, AliasChange{Code: "310101", Aliases: []string{"老棉纺厂"}, Now: today, Wait: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	finds("310101")
	if _, err := w.Undo(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	finds("")
}
