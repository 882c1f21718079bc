package main

import (
	"errors"
	"strings"
	"testing"
)

// A zip would garble the terminal: it is refused before anything is looked up, in whichever process the verb runs.
func TestShapefileIsNotWrittenToATerminal(t *testing.T) {
	master, slave := terminal(t)
	v := &gridsExportVerb{Level: "street", CRS: "wgs84", Format: "shp"}
	err := v.Run(t.Context(), &env{Stdout: slave})
	if !errors.Is(err, errUsage) || !strings.Contains(err.Error(), "请重定向到文件，如 > street.zip") {
		t.Errorf("got %v", err)
	}
	slave.WriteString("end")
	shown := make([]byte, 16)
	if n, err := master.Read(shown); err != nil || string(shown[:n]) != "end" {
		t.Errorf("the terminal shows %q, %v", shown[:n], err)
	}
}
