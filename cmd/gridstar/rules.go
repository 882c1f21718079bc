package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strconv"

	"gridstar/analytics/catalog"
)

type rulesVerb struct {
	Check   rulesCheckVerb   `cmd:"" help:"检查一份评价规则。"`
	Example rulesExampleVerb `cmd:"" help:"输出内置的示例规则，可在此基础上修改。"`
}

// maxRulebook is more than any rulebook needs, and what one may take of the memory.
const maxRulebook = 1 << 20

type rulesCheckVerb struct {
	File string `arg:"" name:"文件" help:"评价规则（TOML）；检查无误后放入数据目录的 catalog/rulebook.toml 即生效。"`
	JSON bool   `help:"以 JSON 输出。"`
}

func (v *rulesCheckVerb) inputs() []string { return []string{v.File} }
func (*rulesCheckVerb) output() string     { return "" }

// Run checks the rulebook against the catalogue of the directory, if there is one, else against the built-in one.
func (v *rulesCheckVerb) Run(_ context.Context, e *env) error {
	f, err := e.input(v.File)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxRulebook+1))
	if err != nil {
		return fmt.Errorf("“%s”无法读取：%w", filepath.Base(v.File), err)
	}
	if len(text) > maxRulebook {
		return fmt.Errorf("“%s”超过1MB，不像是评价规则，请核对文件", filepath.Base(v.File))
	}
	var site fs.FS
	if info, err := os.Stat(e.dir); err == nil && info.IsDir() {
		site = os.DirFS(e.dir)
	}
	rules, cat, err := catalog.CheckRulebook(site, filepath.Base(v.File), text)
	if err != nil {
		return err
	}
	if v.JSON {
		return e.json(rulesJSON(rules))
	}
	return e.rulesTable(rules, cat)
}

type rulesReport struct {
	ID      string       `json:"id"`
	Version string       `json:"version"`
	Label   string       `json:"label"`
	Hash    string       `json:"hash"`
	Stars   []starReport `json:"stars"`
}

type starReport struct {
	Star     string `json:"star"`
	Name     string `json:"name"`
	Computed int    `json:"computed"`
	Judged   int    `json:"judged"`
	Full     string `json:"full"`
}

func rulesJSON(r *catalog.Rulebook) rulesReport {
	return rulesReport{r.ID, r.Version, r.Label, r.Hash(), starReports(r)}
}

func starReports(r *catalog.Rulebook) (all []starReport) {
	for _, s := range r.Stars {
		x := starReport{Star: s.Code, Name: s.Name}
		full := new(big.Rat)
		for _, i := range r.Of(s.Code) {
			full.Add(full, i.Full.Rat())
			if i.Method == catalog.Judged {
				x.Judged++
			} else {
				x.Computed++
			}
		}
		x.Full = full.FloatString(0)
		all = append(all, x)
	}
	return all
}

func (e *env) rulesTable(r *catalog.Rulebook, cat *catalog.Catalog) error {
	fmt.Fprintf(e.Stdout, "%s %s：%s，校验码 %s，没有发现错误。\n", r.ID, r.Version, r.Label, r.Hash()[:8])
	t := newTable("星", "名称", "计算指标", "人工指标", "满分")
	computed, judged := 0, 0
	for _, s := range starReports(r) {
		t.row(s.Star, s.Name, strconv.Itoa(s.Computed), strconv.Itoa(s.Judged), s.Full)
		computed, judged = computed+s.Computed, judged+s.Judged
	}
	t.row("", "合计", strconv.Itoa(computed), strconv.Itoa(judged), strconv.Itoa(100*len(r.Stars)))
	t.right(2, 3, 4)
	if err := t.write(e.Stdout); err != nil {
		return err
	}
	fmt.Fprintln(e.Stdout)
	t = newTable("指标", "名称", "取数", "起评值—目标值", "满分")
	for _, i := range r.Indicators {
		from, span := "人工评分", "—"
		if m, ok := cat.Metric(i.Metric); ok {
			from = m.ID + "（" + m.Label + "）"
		}
		if i.Floor.Given() {
			span = string(i.Floor) + "—" + string(i.Target) + i.Unit
		}
		t.row(i.Code, i.Name, from, span, string(i.Full))
	}
	t.right(4)
	return t.write(e.Stdout)
}

type rulesExampleVerb struct{}

func (*rulesExampleVerb) Run(_ context.Context, e *env) error {
	_, err := e.Stdout.Write(catalog.DefaultRulebook())
	return err
}
