package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// A versioned table T holds live copies; T_past holds the ended ones with the job that ended them (until).
// Identity names the columns by which two copies are the same thing; of facts it is id alone.
type table struct {
	name     string
	fact     bool
	moves    bool // its rows may be given other units by a new cut, see Move
	counted  bool // its rows are what a user means by rows, not what goes with them
	identity []string
}

var tables = []table{
	{"record", true, true, true, []string{"id"}},
	{"activity", true, true, true, []string{"id"}},
	{"figure", true, false, true, []string{"id"}},
	{"place", true, true, true, []string{"id"}},
	{"org", false, false, true, []string{"code", "valid_from"}},
	{"org_alias", false, false, false, []string{"alias", "code"}},
	{"org_cover", false, false, false, []string{"party_code", "area_code"}},
	{"layer", false, false, true, []string{"level", "code", "valid_from"}},
	{"context", false, false, true, []string{"layer", "number"}},
	{"coverage", false, false, false, nil}, // a statement stands in nobody's place; its row is its number within the job
}

// key names the columns that tell one copy's origin from another's: a file row may yield several rows of a table.
func (t table) key() string {
	return strings.Join(append([]string{"job", "row"}, t.identity...), ", ")
}

// each formats one condition per identity column and joins them by AND; format has the column as its only verb.
func (t table) each(format string) string {
	conds := make([]string, len(t.identity))
	for i, c := range t.identity {
		conds[i] = fmt.Sprintf(format, c)
	}
	return strings.Join(conds, " AND ")
}

func lookupTable(name string) (table, error) {
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
	if i < 0 {
		return table{}, fmt.Errorf("no versioned table %q", name)
	}
	return tables[i], nil
}

// besideContent are the columns of a fact that its content does not cover: who it is and where it comes from, what was
// doubted about it, which may depend on the rows around it, and what became of its unit since.
var besideContent = []string{"id", "dq", "content", "job", "row", "since", "org_then"}

// system columns are written by this package, not by its callers.
var systemColumns = []string{"content", "job", "since", "org_then"}

// digestLists are the numbered column lists over which a job's digest is computed. A list is never changed: a
// later schema adds the next number, so that older jobs can still be verified.
//
// Under list 1 every column was hashed, at publication as well. From list 2 on a fact counts by its content, which is the hash
// of these columns made as they were inserted: publishing a large job reads a tenth of it again, and what the database
// has made of a value since is seen by Verify, which holds the columns against the content. List 3 also counts org_then.
var digestLists = map[int]map[string]string{1: columnsOf1, 2: columnsOf1, 3: columnsOf1}

const currentDigestList = 3

// A table of a later schema stands in the first list as well: a job older than the table has no copies in it, and none change nothing.
var columnsOf1 = map[string]string{
	"record": "id,source_system,source_no,kind,channel,category,category2,title,text,org_code,located,lon,lat,place_id," +
		"target_group,dept,subject_key,actor_key,procedure,occurred_at,received_at,accepted_at,assigned_at,due_at,due_from," +
		"responded_at,visited_at,closed_at,stage1_at,stage2_at,stage3_at,stage4_at,stage5_at,stage6_at,status,resolved_level," +
		"result,satisfaction,valid_visit,contacted,resolved,rework_count,amount,quantity,fuzzy,dq,attrs,content,job,row",
	"activity": "id,type,brand,team,org_code,place_id,host,partner,subject_key,actor_key,held_at,expected,attended," +
		"beneficiaries,hours,km,sites,amount,quantity,resolutions,resolutions_closed,fuzzy,dq,attrs,content,job,row",
	"figure": "id,org_code,subject_type,subject,measure,period_from,period_to,as_of,value,qualifier,numerator,denominator," +
		"denominator_label,unit,dq,attrs,content,job,row",
	"place": "id,type,name,org_code,party_org_code,lon,lat,opened_on,closed_on,households,has_property,has_owners_committee," +
		"has_management_committee,person_key,related_id,status,dq,attrs,content,job,row",
	"org": "tree,code,parent_code,level,name,sort,valid_from,valid_to,population,households,area_km2,leader_title,attrs,job,row",

	"org_alias": "alias,code,job,row",
	"org_cover": "party_code,area_code,job,row",
	"layer":     "level,code,valid_from,valid_to,wkb,area_m2,source,source_crs,job,row",
	"context":   "layer,number,kind,name,wkb,source,source_crs,job,row",
	"coverage":  "shape,subject,org_code,period_from,period_to,stated_by,job,row",
}

