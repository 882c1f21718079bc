package hostile

import (
	"bytes"
	"testing"
)

// TestFiles holds the set to what it promises: enough files, each of its own, the same every time, none of them large.
func TestFiles(t *testing.T) {
	all, again := Files(), Files()
	if len(all) < 150 {
		t.Errorf("%d files", len(all))
	}
	var bytesInAll, refused int
	seen := map[string]string{}
	for i, f := range all {
		if !bytes.Equal(f.Data, again[i].Data) {
			t.Errorf("%s differs from run to run", f.Name)
		}
		if other, met := seen[string(f.Data)]; met {
			t.Errorf("%s is %s", f.Name, other)
		}
		seen[string(f.Data)] = f.Name
		if f.Why == "" {
			t.Errorf("%s: nothing is wrong with it", f.Name)
		}
		bytesInAll += len(f.Data)
		if !f.Loads {
			refused++
		}
	}
	if bytesInAll > 128<<20 {
		t.Errorf("%d MiB", bytesInAll>>20)
	}
	t.Logf("%d files, %d of them to be refused, %d MiB", len(all), refused, bytesInAll>>20)
}
