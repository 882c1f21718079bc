package units

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"gridstar/analytics/warehouse"
)

// A book is all versions of all units as a load finds them and as it leaves them. Loads change the book and save
// the difference: what they left as it was is not written again.
type book struct {
	before, after map[string][]Unit // by code, versions by ValidFrom
	rows          map[string]int64  // file row that states a version, by its key
}

func openBook(ctx context.Context, q warehouse.Queryer) (*book, error) {
	all, err := readUnits(ctx, q)
	if err != nil {
		return nil, err
	}
	b := &book{before: map[string][]Unit{}, rows: map[string]int64{}}
	for _, u := range all {
		b.before[u.Code] = append(b.before[u.Code], u)
	}
	b.after = maps.Clone(b.before)
	return b, nil
}

// versionKey names a version; codes hold no control characters.
func versionKey(code string, from time.Time) string {
	return code + "\x1e" + from.Format(time.DateOnly)
}

// at gives the version of a code that counts on a date.
func (b *book) at(code string, date time.Time) (Unit, bool) {
	us := inForce(b.after[code], date)
	if len(us) == 0 {
		return Unit{}, false
	}
	return us[0], true
}

// put places a version, stated by a file row, among the others of its code: a version of the same day is replaced,
// an earlier one ends where it begins, and it ends where a later one begins. It says what that did.
func (b *book) put(u Unit, row int64) (changed, replaced bool) {
	vs := slices.Clone(b.after[u.Code])
	i, found := slices.BinarySearchFunc(vs, u.ValidFrom, func(v Unit, t time.Time) int { return v.ValidFrom.Compare(t) })
	if next := i + 1; found && next < len(vs) || !found && i < len(vs) {
		if !found {
			next = i
		}
		if from := vs[next].ValidFrom; u.ValidTo.IsZero() || u.ValidTo.After(from) {
			u.ValidTo = from
		}
	}
	if found {
		old := vs[i]
		changed = !sameVersion(old, u) || !slices.Equal(old.Aliases, u.Aliases) || !slices.Equal(old.Covers, u.Covers)
		replaced = changed
		vs[i] = u
	} else {
		changed = true
		vs = slices.Insert(vs, i, u)
		if i > 0 && (vs[i-1].ValidTo.IsZero() || vs[i-1].ValidTo.After(u.ValidFrom)) {
			vs[i-1].ValidTo = u.ValidFrom
			replaced = true
		}
	}
	for k := range vs { // aliases and covers belong to the code, not to a version
		vs[k].Aliases, vs[k].Covers = u.Aliases, u.Covers
	}
	b.after[u.Code] = vs
	if changed {
		b.rows[versionKey(u.Code, u.ValidFrom)] = row
	}
	return changed, replaced
}

// sameVersion compares all that the table org holds of a version.
func sameVersion(a, b Unit) bool {
	return a.Tree == b.Tree && a.Code == b.Code && a.Parent == b.Parent && a.Level == b.Level && a.Name == b.Name && a.Sort == b.Sort &&
		a.ValidFrom.Equal(b.ValidFrom) && a.ValidTo.Equal(b.ValidTo) && same(a.Population, b.Population) &&
		same(a.Households, b.Households) && same(a.AreaKM2, b.AreaKM2) && a.LeaderTitle == b.LeaderTitle && a.Attrs == b.Attrs
}

func same[T comparable](a, b *T) bool { return a == b || a != nil && b != nil && *a == *b }

// all gives every version the load leaves, by code and date.
func (b *book) all() []Unit {
	var out []Unit
	for _, code := range slices.Sorted(maps.Keys(b.after)) {
		out = append(out, b.after[code]...)
	}
	return out
}

