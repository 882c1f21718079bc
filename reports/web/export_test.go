package web

// Routes are the patterns of the site's table, for tests that walk it.
func Routes() []string {
	var all []string
	for _, rt := range routes {
		all = append(all, rt.pattern)
	}
	return all
}
