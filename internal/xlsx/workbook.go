package xlsx

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// workbook is what a workbook's small parts say.
type workbook struct {
	parts   parts
	sheets  []sheetEntry
	strings *sharedStrings
	formats []format // by a cell's style
	// since1904: days are counted from 1904, as by old Macs.
	since1904 bool
}

type sheetEntry struct{ name, part string }

// relationships is a .rels part: where a part's parts are.
type relationships struct {
	List []struct {
		ID     string `xml:"Id,attr"`
		Type   string `xml:"Type,attr"`
		Target string `xml:"Target,attr"`
	} `xml:"Relationship"`
}

// first is the target of the first relationship of a type, by the type's last
// word: the words before it differ between the standard's two forms.
func (r relationships) first(kind string) string {
	for _, one := range r.List {
		if strings.HasSuffix(one.Type, "/"+kind) {
			return one.Target
		}
	}
	return ""
}

func openWorkbook(file io.ReaderAt, size int64) (*workbook, error) {
	all, err := openParts(file, size)
	if err != nil {
		return nil, err
	}
	b := &workbook{parts: all}
	root, err := b.relationships("")
	if err != nil {
		if all["mimetype"] != nil {
			err = errors.New("it is an OpenDocument file: save it as .xlsx")
		}
		return nil, err
	}
	main := resolve("", root.first("officeDocument"))
	if strings.HasSuffix(main, ".bin") {
		return nil, errors.New("it is a binary workbook (.xlsb): save it as .xlsx")
	}
	places, err := b.relationships(main)
	if err != nil {
		return nil, err
	}
	if err := b.readSheets(main, places); err != nil {
		return nil, err
	}
	if target := places.first("styles"); target != "" {
		if b.formats, err = b.readFormats(resolve(main, target)); err != nil {
			return nil, err
		}
	}
	b.strings = &sharedStrings{}
	if target := places.first("sharedStrings"); target != "" {
		if err := b.strings.read(b.parts, resolve(main, target)); err != nil {
			return nil, errors.Join(err, b.strings.close())
		}
	}
	return b, nil
}

// readSheets reads the list of sheets. Sheets of charts are left out.
func (b *workbook) readSheets(main string, places relationships) error {
	var book struct {
		XMLName    xml.Name
		Properties struct {
			Date1904 string `xml:"date1904,attr"`
		} `xml:"workbookPr"`
		Sheets []struct {
			Name  string     `xml:"name,attr"`
			Attrs []xml.Attr `xml:",any,attr"`
		} `xml:"sheets>sheet"`
	}
	if err := b.decode(main, &book); err != nil {
		return err
	}
	if book.XMLName.Local != "workbook" {
		return errors.New("it is an Office file, but not a workbook")
	}
	b.since1904 = isTrue(book.Properties.Date1904)
	for _, s := range book.Sheets {
		for _, a := range s.Attrs {
			if a.Name.Local != "id" {
				continue
			}
			for _, one := range places.List {
				if one.ID == a.Value && strings.HasSuffix(one.Type, "/worksheet") {
					b.sheets = append(b.sheets, sheetEntry{s.Name, resolve(main, one.Target)})
				}
			}
		}
	}
	return nil
}

// relationships reads the .rels part of a part, "" for the file's own.
func (b *workbook) relationships(of string) (relationships, error) {
	dir, name := path.Split(of)
	var r relationships
	err := b.decode(dir+"_rels/"+name+".rels", &r)
	return r, err
}

// decode reads a small part into v.
func (b *workbook) decode(name string, v any) error {
	in, err := b.parts.open(name)
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // it was only read
	limited := &io.LimitedReader{R: in, N: maxSmall}
	if err := xml.NewDecoder(limited).Decode(v); err != nil {
		if limited.N == 0 {
			return fmt.Errorf("its part %s is longer than %d bytes", name, maxSmall)
		}
		return fmt.Errorf("its part %s: %w", name, err)
	}
	return nil
}

// resolve is the name of a part that another one refers to.
func resolve(from, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if strings.HasPrefix(target, "/") {
		return target[1:]
	}
	return path.Join(path.Dir(from), target)
}

func isTrue(text string) bool { return text == "1" || text == "true" || text == "on" }
