package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"gridstar/analytics"
	"gridstar/analytics/access"
	"gridstar/analytics/warehouse"
	"gridstar/geo"
	"gridstar/ingest"
	"gridstar/ingest/intake"
	"gridstar/ingest/profile"
	"gridstar/ingest/source"
)

// Problem is an answer that is an error (RFC 9457). Detail is a Chinese sentence: what happened and what to do.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"` // the status in words
	Status int    `json:"status"`
	Detail string `json:"detail"`

	Result  *result        `json:"result,omitempty"`  // of rows that were read and not taken
	Rejects []rejectedCell `json:"rejects,omitempty"` // the first of them
}

// problem is an error with its status.
type problem struct {
	status int
	text   string
}

func (p problem) Error() string { return p.text }

func refuse(status int, format string, args ...any) error {
	return problem{status, fmt.Sprintf(format, args...)}
}

// retrySeconds is when a program that came at a bad moment should come again.
const retrySeconds = "5"

// Refuse answers with a status and a sentence.
func Refuse(w http.ResponseWriter, status int, sentence string) {
	writeProblem(w, Problem{Status: status, Detail: sentence})
}

func writeProblem(w http.ResponseWriter, p Problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
	if p.Status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retrySeconds)
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // nobody may be there any more
}

// fail is the one place where an error becomes an answer, and is logged.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // nobody is there any more
	}
	status := statusOf(err)
	p := Problem{Status: status, Detail: sentence(err)}
	if many, ok := errors.AsType[*ingest.TooManyRejects](err); ok {
		p.Result = resultOf(intake.Outcome{Result: many.Result})
		p.Rejects = cellsOf(reasons(many.Rows))
	}
	if status == http.StatusInternalServerError {
		a.Log.Error("request failed", "pattern", r.Pattern, "err", err)
		p.Detail = "服务内部出错，没有写入任何数据，请稍后重试；若仍不行，请把时间告诉管理员。"
		if r.Method == http.MethodGet {
			p.Detail = "服务内部出错，请稍后重试；若仍不行，请把时间告诉管理员。"
		}
	}
	writeProblem(w, p)
}

// statusOf is the status that an error is answered with.
func statusOf(err error) int {
	is := func(kinds ...error) bool {
		return slices.ContainsFunc(kinds, func(kind error) bool { return errors.Is(err, kind) })
	}
	if p, ok := errors.AsType[problem](err); ok {
		return p.status
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return http.StatusRequestEntityTooLarge
	}
	if _, ok := errors.AsType[*ingest.TooManyRejects](err); ok {
		return http.StatusUnprocessableEntity
	}
	if _, ok := errors.AsType[*source.Error](err); ok {
		return http.StatusUnprocessableEntity
	}
	if _, ok := errors.AsType[*profile.Error](err); ok {
		return http.StatusUnprocessableEntity
	}
	switch {
	case is(analytics.ErrUnknownUnit):
		return http.StatusNotFound
	case is(analytics.ErrScope, analytics.ErrWithheld):
		return http.StatusForbidden
	case is(analytics.ErrBusy, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	}
	if _, ok := errors.AsType[*analytics.Error](err); ok {
		return http.StatusBadRequest
	}
	if _, ok := errors.AsType[*geo.Error](err); ok {
		return http.StatusBadRequest
	}
	switch {
	case is(intake.ErrUnknown, intake.ErrUnit):
		return http.StatusNotFound
	case is(intake.ErrLarge):
		return http.StatusRequestEntityTooLarge
	case is(intake.ErrState):
		return http.StatusConflict
	case is(intake.ErrEmpty, intake.ErrCutOff):
		return http.StatusBadRequest
	case is(intake.ErrChoice, intake.ErrProfile):
		return http.StatusUnprocessableEntity
	case is(warehouse.ErrBusy, warehouse.ErrReopened, warehouse.ErrDiskFull, warehouse.ErrDead, warehouse.ErrClosed, access.ErrLog):
		return http.StatusServiceUnavailable
	case han(err.Error()): // a sentence about what was sent
		return http.StatusUnprocessableEntity
	}
	return http.StatusInternalServerError
}

// sentence is what a caller reads of an error.
func sentence(err error) string {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return "提交的内容过大，没有处理，请分次提交。"
	}
	if errors.Is(err, access.ErrLog) {
		return "审计日志暂时无法写入，为安全起见没有改动，请告诉管理员检查磁盘。"
	}
	text := inAnswer.Replace(strings.Join(strings.Fields(err.Error()), " "))
	if strings.HasSuffix(text, "。") || strings.HasSuffix(text, "？") {
		return text
	}
	return text + "。"
}
