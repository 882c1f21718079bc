package intake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"gridstar/analytics/warehouse"
	"gridstar/ingest/profile"
)

// maxProfileName is how many runes the name of a site's profile may have.
const maxProfileName = 40

// SaveProfile keeps a table's assignment of columns as a profile of the site: D/profiles/<name>.toml, by which later files
// with the same header are recognised. A profile of the site of that name is replaced; one that comes with the program is
// not.
func (d *Desk) SaveProfile(name string, base *profile.Profile, c Choice) error {
	if err := checkProfileName(name); err != nil {
		return err
	}
	builtin, err := profile.Builtin()
	if err != nil {
		return err
	}
	for _, p := range builtin {
		if p.Name == name || p.Title == name {
			return refuse(ErrProfile, "“%s”是格星自带的台账模板，请换一个名称", name)
		}
	}
	_, text, err := base.Remap(name, c.Columns, c.Attrs, c.Drop)
	if err != nil {
		return refuse(ErrProfile, "%s", strip(err))
	}
	if err := os.MkdirAll(d.dir.Profiles(), 0o700); err != nil {
		return fmt.Errorf("无法保存模板，请检查磁盘：%w", err)
	}
	file := filepath.Join(d.dir.Profiles(), name+".toml")
	before, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("无法保存模板，请检查磁盘：%w", err)
	}
	put := func(text []byte) error {
		return warehouse.WriteFile(file, 0o600, func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	if err := put(text); err != nil {
		return full(fmt.Errorf("无法保存模板，请检查磁盘：%w", err))
	}
	if _, bad := d.o.Ingester(); bad != nil { // the site must still be able to load anything
		undo := func() error { return os.Remove(file) }
		if before != nil {
			undo = func() error { return put(before) }
		}
		return errors.Join(refuse(ErrProfile, "模板没有保存：%s", strip(bad)), undo())
	}
	return nil
}

// checkProfileName refuses what is no plain name of a file.
func checkProfileName(name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > maxProfileName || !utf8.ValidString(name) {
		return refuse(ErrProfile, "请用 1 至 %d 个字给模板起名", maxProfileName)
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-_（）()·", r)
	}) {
		return refuse(ErrProfile, "模板的名称只能用汉字、字母、数字和“-”“_”“（）”")
	}
	return nil
}

// strip is the text of an error that becomes part of a sentence.
func strip(err error) string { return strings.TrimSuffix(err.Error(), "。") }
