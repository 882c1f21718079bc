package geo

import (
	"errors"
	"fmt"
)

// Reasons for a refusal, to be tested with errors.Is. What the user reads is the
// sentence of the Error that wraps them.
var (
	ErrNoCRS          = errors.New("geo: no coordinate reference system given")
	ErrUnsupportedCRS = errors.New("geo: unsupported coordinate reference system")
	ErrCRSConflict    = errors.New("geo: declared and given coordinate reference systems differ")
	ErrNotGeoJSON     = errors.New("geo: not GeoJSON")
	ErrTopoJSON       = errors.New("geo: TopoJSON")
	ErrEncoding       = errors.New("geo: not UTF-8")
	ErrNoPolygons     = errors.New("geo: no polygons")
	ErrNoShapes       = errors.New("geo: no shapes")
	ErrProperty       = errors.New("geo: property missing or unreadable")
	ErrCoordinate     = errors.New("geo: coordinate unreadable or out of range")
	ErrWKB            = errors.New("geo: unreadable WKB")
	ErrTile           = errors.New("geo: no such tile")
	ErrFormat         = errors.New("geo: not a format of shapes that is read")
	ErrShapefile      = errors.New("geo: damaged Shapefile")
	ErrKML            = errors.New("geo: not KML")
	ErrWKT            = errors.New("geo: not WKT")
	ErrTooLarge       = errors.New("geo: more than the memory allowed")
	ErrCannotRepair   = errors.New("geo: shape cannot be mended")
	ErrDrawing        = errors.New("geo: not a change that keeps the layer sound")
)

// Error is a refusal that a user reads: one Chinese sentence saying what
// happened and what to do. Reason is one of the sentinels above.
type Error struct {
	Reason error
	Text   string
}

func (e *Error) Error() string { return e.Text }

func (e *Error) Unwrap() error { return e.Reason }

func refuse(reason error, format string, args ...any) error {
	return &Error{Reason: reason, Text: fmt.Sprintf(format, args...)}
}
