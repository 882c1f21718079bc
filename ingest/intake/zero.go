package intake

import (
	"context"
	"time"

	"gridstar/ingest"
)

// ZeroReport says that there was nothing to report (本期无事项).
type ZeroReport struct {
	Profile  string    // name of the ledger
	Org      string    // code or name; "" = the sender's only unit, or the whole site
	From, To time.Time // half-open, naive
}

// Zero states, as a job of its own, that a ledger was delivered without rows. It waits at most Options.Patience for loads of
// the same ledger (warehouse.ErrBusy). Errors for the sender wrap ErrChoice or ErrUnit.
func (d *Desk) Zero(ctx context.Context, z ZeroReport, by Sender) (_ ingest.Result, err error) {
	defer d.caught(&err, "")
	in, err := d.o.Ingester()
	if err != nil {
		return ingest.Result{}, err
	}
	if z.Profile == "" {
		return ingest.Result{}, refuse(ErrChoice, "请选择台账")
	}
	r, err := d.request(ctx, in, ingest.Request{}, Choice{Profile: z.Profile, Org: z.Org}, by)
	if err != nil {
		return ingest.Result{}, err
	}
	if r.Org == "" && r.Scoped {
		return ingest.Result{}, refuse(ErrChoice, "您负责多个单位，请选择是哪个单位本期无事项")
	}
	return in.Zero(ctx, ingest.ZeroRequest{
		Profile: r.Profile, Org: r.Org, From: z.From, To: z.To, Scope: r.Scope, Scoped: r.Scoped, Actor: by.Account, Wait: d.o.Patience,
	})
}
