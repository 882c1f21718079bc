package intake

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gridstar/ingest"
)

// Kind says what an upload holds.
type Kind string

const (
	Ledgers   Kind = ""        // tables
	BordersOf Kind = "borders" // the shapes of units
)

// BordersChoice is what the shapes of an upload were loaded as, and what of them was mended.
type BordersChoice struct {
	Level     string   `json:"level"`
	CRS       string   `json:"crs,omitempty"`      // "" = the file's own
	Encoding  string   `json:"encoding,omitempty"` // "" = found out
	Code      string   `json:"code"`               // names of properties
	Name      string   `json:"name,omitempty"`
	Parent    string   `json:"parent,omitempty"`
	ValidFrom string   `json:"valid_from,omitempty"` // 2026-01-01; "" = the shapes were always so
	Mended    []string `json:"mended,omitempty"`     // sentences
}

// bordersFiles is how many files one set of shapes may be handed in as: .shp, .dbf, .prj, .cpg and what lies beside them.
const bordersFiles = 12

// Sent is one file of a form, read as it arrives.
type Sent struct {
	Name string
	Data io.Reader
}

// ReceiveBorders takes in the files of one set of shapes, as next gives them until io.EOF. One file is kept as it is; the several
// files of a Shapefile become one archive, because an upload is one file. It waits like every upload, for as long, but only
// OpenBorders reads it. Errors are those of Receive.
func (d *Desk) ReceiveBorders(ctx context.Context, next func() (Sent, error), by Sender) (Upload, error) {
	var files []ingest.BordersFile
	defer func() {
		for _, f := range files {
			f.File.Close()
		}
	}()
	left := d.MaxBytes()
	for {
		sent, err := next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Upload{}, err
		}
		name := cleanName(sent.Name)
		if len(files) == bordersFiles {
			return Upload{}, refuse(ErrLarge, "一个图层最多 %d 个文件，请只选择同名的 .shp、.dbf、.prj、.cpg，或打成一个 zip", bordersFiles)
		}
		f, err := d.scratch()
		if err != nil {
			return Upload{}, full(fmt.Errorf("无法保存上传的文件，请检查磁盘：%w", err))
		}
		files = append(files, ingest.BordersFile{Name: name, File: f})
		n, err := d.fill(ctx, f, sent.Data, name, left)
		if err != nil {
			return Upload{}, err
		}
		left -= n
	}
	if len(files) == 0 {
		return Upload{}, refuse(ErrEmpty, "没有选择文件，请先选择一份边界文件")
	}
	if len(files) == 1 {
		return d.receive(ctx, io.NewSectionReader(files[0].File, 0, 1<<62), files[0].Name, BordersOf, by)
	}
	for _, f := range files {
		if ingest.Packed(f.File) {
			return Upload{}, refuse(ErrChoice, "压缩文件“%s”请单独上传，不要与其他文件一起选择", f.Name)
		}
	}
	packed, out := io.Pipe()
	go func() { out.CloseWithError(pack(out, files)) }()
	defer packed.Close()
	return d.receive(ctx, packed, shapesName(files)+".zip", BordersOf, by)
}

// fill writes what is read to a scratch file; left is how many bytes may come.
func (d *Desk) fill(ctx context.Context, f *os.File, r io.Reader, name string, left int64) (int64, error) {
	if err := d.room(); err != nil {
		return 0, err
	}
	in := &arriving{ctx: ctx, r: io.LimitReader(r, left+1)}
	n, err := io.Copy(f, in)
	switch {
	case err != nil && in.err != nil:
		return n, refuse(ErrCutOff, "文件“%s”没有传完（已收到 %d 字节），没有保存，请重新上传", name, n)
	case err != nil:
		return n, full(fmt.Errorf("文件“%s”无法保存，请检查磁盘：%w", name, err))
	case n > left:
		return n, refuse(ErrLarge, "文件“%s”超过 %d MiB 的上限，请只保留需要的图层，或先简化边界", name, d.MaxBytes()>>20)
	case n == 0:
		return n, refuse(ErrEmpty, "文件“%s”是空的，请检查后重新上传", name)
	}
	return n, nil
}

// shapesName is what several files are called together: as the one with the shapes.
func shapesName(files []ingest.BordersFile) string {
	name := files[0].Name
	for _, f := range files {
		if strings.EqualFold(filepath.Ext(f.Name), ".shp") {
			name = f.Name
		}
	}
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// pack writes files as an archive without times, so that the same files have the same hash.
func pack(w io.Writer, files []ingest.BordersFile) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		to, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Store})
		if err != nil {
			return err
		}
		if _, err := io.Copy(to, io.NewSectionReader(f.File, 0, 1<<62)); err != nil {
			return err
		}
	}
	return z.Close()
}

// OpenBorders reads the shapes of an upload of borders, within the site's limits.
func (d *Desk) OpenBorders(ctx context.Context, id, encoding string) (b *ingest.Borders, err error) {
	defer d.caught(&err, id)
	u, ok := d.Upload(id)
	if !ok || u.Kind != BordersOf {
		return nil, errUnknown
	}
	f, err := d.open(u)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return ingest.ReadBorders(ctx, []ingest.BordersFile{{Name: u.Name, File: f}}, ingest.BordersOptions{Encoding: encoding, Limits: d.o.Limits, Scratch: d.scratch})
}

// PublishBorders has load write the shapes of an upload as c says, while no other load of the queue or the inbox is under way, and keeps what
// became of it. Of two people who publish one upload the second is refused (ErrState). Where load fails the upload waits as before:
// nothing was written.
func (d *Desk) PublishBorders(ctx context.Context, id string, c BordersChoice, by Sender, load func(context.Context) (r ingest.Result, mended []string, err error)) (r ingest.Result, err error) {
	err = d.change(id, func(u *Upload) error {
		switch {
		case u.Kind != BordersOf:
			return errUnknown
		case u.State == Loading:
			return refuse(ErrState, "这份文件正由账号 %s 载入，请稍候刷新页面", u.Publisher.Account)
		case u.State == Done:
			return refuse(ErrState, "这份文件已经入库；要改变设置后重新载入，请先撤销对应的作业，再重新上传")
		case u.Gone:
			return errGone
		}
		u.State, u.Publisher, u.Queued, u.Error, u.Note = Loading, by, d.o.Now(), "", ""
		return nil
	})
	if err != nil {
		return r, err
	}
	var mended []string
	defer func() {
		settle := func(u *Upload) error {
			if err != nil {
				u.State, u.Publisher, u.Queued = Waiting, Sender{}, time.Time{}
				return nil
			}
			c.Mended = mended
			u.State, u.Finished, u.Borders, u.Outcomes = Done, d.o.Now(), &c, []Outcome{{Result: r}}
			return nil
		}
		if bad := d.change(id, settle); bad != nil {
			d.o.Log.Error("the outcome of an upload of borders could not be kept", "upload", id, "err", bad)
			d.mu.Lock()
			defer d.mu.Unlock()
			if u := d.uploads[id]; u != nil {
				_ = settle(u)
			}
		}
	}()
	defer d.caught(&err, id)
	done, ok := d.takeTurn(ctx)
	if !ok {
		return r, context.Cause(ctx)
	}
	defer done()
	r, mended, err = load(ctx)
	return r, err
}
