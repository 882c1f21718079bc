package warehouse

import (
	"fmt"
	"strings"
	"testing"
)

func TestZZ(t *testing.T) {
	w := openTest(t, t.TempDir(), Options{})
	load(t, w, matters("a", 3)...)
	cols := strings.TrimSuffix(strings.TrimPrefix(columnsOf1["record"], "id,"), ",content,job,row")
	fmt.Println(texts(t, w, "SELECT concat_ws(' ', content, hash("+cols+"), content = hash("+cols+")) FROM record"))
	var c2 []string
	for _, c := range w.columns["record"] {
		c2 = append(c2, c.name)
	}
	fmt.Println(strings.Join(c2, ","))
	fmt.Println(cols)
	for _, c := range strings.Split(cols, ",") {
		x := texts(t, w, "SELECT DISTINCT hash("+c+")::VARCHAR FROM record")
		y := texts(t, w, "SELECT DISTINCT hash("+c+" || '')::VARCHAR FROM record")
		fmt.Println(c, x, y)
	}
	fmt.Println(texts(t, w, "SELECT concat_ws(' ', hash(NULL::VARCHAR), hash(NULL::BIGINT), hash('a', NULL::VARCHAR), hash('a', NULL::DOUBLE), hash(source_system,NULL::VARCHAR), hash(source_system, title)) FROM record"))
}
