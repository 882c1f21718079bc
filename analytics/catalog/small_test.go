package catalog

import (
	"errors"
	"strings"
	"testing"
)

const villages = `
[[level]]
id = "town"
label = "镇"
tree = "area"
[[level]]
id = "community"
label = "村"
tree = "area"
[[level]]
id = "hamlet"
label = "组"
tree = "area"
`

func TestSmallLevel(t *testing.T) {
	for _, tt := range []struct{ name, config, area, belowArea, party, belowParty string }{
		{"as it comes", "", "community", "grid", "branch", "estate_branch"},
		{"a site of its own levels", villages, "community", "hamlet", "", ""},
		{"drawn higher", "[site]\nsmall_below = [\"town\"]\n" + villages, "town", "community", "", ""},
		{"the lowest level", "[site]\nsmall_below = [\"building\", \"household\"]", "building", "", "household", ""},
	} {
		c := mustLoad(t, "config.toml", tt.config)
		if at, below := c.SmallLevel(Area); at != tt.area || below != tt.belowArea {
			t.Errorf("%s: area below %s: %s", tt.name, at, below)
		}
		if at, below := c.SmallLevel(Party); at != tt.party || below != tt.belowParty {
			t.Errorf("%s: party below %s: %s", tt.name, at, below)
		}
	}
}

func TestSmallSettingsAreChecked(t *testing.T) {
	for _, tt := range []struct{ name, config, want string }{
		{"a misspelt level", "[site]\nsmall_below = [\"comunity\", \"branch\"]", "配置文件 config.toml 第 2 行有误：small_below 应在“district、street、community、grid、building”中写明一个层级，这一级以下的单位不显示关爱对象的小数"},
		{"two of a tree", "[site]\nsmall_below = [\"community\", \"street\", \"branch\"]", "配置文件 config.toml 第 2 行有误：small_below 应在“district、street、community、grid、building”中写明一个层级，这一级以下的单位不显示关爱对象的小数"},
		{"a tree left out", "[site]\nsmall_below = [\"community\"]", "配置文件 config.toml 第 2 行有误：small_below 应在“committee、branch、estate_branch、cell、household”中写明一个层级，这一级以下的单位不显示关爱对象的小数"},
		{"other levels without a word about it", strings.ReplaceAll(villages, "community", "village"), "配置文件 config.toml 第 2 行有误：small_below 应在“town、village、hamlet”中写明一个层级，这一级以下的单位不显示关爱对象的小数"},
		{"a small number of two", "[site]\nsmall_n = 2", "配置文件 config.toml 第 2 行有误：不显示的小数上限应为 3 至 20"},
		{"no small number", "[site]\nsmall_n = 0", "配置文件 config.toml 第 2 行有误：不显示的小数上限应为 3 至 20"},
	} {
		_, err := load(t, "config.toml", tt.config)
		if err == nil || !errors.Is(err, ErrCatalog) || err.Error() != tt.want {
			t.Errorf("%s: %v, want\n%s", tt.name, err, tt.want)
		}
	}
}

func TestCountsThings(t *testing.T) {
	c := mustLoad(t)
	for id, want := range map[string]bool{
		"care_visited": true, "received": true, "close_rate": true, "activities": true, "satisfaction_rate": false, "beneficiaries": false,
		"handle_hours_p50": false, "care_visit_rate": false, "care_registered": false,
	} {
		m, ok := c.Metric(id)
		if !ok || m.CountsThings() != want {
			t.Errorf("%s counts things: %v", id, !want)
		}
	}
}
