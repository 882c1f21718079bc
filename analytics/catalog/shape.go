package catalog

import (
	"slices"
	"strings"
)

// kind of value an expression yields.
type valueType int

const (
	tNull valueType = iota
	tBool
	tNumber
	tText
	tTime
)

func (t valueType) String() string {
	return [...]string{"空值", "真假值", "数字", "文本", "时间"}[t]
}

// shapes are the columns of each shape that expressions may read: free text, attrs and coordinates are not. Besides the stored ones, records have three that
// package analytics derives: void (作废 or 不予受理), on_hold (挂账) and has_deadline (a deadline is set, whether or
// not it is suspended; due_at itself reads as null while a matter is on hold).
var shapes = map[string]map[string]valueType{
	ShapeRecord: columns(
		tText, "kind channel category category2 org_code located place_id target_group dept subject_key actor_key procedure "+
			"due_from status resolved_level result satisfaction source_system",
		tTime, "occurred_at received_at accepted_at assigned_at due_at responded_at visited_at closed_at "+
			"stage1_at stage2_at stage3_at stage4_at stage5_at stage6_at",
		tBool, "valid_visit contacted resolved void on_hold has_deadline",
		tNumber, "rework_count amount quantity"),
	ShapeActivity: columns(
		tText, "type brand team org_code place_id host partner subject_key actor_key",
		tTime, "held_at",
		tNumber, "expected attended beneficiaries hours km sites amount quantity resolutions resolutions_closed"),
	ShapePlace: columns(
		tText, "type org_code party_org_code person_key related_id status",
		tTime, "opened_on closed_on",
		tBool, "has_property has_owners_committee has_management_committee",
		tNumber, "households"),
}

// bases are the time columns that may put a row into a period.
var bases = map[string][]string{
	ShapeRecord:   {"occurred_at", "received_at", "accepted_at", "assigned_at", "due_at", "responded_at", "visited_at", "closed_at"},
	ShapeActivity: {"held_at"},
}

// derived columns of a record are made by package analytics, not stored.
var derived = []string{"void", "on_hold", "has_deadline"}

// Columns are the stored columns of a shape that expressions may read, in alphabetical order.
func Columns(shape string) []string {
	return slices.DeleteFunc(sortedKeys(shapes[shape]), func(name string) bool { return slices.Contains(derived, name) })
}

// TimeColumns are the time columns of a shape that read as null when they lie after now; due_at is not among them.
func TimeColumns(shape string) []string {
	var names []string
	for _, name := range sortedKeys(shapes[shape]) {
		if shapes[shape][name] == tTime && name != "due_at" {
			names = append(names, name)
		}
	}
	return names
}

func columns(lists ...any) map[string]valueType {
	all := map[string]valueType{}
	for i := 0; i < len(lists); i += 2 {
		for _, name := range strings.Fields(lists[i+1].(string)) {
			all[name] = lists[i].(valueType)
		}
	}
	return all
}
