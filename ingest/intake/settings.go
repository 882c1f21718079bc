package intake

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
	"golang.org/x/sys/unix"

	"gridstar/ingest"
)

// settings are inbox.toml of a folder of the inbox.
type settings struct {
	Profile    string `toml:"profile"`
	Org        string `toml:"org"`
	CRS        string `toml:"crs"`
	Encoding   string `toml:"encoding"`
	MaxRejects string `toml:"max_rejects"`
}

// maxSettings is the greatest inbox.toml in bytes.
const maxSettings = 64 << 10

// settings reads what the files of a folder are; without inbox.toml they are recognised like any other.
func (in *inbox) settings(folder string) (Choice, error) {
	f, err := in.box.OpenFile(path.Join(folder, settingsFile), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return Choice{}, nil
	}
	if err != nil {
		return Choice{}, refuse(ErrChoice, "设置文件 %s 无法读取，请检查它是普通文件且可读", settingsFile)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return Choice{}, refuse(ErrChoice, "设置文件 %s 不是普通文件", settingsFile)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil || len(text) > maxSettings {
		return Choice{}, refuse(ErrChoice, "设置文件 %s 无法读取或过大", settingsFile)
	}
	return parseSettings(text)
}

func parseSettings(text []byte) (Choice, error) {
	var s settings
	meta, err := toml.Decode(strings.TrimPrefix(string(text), "\uFEFF"), &s)
	if err != nil {
		line := ""
		if at, ok := errors.AsType[toml.ParseError](err); ok {
			line = fmt.Sprintf("第 %d 行", at.Position.Line)
		}
		return Choice{}, refuse(ErrChoice, "设置文件 %s %s有误，每行应写成 profile = \"居民诉求台账\" 的样式", settingsFile, line)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return Choice{}, refuse(ErrChoice, "设置文件 %s 中的“%s”不是可用的设置，可用的有 profile、org、crs、encoding、max_rejects", settingsFile, cleanName(unknown[0].String()))
	}
	if _, err := parseLimit(s.MaxRejects); err != nil {
		return Choice{}, err
	}
	return Choice{Profile: s.Profile, Org: s.Org, CRS: s.CRS, Encoding: s.Encoding, MaxRejects: s.MaxRejects}, nil
}

// parseLimit reads how many rejected rows are accepted: 20 or 5%.
func parseLimit(s string) (ingest.Limit, error) {
	if p, ok := strings.CutSuffix(s, "%"); ok {
		switch f, err := strconv.ParseFloat(p, 64); {
		case err != nil || !(f >= 0 && f <= 100):
		case f == 0:
			return ingest.Limit{Set: true}, nil
		default:
			return ingest.Limit{Set: true, Percent: f}, nil
		}
	} else if n, err := strconv.ParseInt(s, 10, 64); err == nil && n >= 0 {
		return ingest.Limit{Set: true, Rows: n}, nil
	} else if s == "" {
		return ingest.Limit{}, nil
	}
	return ingest.Limit{}, refuse(ErrChoice, "退回行数的上限应写成行数（如 20）或百分比（如 5%%），不能是“%s”", cleanName(s))
}
