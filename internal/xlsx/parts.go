package xlsx

import (
	"fmt"
	"strconv"
	"strings"
)

// The parts of a workbook that are the same in each.
const (
	xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

	mainSpace     = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	packageSpace  = `http://schemas.openxmlformats.org/package/2006/`
	documentSpace = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`

	contentTypesPart = "[Content_Types].xml"

	// Sheets are any other part that is XML, because their number is not known
	// when this is written.
	contentTypes = xmlHead + `<Types xmlns="` + packageSpace + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>` +
		`</Types>`

	packageRels = xmlHead + `<Relationships xmlns="` + packageSpace + `relationships">` +
		`<Relationship Id="rId1" Type="` + documentSpace + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`

	// The least that every reader takes.
	styles = xmlHead + `<styleSheet xmlns="` + mainSpace + `">` +
		`<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
		`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
		`<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>` +
		`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

	sheetBegin = xmlHead + `<worksheet xmlns="` + mainSpace + `"><sheetData>`
	sheetEnd   = `</sheetData></worksheet>`
)

func sheetPart(number int) string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", number) }

// workbookParts are the list of a workbook's sheets and where each is.
func workbookParts(sheets int) (workbook, rels string) {
	var list, places strings.Builder
	list.WriteString(xmlHead + `<workbook xmlns="` + mainSpace + `" xmlns:r="` + documentSpace + `"><sheets>`)
	places.WriteString(xmlHead + `<Relationships xmlns="` + packageSpace + `relationships">`)
	for i := 1; i <= sheets; i++ {
		fmt.Fprintf(&list, `<sheet name="Sheet%d" sheetId="%d" r:id="rId%d"/>`, i, i, i)
		fmt.Fprintf(&places, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, documentSpace, i)
	}
	fmt.Fprintf(&places, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, sheets+1, documentSpace)
	list.WriteString(`</sheets></workbook>`)
	places.WriteString(`</Relationships>`)
	return list.String(), places.String()
}

// columnLetters is the name of a column, counted from 0: A, Z, AA, XFD.
func columnLetters(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// columnOf is the column of a cell's reference, counted from 0: 27 of AB12.
func columnOf(ref string) (column int, ok bool) {
	i := 0
	for ; i < len(ref); i++ {
		c := ref[i] &^ 0x20 // to upper case
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A') + 1; column > MaxColumns {
			return 0, false
		}
	}
	return column - 1, i > 0
}

func appendInt(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }
