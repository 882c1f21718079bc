// Package api answers programs: other systems that hand in rows (POST /api/v1/records) or files (POST /api/v1/jobs) and ask
// what became of them (GET /api/v1/jobs/{id}).
//
// Inputs: requests that the guard of reports/web has admitted, with their caller: an API token whose account may load
// ledgers. Outputs: JSON; errors are application/problem+json (RFC 9457) whose detail is one Chinese sentence. A 200 means
// that what was sent is on disk; sending it again changes nothing.
//
// Callers: reports/web, whose table of routes says which address is answered by what, and which uses Fail for what it
// refuses itself.
package api
