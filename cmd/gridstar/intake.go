package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"gridstar/analytics/access"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
)

// desk is where files are handed in while a service runs on the directory.
func (e *env) desk(log *slog.Logger) (*intake.Desk, error) {
	profiles := &freshProfiles{e: e}
	return intake.Open(intake.Options{
		Dir: string(e.W.Dir()), Now: e.now, Log: log,
		Limits: ingest.SiteLimits(e.Catalog.Limits), MaxRejects: ingest.SiteGate(e.Catalog.Limits),
		Keep: time.Duration(e.Catalog.Limits.KeepDays) * 24 * time.Hour,
		Ingester: func() (*ingest.Ingester, error) {
			set, err := profiles.get()
			if err != nil {
				return nil, err
			}
			return &ingest.Ingester{Warehouse: e.W, Catalog: e.Catalog, Profiles: set, Levels: e.levels(), Units: e.Units, Now: e.now}, nil
		},
		Audit: func(what string) error {
			if e.Audit == nil {
				return e.booksErr
			}
			return e.Audit.Write(access.Actor{Account: access.Inbox}, access.Imported, what, access.Done)
		},
	})
}

// work runs the desk until ctx ends; the result waits for it. A service whose inbox cannot be opened still answers.
func (e *env) work(ctx context.Context, desk *intake.Desk) (wait func()) {
	var done sync.WaitGroup
	done.Go(func() {
		if err := desk.Run(ctx); err != nil {
			fmt.Fprintln(e.Stderr, "注意：收件箱和上传队列没有启动："+sentence(err))
		}
	})
	return done.Wait
}

// freshProfiles are the profiles as the files say now. They are parsed again only when a file has changed: programs post
// often.
type freshProfiles struct {
	e *env

	mu    sync.Mutex
	state string // of the files when they were read
	set   *profile.Set
}

func (f *freshProfiles) get() (*profile.Set, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	files, err := filepath.Glob(filepath.Join(f.e.W.Dir().Profiles(), "*.toml"))
	if err != nil {
		return nil, err
	}
	state := ""
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, fmt.Errorf("本站台账模板“%s”无法读取：%w", filepath.Base(name), err)
		}
		state += fmt.Sprintf("%s %d %d\n", name, info.Size(), info.ModTime().UnixNano())
	}
	if f.set != nil && f.state == state {
		return f.set, nil
	}
	set, err := f.e.profiles()
	if err != nil {
		return nil, err
	}
	f.state, f.set = state, set
	return set, nil
}
