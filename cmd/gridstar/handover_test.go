package main

import (
	"net"
	"os"
)

// dials says whether the directory's owner takes verbs.
func dials(dir string) bool {
	folder, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer folder.Close()
	c, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: socketPath(folder), Net: "unix"})
	if err != nil {
		return false
	}
	c.Close()
	return true
}
