package main

import (
	"context"
	"fmt"
	"runtime"
)

// version is set by the build (-ldflags -X main.version=…).
var version = "dev"

type versionVerb struct{}

func (*versionVerb) Run(_ context.Context, e *env) error {
	_, err := fmt.Fprintf(e.Stdout, "格星 gridstar %s（%s，%s/%s）\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
