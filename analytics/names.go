package analytics

// tellApart gives the keys of units whose name another unit of the same dimension bears the name of the unit above:
// every community has a 第一网格.
func (p *plan) tellApart(a *Answer) {
	t := p.register.tree
	for i, d := range a.Dims {
		if !d.Unit {
			continue
		}
		first := map[string]any{} // name → the code that was first to bear it
		shared := map[string]bool{}
		for _, r := range a.Rows {
			k := r.Keys[i]
			if k.Value == nil {
				continue
			}
			if code, ok := first[k.Name]; !ok {
				first[k.Name] = k.Value
			} else if code != k.Value {
				shared[k.Name] = true
			}
		}
		for _, r := range a.Rows {
			if code, ok := r.Keys[i].Value.(string); ok && shared[r.Keys[i].Name] {
				if up := t.Node(t.Position(code)).Parent; up > 0 {
					r.Keys[i].Upper = t.Node(up).Name
				}
			}
		}
	}
}
