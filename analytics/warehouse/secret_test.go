package warehouse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With another secret every file would be loaded a second time: a directory with jobs must not get a new one.
func TestALostOrForeignSecretIsRefused(t *testing.T) {
	dir := t.TempDir()
	w := openTest(t, dir, Options{})
	load(t, w, matter{"a", "办理中", 1})
	closeTest(t, w)
	secret := filepath.Join(dir, "secret")
	key, err := os.ReadFile(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(secret); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(dir, Options{}); err == nil || !strings.Contains(err.Error(), "缺少密钥文件") {
		t.Errorf("without the secret: %v", err)
	}
	if _, err := os.Stat(secret); err == nil {
		t.Error("a new secret was made")
	}
	if err := os.WriteFile(secret, []byte(strings.Repeat("ab", 32)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tryOpen(dir, Options{}); err == nil || !strings.Contains(err.Error(), "不是写入现有数据时的那一个") {
		t.Errorf("with another secret: %v", err)
	}
	if err := os.WriteFile(secret, key, 0o600); err != nil {
		t.Fatal(err)
	}
	openTest(t, dir, Options{})
}

func TestUndoNamesLaterJobsThatFoundTheSameRows(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	first, _ := load(t, w, matter{"a", "办理中", 1})
	second, s := load(t, w, matter{"a", "办理中", 1})
	if s.Unchanged != 1 {
		t.Fatal(s)
	}
	u, err := w.Undo(t.Context(), first)
	if err != nil || len(u.Also) != 1 || u.Also[0] != second || u.Ended != 1 {
		t.Errorf("%+v, %v", u, err)
	}
}
