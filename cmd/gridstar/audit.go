package main

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"gridstar/analytics/access"
	"gridstar/analytics/catalog"
	"gridstar/analytics/warehouse"
)

// An auditedVerb changes the data, or takes some of it away as a file. Its line is in the audit log before it runs; where
// the line cannot be written the verb does not run. The object is the verb and codes of ours, never a file's name. The
// verbs of user are not among them: the store writes their lines.
type auditedVerb interface {
	audited() (e access.Event, object string) // access.Unrecorded: this time it does neither
}

// runVerb runs a verb, and writes it down where that is due.
func runVerb(ctx context.Context, v verb, e *env) int {
	event, object := access.Unrecorded, ""
	if a, ok := v.(auditedVerb); ok {
		event, object = a.audited()
	}
	if event == access.Unrecorded {
		return perform(ctx, v, e)
	}
	if err := e.record(event, object, access.Done); err != nil {
		return e.exit(err)
	}
	code := perform(ctx, v, e)
	if code != exitDone && code != exitRejected {
		if err := e.record(event, object, access.Failed); err != nil {
			slog.Error("a verb's failure could not be written down", "error", err.Error())
		}
	}
	return code
}

// codeOr is a code that was typed, as the log may quote it: short, and without a space. Anything else is not a code.
func codeOr(text string) string {
	if utf8.RuneCountInString(text) > 20 || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' && r != '-' }) {
		return "?"
	}
	return text
}

// perform runs a verb; a panic in it is that verb's failure, not the owner's.
func perform(ctx context.Context, v verb, e *env) (code int) {
	defer func() {
		if p := recover(); p != nil {
			slog.Error("verb panicked", "panic", fmt.Sprint(p))
			code = e.exit(fmt.Errorf("程序内部出错，请把这句话告诉管理员：%v", p))
		}
	}()
	return e.exit(v.Run(ctx, e))
}

// actor is who runs the verb, as the log names him.
func (e *env) actor() access.Actor {
	return access.Actor{Account: access.CommandLine, Address: fmt.Sprintf("uid %d", e.uid)}
}

// record writes a line of the audit log.
func (e *env) record(event access.Event, object string, o access.Outcome) error {
	if e.Audit == nil {
		return e.booksErr
	}
	return e.Audit.Write(e.actor(), event, object, o)
}

// books are what a directory's owner has open beside the warehouse. Where one of them cannot be opened (err), whatever
// needs it is refused; reading verbs go on.
type books struct {
	Access   *access.Store
	Audit    *access.Log
	booksErr error

	// base is the address that browsers find the service at; nil while none runs on the directory.
	base *atomic.Pointer[string]
}

func openBooks(w *warehouse.Warehouse, cat *catalog.Catalog, now func() time.Time, log *slog.Logger) books {
	b := books{base: &atomic.Pointer[string]{}}
	if b.Audit, b.booksErr = access.OpenLog(w.Dir(), access.LogOptions{Now: now, Key: w.Derive("audit"), Log: log}); b.booksErr != nil {
		b.Audit = nil
		return b
	}
	w.FollowAudit(func() (int64, string) {
		h := b.Audit.Head()
		return h.Seq, h.Hash
	})
	b.Access, b.booksErr = access.OpenStore(w.Dir(), access.Options{
		Now: now, Log: b.Audit, Key: w.Derive("access"), Settings: cat.Access, Site: cat.Site.Name,
	})
	if b.booksErr != nil {
		b.Access = nil
	}
	return b
}

// close writes down what is only in memory. The journal's last line then tells where the log ends.
func (b books) close(ctx context.Context, w *warehouse.Warehouse) {
	if b.Access != nil {
		logged("closing the accounts", b.Access.Close())
	}
	if b.Audit != nil {
		logged("closing the audit log", b.Audit.Close())
		logged("anchoring the audit log", w.Anchor(ctx))
	}
}

// logged is for what nobody waits for.
func logged(what string, err error) {
	if err != nil {
		slog.Error(what, "error", err.Error())
	}
}

// accounts gives the store to a verb that needs it.
func (e *env) accounts() (*access.Store, error) {
	if e.Access == nil {
		return nil, e.booksErr
	}
	return e.Access, nil
}

// recordStart writes down that the service starts, and whether the settings are others than at its last start.
func (e *env) recordStart(ctx context.Context) error {
	if e.Audit == nil {
		return e.booksErr
	}
	settings := settingsMark(e.Catalog)
	last, err := e.Audit.Find(ctx, access.Filter{Event: access.Started, Limit: 1})
	if err != nil {
		return err
	}
	if len(last.Entries) > 0 && last.Entries[0].Object != settings {
		if err := e.record(access.Settings, settings, access.Done); err != nil {
			return err
		}
	}
	return e.record(access.Started, settings, access.Done)
}

// settingsMark tells one content of config.toml and catalog/ from another. It is cut by a dash, so that no run of digits in
// it looks like a telephone number, which the log would mask.
func settingsMark(c *catalog.Catalog) string {
	h := c.Hash()
	return "settings " + h[:8] + "-" + h[8:16]
}
