package analytics

import (
	"context"
	"errors"
	"time"
)

// ErrBusy: too many questions are under way, and none ended in time. Its text is what a user reads.
var ErrBusy = errors.New("当前访问较多，请稍后再试")

// gate admits so many questions to the warehouse at once. A question takes all cores while it runs: more at once only
// make each of them slower and hold more memory.
type gate struct {
	slots chan struct{}
	wait  time.Duration
}

func newGate(parallel int, wait time.Duration) *gate {
	return &gate{slots: make(chan struct{}, parallel), wait: wait}
}

// pass runs fn once there is room: it waits at most g.wait (ErrBusy) and not beyond ctx (its cause).
func (g *gate) pass(ctx context.Context, fn func() error) error {
	select {
	case g.slots <- struct{}{}:
	default:
		timer := time.NewTimer(g.wait)
		defer timer.Stop()
		select {
		case g.slots <- struct{}{}:
		case <-timer.C:
			return ErrBusy
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	defer func() { <-g.slots }()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fn()
}
