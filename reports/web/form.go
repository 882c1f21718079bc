package web

import (
	"errors"
	"mime"
	"net/http"
	"slices"
	"unicode/utf8"
)

// errForm is a body that none of our pages sends.
var errForm = refuse("提交的内容不完整或已过期，请刷新页面后重试")

// readForm reads the fields of a form. A field that is not expected, or one that comes twice, is an error: nothing may
// reach a handler under another name or past a check. Fields in the address count for nothing.
func readForm(r *http.Request, fields ...string) (map[string]string, error) {
	return readFields(r, func(name string) bool { return slices.Contains(fields, name) })
}

// readFields is readForm for a form whose fields are as many as the columns of a file: expected says which may come.
func readFields(r *http.Request, expected func(name string) bool) (map[string]string, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.ContentLength != 0 && (err != nil || kind != "application/x-www-form-urlencoded") {
		return nil, errForm
	}
	if err := r.ParseForm(); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return nil, errLarge
		}
		return nil, errForm
	}
	got := map[string]string{}
	for key, values := range r.PostForm {
		if !expected(key) || len(values) != 1 || !utf8.ValidString(values[0]) {
			return nil, errForm
		}
		got[key] = values[0]
	}
	return got, nil
}
