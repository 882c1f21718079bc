package source
import ("testing";"time";"fmt")
func TestTmpBook(t *testing.T) {
	for _, m := range []int{100_000, 1_000_000} {
	data := largeBook(t, m)
	f, size := fileOf(t, data)
	start := time.Now()
	s, err := Open(f, size, "x.xlsx", Options{})
	if err != nil { t.Fatal(err) }
	rows := 0
	for err == nil { var b *Batch; if b, err = s.Next(); err == nil { rows += b.Len() } }
	rc := s.(*guarded).Source.(*remote).child
	s.Close()
	fmt.Println(size>>20, rows, err, time.Since(start), rc.cmd.ProcessState.UserTime(), rc.cmd.ProcessState.SysUsage())
	}
}
