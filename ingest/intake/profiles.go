package intake

import "gridstar/ingest/profile"

// Profiles are the ledgers that can be chosen: those that come with the program and those of the site, as they are now.
func (d *Desk) Profiles() (*profile.Set, error) {
	in, err := d.o.Ingester()
	if err != nil {
		return nil, err
	}
	return in.Profiles, nil
}
