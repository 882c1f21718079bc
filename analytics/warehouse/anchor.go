package warehouse

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
)

// Anchor is the head of the audit chain as it stood when a line of the journal was written. The journal keeps it, so that
// a chain whose end was cut off is found out.
type Anchor struct {
	Seq  int64
	Hash string
	At   string // when the journal's line was written
}

// Derive makes a key of 32 bytes for a purpose from the directory's secret. Keys of different purposes tell nothing about
// each other or the secret.
func (w *Warehouse) Derive(purpose string) []byte {
	mac := hmac.New(sha256.New, w.key)
	mac.Write([]byte("derive\x00" + purpose))
	return mac.Sum(nil)
}

// FollowAudit has every line of the journal carry the head of the audit chain from now on. head is called under the
// writer's lock and must not call the warehouse. Seq 0 means that the chain is empty.
func (w *Warehouse) FollowAudit(head func() (seq int64, hash string)) {
	w.journal.mu.Lock()
	defer w.journal.mu.Unlock()
	w.journal.head = head
}

// Anchor writes a line into the journal that carries the head of the audit chain and nothing else, unless the last line
// that has one says the same.
func (w *Warehouse) Anchor(ctx context.Context) error {
	return w.View(ctx, func(v *View) error {
		unlock, err := v.s.lockWriter(w)
		if err != nil {
			return err
		}
		defer unlock()
		head := w.journal.audit()
		if head == "" {
			return nil
		}
		for i := len(w.journal.entries) - 1; i >= 0; i-- {
			if last := w.journal.entries[i].Audit; last != "" {
				if last == head {
					return nil
				}
				break
			}
		}
		return w.journal.append(Entry{})
	})
}

// Anchors are those of the journal, the oldest first.
func (w *Warehouse) Anchors(ctx context.Context) (all []Anchor, err error) {
	err = w.View(ctx, func(v *View) error {
		unlock, err := v.s.lockWriter(w)
		if err != nil {
			return err
		}
		defer unlock()
		all = nil // what a first run gathered before the engine was reopened
		for i, e := range w.journal.entries {
			if e.Audit == "" {
				continue
			}
			seq, hash, ok := strings.Cut(e.Audit, ":")
			n, err := strconv.ParseInt(seq, 10, 64)
			if !ok || err != nil || n <= 0 {
				return fmt.Errorf("作业日志第 %d 行的审计校验值已损坏，请从备份恢复 journal.jsonl", i+1)
			}
			all = append(all, Anchor{Seq: n, Hash: hash, At: e.At})
		}
		return nil
	})
	return all, err
}
