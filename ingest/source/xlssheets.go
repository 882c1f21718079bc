package source

import "strings"

// hasPassword is what is said of a file that only its password opens.
const hasPassword = "设有打开密码，请在 Excel 中去掉密码后再导入。"

// chooseSheet returns the index of the sheet to read: that of the name wanted, else the first visible one that is not empty.
func chooseSheet(file, wanted string, sheets []Table, isEmpty func(i int) (bool, error)) (int, error) {
	if wanted != "" {
		var names []string
		for i, s := range sheets {
			if s.Name == wanted {
				return i, nil
			}
			names = append(names, "“"+s.Name+"”")
		}
		return 0, refuse(file, ErrOption, "里没有名为“%s”的工作表，现有工作表：%s。", wanted, strings.Join(names[:min(len(names), 20)], "、"))
	}
	hidden := false
	for i, s := range sheets {
		hidden = hidden || s.Hidden
		if s.Hidden {
			continue
		}
		empty, err := isEmpty(i)
		if err != nil {
			return 0, err
		}
		if !empty {
			return i, nil
		}
	}
	if hidden {
		return 0, refuse(file, ErrEmpty, "看得见的工作表都是空的；如数据在隐藏的工作表中，请取消隐藏后再导入。")
	}
	return 0, refuse(file, ErrEmpty, emptyBook)
}

// fullSheets returns the sheets that are not empty; if all are, the file is refused.
func fullSheets(file string, sheets []Table, isEmpty func(i int) (bool, error)) ([]Table, error) {
	var out []Table
	for i, s := range sheets {
		empty, err := isEmpty(i)
		if err != nil {
			return nil, err
		}
		if !empty {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return nil, refuse(file, ErrEmpty, emptyBook)
	}
	return out, nil
}

const emptyBook = "是空的，没有可导入的内容，请检查后重新导出。"