// save writes the difference between before and after. A version that no file row states, because a later one cut
// it short, has a negative row, so that (job, row) still names it.
func (b *book) save(ctx context.Context, w *warehouse.Warehouse, j *warehouse.Job) error {
	var orgs, aliases, covers copies
	derived := int64(0)
	rowOf := func(u Unit) int64 {
		if row, ok := b.rows[versionKey(u.Code, u.ValidFrom)]; ok {
			return row
		}
		derived--
		return derived
	}
	for _, code := range slices.Sorted(maps.Keys(b.after)) {
		was := map[time.Time]Unit{}
		for _, u := range b.before[code] {
			was[u.ValidFrom] = u
		}
		var own int64
		for _, u := range b.after[code] {
			if row, ok := b.rows[versionKey(u.Code, u.ValidFrom)]; ok {
				own = row
			}
			old, ok := was[u.ValidFrom]
			if ok && sameVersion(old, u) {
				continue
			}
			if ok {
				orgs.end = append(orgs.end, versionKey(u.Code, u.ValidFrom))
			}
			orgs.add(rowOf(u), u.Tree, u.Code, orNull(u.Parent), u.Level, u.Name, u.Sort, u.ValidFrom, orNull(u.ValidTo),
				deref(u.Population), deref(u.Households), deref(u.AreaKM2), orNull(u.LeaderTitle), orNull(u.Attrs))
		}
		// The names of a unit, and what it covers, are written as a whole: so undo sees that a later load replaced them.
		var old Unit
		if vs := b.before[code]; len(vs) > 0 {
			old = vs[0]
		}
		now := b.after[code][0]
		if !slices.Equal(old.Aliases, now.Aliases) {
			aliases.end = append(aliases.end, code)
			for _, a := range now.Aliases {
				aliases.add(own, a, code)
			}
		}
		if !slices.Equal(old.Covers, now.Covers) {
			covers.end = append(covers.end, code)
			for _, a := range now.Covers {
				covers.add(own, code, a)
			}
		}
	}
	if err := orgs.write(ctx, w, j, "org", "code || chr(30) || valid_from"); err != nil {
		return err
	}
	if err := aliases.write(ctx, w, j, "org_alias", "code"); err != nil {
		return err
	}
	return covers.write(ctx, w, j, "org_cover", "party_code")
}

// copies are what a load ends in a table (keys) and what it adds (the table's columns in order, row last).
type copies struct {
	end  []string
	rows [][]any
}

func (c *copies) add(row int64, values ...any) { c.rows = append(c.rows, append(values, row)) }

// write ends the live copies whose key expression is among the keys, then appends the rows. Keys hold no control
// characters, so they travel as one bound text.
func (c *copies) write(ctx context.Context, w *warehouse.Warehouse, j *warehouse.Job, table, key string) error {
	if len(c.end) > 0 {
		if _, err := j.End(ctx, table, key+" IN (SELECT unnest(string_split($1, chr(31))))", strings.Join(c.end, "\x1f")); err != nil {
			return fmt.Errorf("ending copies of %s: %w", table, err)
		}
	}
	if len(c.rows) == 0 {
		return nil
	}
	schema := w.Schema(table)
	build := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer build.Release()
	for _, row := range c.rows {
		if len(row) != schema.NumFields() {
			return fmt.Errorf("%s has %d columns, got %d values", table, schema.NumFields(), len(row))
		}
		for i, v := range row {
			if err := appendValue(build.Field(i), v); err != nil {
				return fmt.Errorf("%s.%s: %w", table, schema.Field(i).Name, err)
			}
		}
	}
	rec := build.NewRecord()
	defer rec.Release()
	r, err := array.NewRecordReader(schema, []arrow.Record{rec})
	if err != nil {
		return err
	}
	defer r.Release()
	if _, err := j.Append(ctx, table, r); err != nil {
		return fmt.Errorf("appending to %s: %w", table, err)
	}
	return nil
}

func appendValue(b array.Builder, v any) error {
	switch b := b.(type) {
	case *array.StringBuilder:
		if s, ok := v.(string); ok {
			b.Append(s)
			return nil
		}
	case *array.BinaryBuilder:
		if s, ok := v.([]byte); ok {
			b.Append(s)
			return nil
		}
	case *array.Int32Builder:
		if n, ok := v.(int); ok {
			b.Append(int32(n))
			return nil
		}
	case *array.Int64Builder:
		if n, ok := v.(int64); ok {
			b.Append(n)
			return nil
		}
	case *array.Float64Builder:
		if f, ok := v.(float64); ok {
			b.Append(f)
			return nil
		}
	case *array.Date32Builder:
		if t, ok := v.(time.Time); ok {
			b.Append(arrow.Date32FromTime(t))
			return nil
		}
	}
	if v == nil {
		b.AppendNull()
		return nil
	}
	return fmt.Errorf("a %T does not go into %s", v, b.Type())
}

// orNull writes a zero value as null.
func orNull[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

func deref[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}
