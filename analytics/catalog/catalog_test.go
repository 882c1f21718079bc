package catalog

import "testing"

func TestDefaultsLoad(t *testing.T) {
	c, err := Load(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.Metrics() {
		t.Log(m.ID, m.NumeratorSQL("$1", "matter"), "/", m.DenominatorSQL("$1", "matter"), m.OfSQL("$1"))
	}
}
