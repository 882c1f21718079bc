package geo
import ("testing";"time";"fmt")
func TestZZBig(t *testing.T){
 fs:=wavy(142,143,75)
 t0:=time.Now()
 NewIndex(fs); fmt.Println(time.Since(t0))
}