// digested is what is hashed of a copy; of a fact from list 2 on its content, or, where it is to be verified, the content if
// the columns still give it.
func (t table) digested(list int, verify bool) string {
	columns := digestLists[list][t.name]
	if list == 1 || !t.fact {
		return columns
	}
	content := "content"
	if verify {
		said := slices.DeleteFunc(strings.Split(columns, ","), func(c string) bool { return slices.Contains(besideContent, c) })
		content = "CASE WHEN content = hash(" + strings.Join(said, ",") + ") THEN content END"
	}
	digested := "id," + content + ",dq,job,row"
	if list >= 3 && t.moves {
		digested += ",org_then"
	}
	return digested
}

// digestSQL answers: how many copies did each job write, and what is the xor of their hashes.
// One row per job (job, n, digest); $1 is a job id, or every job where one is false. The tables that are left out hold no
// copies of the job. verify says that what is stored is not to be believed.
func digestSQL(list int, one, verify bool, of ...table) string {
	var parts []string
	for _, t := range of {
		for _, name := range []string{t.name, t.name + "_past"} {
			q := fmt.Sprintf("SELECT since, hash('%s',%s) AS h FROM %s", t.name, t.digested(list, verify), name)
			if one {
				q += " WHERE since = $1"
			}
			parts = append(parts, q)
		}
	}
	return "SELECT since, count(*), bit_xor(h) FROM (" + strings.Join(parts, " UNION ALL ") + ") GROUP BY since ORDER BY since"
}

// Relation is the SQL of a FROM item: the live copies of a versioned table, or, with asOf, its copies as of that
// data version (those whose since-job has a version ≤ asOf and whose until-job, if any, a greater one). The
// columns are those of the table; the text holds no user input.
func Relation(name string, asOf *int64) string {
	t, err := lookupTable(name)
	if err != nil {
		panic(err) // a programmer's mistake: names come from code
	}
	if asOf == nil {
		return t.name
	}
	return fmt.Sprintf(`(SELECT * FROM %[1]s WHERE since IN (SELECT id FROM job WHERE version <= %[2]d)
		UNION ALL SELECT * EXCLUDE (until) FROM %[1]s_past
		WHERE since IN (SELECT id FROM job WHERE version <= %[2]d) AND until IN (SELECT id FROM job WHERE version > %[2]d))`,
		t.name, *asOf)
}

// column is one column of a table as the database declares it.
type column struct{ name, typ string }

func readColumns(ctx context.Context, q queryer) (map[string][]column, error) {
	rows, err := q.QueryContext(ctx, `SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = 'main' ORDER BY table_name, ordinal_position`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	cols := map[string][]column{}
	for rows.Next() {
		var t string
		var c column
		if err := rows.Scan(&t, &c.name, &c.typ); err != nil {
			return nil, err
		}
		cols[t] = append(cols[t], c)
	}
	return cols, rows.Err()
}

var arrowTypes = map[string]arrow.DataType{
	"VARCHAR":   arrow.BinaryTypes.String,
	"BLOB":      arrow.BinaryTypes.Binary,
	"BIGINT":    arrow.PrimitiveTypes.Int64,
	"UBIGINT":   arrow.PrimitiveTypes.Uint64,
	"INTEGER":   arrow.PrimitiveTypes.Int32,
	"DOUBLE":    arrow.PrimitiveTypes.Float64,
	"BOOLEAN":   arrow.FixedWidthTypes.Boolean,
	"TIMESTAMP": &arrow.TimestampType{Unit: arrow.Microsecond},
	"DATE":      arrow.FixedWidthTypes.Date32,
}

// Schema is what Append takes for a table: its columns in order, without those this package writes itself
// (content, job, since). Row is among them: the file row a copy comes from. The table reject is known too.
func (w *Warehouse) Schema(name string) *arrow.Schema {
	var fields []arrow.Field
	for _, c := range w.columns[name] {
		if slices.Contains(systemColumns, c.name) {
			continue
		}
		fields = append(fields, arrow.Field{Name: c.name, Type: arrowTypes[c.typ], Nullable: true})
	}
	return arrow.NewSchema(fields, nil)
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Queryer is what a View and a Job have in common: both read.
type Queryer interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Rows runs a query and scans every row; it closes the rows and checks their error.
func Rows[T any](ctx context.Context, q Queryer, scan func(*sql.Rows) (T, error), query string, args ...any) (_ []T, err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	if j, ok := q.(*Job); ok { // a View judges what its fn returns
		defer func() { err = j.fail(err) }()
	}
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}
