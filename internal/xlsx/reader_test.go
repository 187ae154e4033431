package xlsx_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scrapehook/scrapehook/internal/testtool"
	"github.com/scrapehook/scrapehook/internal/xlsx"
)

// foreign are the parts of a workbook as Excel writes them, with what it writes
// otherwise than we do.
func foreign() map[string]string {
	const (
		main = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
		rel  = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
		rels = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
	)
	return map[string]string{
		"[Content_Types].xml": `<Types/>`,
		"_rels/.rels":         rels + `<Relationship Id="rId1" Type="` + rel + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook ` + main + ` xmlns:r="` + rel + `"><workbookPr/><sheets><sheet name="Chart" sheetId="9" r:id="rId9"/>` +
			`<sheet name="Blank" sheetId="3" r:id="rId3"/><sheet name="Data" sheetId="1" r:id="rId1"/><sheet name="Notes" sheetId="2" r:id="rId2"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": rels + `<Relationship Id="rId1" Type="` + rel + `/worksheet" Target="/xl/worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="` + rel + `/worksheet" Target="worksheets/sheet2.xml"/>` +
			`<Relationship Id="rId3" Type="` + rel + `/worksheet" Target="worksheets/sheet3.xml"/>` +
			`<Relationship Id="rId9" Type="` + rel + `/chartsheet" Target="chartsheets/sheet1.xml"/>` +
			`<Relationship Id="rId4" Type="` + rel + `/styles" Target="styles.xml"/>` +
			`<Relationship Id="rId5" Type="` + rel + `/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet ` + main + `><numFmts count="6"><numFmt numFmtId="164" formatCode="[$-409]d\ mmm\ yyyy;@"/>` +
			`<numFmt numFmtId="165" formatCode="&quot;day&quot; 0.00"/><numFmt numFmtId="166" formatCode="[h]:mm:ss"/>` +
			`<numFmt numFmtId="167" formatCode="mmm;@ d"/><numFmt numFmtId="168" formatCode="[Red]General"/><numFmt numFmtId="169" formatCode="#,##0_d;[Red]\-#,##0\d"/></numFmts>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="20"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml": `<sst ` + main + ` count="3"><si><t>name</t></si><si><r><rPr><b/></rPr><t>ri</t></r><r><t xml:space="preserve">ch </t></r></si>` +
			`<si><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh></si><si><t/></si><si><t>a_x000D_` + "\n" + `b</t></si></sst>`,
		"xl/worksheets/sheet1.xml": sheetOf(`<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="str"><v>value</v></c></row>`),
		"xl/worksheets/sheet2.xml": sheetOf(`<row><c t="str"><v>not the table</v></c></row>`),
		"xl/worksheets/sheet3.xml": sheetOf(`<row r="1"/><row r="2"><c r="A2" s="1"/></row>`),
	}
}

func sheetOf(rows string) string {
	return `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr/><dimension ref="A1"/><sheetData>` +
		rows + `</sheetData><pageMargins/></worksheet>`
}

// pack puts parts into a file.
func pack(t *testing.T, parts map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for name, text := range parts {
		part, err := archive.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// valued is a foreign workbook with a table of two columns and these cells of
// column B, each in a row of its own.
func valued(cells ...string) map[string]string {
	rows := `<row r="3"><c r="A3" t="s"><v>0</v></c><c r="B3" t="str"><v>value</v></c></row>`
	for i, c := range cells {
		rows += fmt.Sprintf(`<row r="%d"><c r="A%d"><v>%d</v></c>%s</row>`, i+4, i+4, i, strings.ReplaceAll(c, "B#", fmt.Sprint("B", i+4)))
	}
	parts := foreign()
	parts["xl/worksheets/sheet1.xml"] = sheetOf(rows)
	return parts
}

func TestForeignValues(t *testing.T) {
	t.Parallel()
	cells := []struct{ cell, want string }{
		{`<c r="B#" t="s"><v>1</v></c>`, "rich "},
		{`<c r="B#" t="s"><v>2</v></c>`, "課"},
		{`<c r="B#" t="s"><v>3</v></c>`, ""},
		{`<c r="B#" t="s"><v>4</v></c>`, "a\r\nb"},
		{`<c r="B#" t="inlineStr"><is><t>in</t></is></c>`, "in"},
		{`<c r="B#" t="str"><f>A1&amp;"x"</f><v>x&amp;y</v></c>`, "x&y"},
		{`<c r="B#"><f>1+1</f><v>2</v></c>`, "2"},
		{`<c r="B#"><f>1+1</f></c>`, ""},
		{`<c t="b"><v>1</v></c>`, "TRUE"},
		{`<c t="b"><v>0</v></c>`, "FALSE"},
		{`<c t="e"><v>#N/A</v></c>`, "#N/A"},
		{`<c t="d"><v>2026-11-25T00:00:00</v></c>`, "2026-11-25"},
		{`<c t="d"><v>2026-11-25T18:03:36</v></c>`, "2026-11-25 18:03:36"},
		{`<c><v>0.30000000000000004</v></c>`, "0.3"},
		{`<c><v>1234567890123</v></c>`, "1234567890123"},
		{`<c><v>1E-3</v></c>`, "0.001"},
		{`<c><v>-5</v></c>`, "-5"},
		{`<c><v>1e300</v></c>`, "1E+300"},
		{`<c s="1"><v>46351</v></c>`, "2026-11-25"},
		{`<c s="1"><v>1</v></c>`, "1900-01-01"},
		{`<c s="1"><v>59</v></c>`, "1900-02-28"},
		{`<c s="1"><v>60</v></c>`, "60"}, // 29 February 1900, which was not
		{`<c s="1"><v>61</v></c>`, "1900-03-01"},
		{`<c s="1"><v>-1</v></c>`, "-1"},
		{`<c s="2"><v>46351.752500000002</v></c>`, "2026-11-25 18:03:36"},
		{`<c s="2"><v>46351.999999999</v></c>`, "2026-11-26 00:00:00"},
		{`<c s="3"><v>0.75</v></c>`, "18:00:00"},
		{`<c s="4"><v>46351</v></c>`, "2026-11-25"},
		{`<c s="5"><v>46351</v></c>`, "46351"},
		{`<c s="6"><v>1.5</v></c>`, "36:00:00"},
		{`<c s="7"><v>46351</v></c>`, "2026-11-25"},
		{`<c s="8"><v>46351</v></c>`, "46351"},
		{`<c s="9"><v>46351</v></c>`, "46351"},
		{`<c s="99"><v>7</v></c>`, "7"},
		{`<x:c xmlns:x="y" t="inlineStr"><x:is><x:t><![CDATA[<raw>]]></x:t></x:is></x:c>`, "<raw>"},
	}
	var all []string
	for _, c := range cells {
		all = append(all, c.cell)
	}
	got, skipped, err := read(pack(t, valued(all...)))
	if err != nil || len(got) != len(cells)+1 || !slices.Equal(got[0], []string{"name", "value"}) {
		t.Fatalf("%q, %v", got, err)
	}
	for i, c := range cells {
		if value := got[i+1][1]; value != c.want {
			t.Errorf("%s is %q, want %q", c.cell, value, c.want)
		}
	}
	if !slices.Equal(skipped, []string{"Notes"}) {
		t.Errorf("skipped %q", skipped)
	}
}

func TestDaysSince1904(t *testing.T) {
	t.Parallel()
	parts := valued(`<c s="1"><v>44889</v></c>`)
	parts["xl/workbook.xml"] = strings.Replace(parts["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	if got, _, err := read(pack(t, parts)); err != nil || got[1][1] != "2026-11-25" {
		t.Errorf("%q, %v", got, err)
	}
}

// TestOddlySpelledParts is a workbook by a writer that leaves out what may be
// left out, with names as some write them.
func TestOddlySpelledParts(t *testing.T) {
	t.Parallel()
	parts := foreign()
	parts["XL\\Worksheets\\Sheet1.xml"] = sheetOf(`<row><c t="str"><v>a</v></c><c t="str"><v>b</v></c></row>` +
		`<row/><row><c r="B3" t="str"><v>2</v></c><c r="A3" t="str"><v>1</v></c></row>`)
	delete(parts, "xl/worksheets/sheet1.xml")
	got, _, err := read(pack(t, parts))
	if err != nil || !equal(got, [][]string{{"a", "b"}, {"1", "2"}}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	change := func(part, text string) []byte {
		parts := foreign()
		parts[part] = text
		return pack(t, parts)
	}
	sheet := func(rows string) []byte { return change("xl/worksheets/sheet1.xml", sheetOf(rows)) }
	without := func(part string) []byte {
		parts := foreign()
		delete(parts, part)
		return pack(t, parts)
	}
	const header = `<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>`
	many := map[string]string{}
	for i := range 10_001 {
		many[fmt.Sprint(i)] = ""
	}
	whole := pack(t, foreign())
	for _, tc := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, "it is not a workbook (.xlsx)"},
		{"CSV", []byte("a,b\r\n1,2\r\n"), "it is not a workbook (.xlsx)"},
		{"old format", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"), "it is a workbook of the old format (.xls) or has a password: save it as .xlsx without one"},
		{"cut", whole[:len(whole)/2], "it is damaged: zip: not a valid zip file"},
		{"another archive", pack(t, map[string]string{"a.txt": "a"}), "its part _rels/.rels is missing"},
		{"OpenDocument", pack(t, map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}), "it is an OpenDocument file: save it as .xlsx"},
		{"binary", change("_rels/.rels", `<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="xl/workbook.bin"/></Relationships>`), "it is a binary workbook (.xlsb): save it as .xlsx"},
		{"a letter", change("xl/workbook.xml", `<document/>`), "it is an Office file, but not a workbook"},
		{"no sheet", without("xl/worksheets/sheet1.xml"), "its part xl/worksheets/sheet1.xml is missing"},
		{"no strings", without("xl/sharedStrings.xml"), "its part xl/sharedStrings.xml is missing"},
		{"malformed", change("xl/workbook.xml", `<workbook><sheets>`), "its part xl/workbook.xml: XML syntax error on line 1: unexpected EOF"},
		{"too many parts", pack(t, many), "it has 10001 parts; at most 10000 are read"},
		{"blank", change("xl/workbook.xml", `<workbook><sheets/></workbook>`), "none of its sheets has a row"},
		{"same names", sheet(`<row r="2"><c t="str"><v>a</v></c><c t="str"><v>a</v></c></row>`), `sheet "Data", row 2: two columns have the name "a"`},
		{"no name", sheet(`<row r="2"><c r="A2" t="str"><v>a</v></c><c r="C2" t="str"><v>c</v></c></row>`), `sheet "Data", row 2: the header has no name in column B`},
		{"beyond the header", sheet(header + `<row r="7"><c r="C7"><v>1</v></c></row>`), `sheet "Data", row 7: column C has a value and no name in the header`},
		{"no such string", sheet(header + `<row r="7"><c r="B7" t="s"><v>5</v></c></row>`), `sheet "Data", row 7: column B: it refers to shared string 5 of 5`},
		{"no string's number", sheet(header + `<row r="7"><c r="B7" t="s"><v>x</v></c></row>`), `sheet "Data", row 7: column B: "x" is not the number of a shared string`},
		{"no cell", sheet(header + `<row r="7"><c r="7"><v>5</v></c></row>`), `sheet "Data", row 7: "7" is not a cell`},
		{"a far cell", sheet(header + `<row r="7"><c r="XFE7"><v>5</v></c></row>`), `sheet "Data", row 7: "XFE7" is not a cell`},
		{"ends early", change("xl/worksheets/sheet1.xml", `<worksheet><sheetData>`+header+`<row r="7"><c>`), `sheet "Data", row 7: column A: XML syntax error on line 1: unexpected EOF`},
		{"an entity", sheet(header + `<row r="7"><c><v>&bomb;</v></c></row>`), `sheet "Data", row 7: column A: XML syntax error on line 1: invalid character entity &bomb;`},
		{"deep", sheet(header + strings.Repeat("<row>", 100)), `sheet "Data", row 2: its elements stand more than 64 deep`},
		{"a long text", sheet(header + `<row r="7"><c t="inlineStr"><is><t>` + strings.Repeat("0123456789", 110_000) + `</t></is></c></row>`), `sheet "Data", row 7: column A: a text is longer than 1048576 bytes`},
		{"a bomb of rows", sheet(header + strings.Repeat(`<row a="`+strings.Repeat("0", 1000)+`"/>`, 20_000)), "its part xl/worksheets/sheet1.xml inflates to more than 200 times its size: such a workbook is not read"},
		{"a bomb of text", sheet(header + `<row><c><v>` + strings.Repeat("0", 8<<20) + `</v></c></row>`), `sheet "Data", row 2: column A: a text is longer than 1048576 bytes`},
		{"a bomb of blanks", sheet(header + strings.Repeat(" ", 32<<20)), `a text is longer than 1048576 bytes`},
		{"a bomb of strings", change("xl/sharedStrings.xml", `<sst>`+strings.Repeat("<si><t>"+strings.Repeat("0", 1000)+"</t></si>", 20_000)+`</sst>`), "its part xl/sharedStrings.xml inflates to more than 200 times its size: such a workbook is not read"},
		{"a bomb of sheets", change("xl/workbook.xml", `<workbook>`+strings.Repeat(`<a b="`+strings.Repeat("0", 1000)+`"/>`, 20_000)+`</workbook>`), "its part xl/workbook.xml"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, _, err := read(tc.file)
			if err == nil || !strings.HasPrefix(err.Error(), "reading a workbook: ") || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got  %v\nwant %s", err, tc.want)
			}
		})
	}
}

// TestManySharedStrings are more than are held in memory.
func TestManySharedStrings(t *testing.T) {
	t.Parallel()
	const texts = 600
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]string, texts)
	var shared, rows strings.Builder
	for i := range texts {
		text := ""
		for range 64 {
			text += fmt.Sprintf("%016x", random.Uint64())
		}
		all[i] = strings.Repeat(text, 30)
		fmt.Fprintf(&shared, `<si><t>%s</t></si>`, all[i])
		fmt.Fprintf(&rows, `<row><c t="s"><v>%d</v></c></row>`, texts-1-i)
	}
	parts := foreign()
	parts["xl/sharedStrings.xml"] = `<sst>` + shared.String() + `</sst>`
	parts["xl/worksheets/sheet1.xml"] = sheetOf(`<row><c t="str"><v>a</v></c></row>` + rows.String())
	got, _, err := read(pack(t, parts))
	if err != nil || len(got) != texts+1 {
		t.Fatalf("%d rows, %v", len(got), err)
	}
	for i, row := range got[1:] {
		if want := all[texts-1-i]; row[0] != want {
			t.Fatalf("row %d begins with %.20q, want %.20q", i+1, row[0], want)
		}
	}
}

// TestASheetGoesOn reads two sheets with one header, as a full sheet and the rest.
func TestASheetGoesOn(t *testing.T) {
	t.Parallel()
	parts := foreign()
	const header = `<row r="1"><c r="A1" t="str"><v>a</v></c></row>`
	parts["xl/worksheets/sheet1.xml"] = sheetOf(header + `<row r="2"><c r="A2"><v>1</v></c></row>`)
	parts["xl/worksheets/sheet2.xml"] = sheetOf(header + `<row r="5"><c r="A5"><v>2</v></c></row>`)
	file := pack(t, parts)
	r, err := xlsx.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for i, want := range []string{"Data 2", "Notes 5"} {
		row, err := r.Read()
		sheet, at := r.Place()
		if place := fmt.Sprint(sheet, " ", at); err != nil || row[0] != fmt.Sprint(i+1) || place != want {
			t.Errorf("row %d is %q at %s, want it at %s, %v", i+1, row, place, want, err)
		}
	}
	if _, err := r.Read(); !errors.Is(err, io.EOF) || r.Skipped() != nil {
		t.Errorf("after the last row: %v, skipped %q", err, r.Skipped())
	}
}

// TestReadsOpenpyxls reads what Python's library wrote.
func TestReadsOpenpyxls(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "table.xlsx")
	testtool.Need(t, "openpyxl")
	out, err := exec.CommandContext(t.Context(), python, "-c", `
import datetime, openpyxl, sys
book = openpyxl.Workbook()
book.active.append(["text", "number", "date", "moment", "yes", "empty"])
book.active.append(["ä\nb", 1.5, datetime.date(2026, 11, 25), datetime.datetime(2026, 11, 25, 18, 3, 36), True, None])
book.active.append([None, -3, datetime.date(1900, 1, 1), None, False, "not"])
book.save(sys.argv[1])`, file).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"text", "number", "date", "moment", "yes", "empty"},
		{"ä\nb", "1.5", "2026-11-25", "2026-11-25 18:03:36", "TRUE", ""},
		{"", "-3", "1900-01-01", "", "FALSE", "not"},
	}
	if got, _, err := read(content); err != nil || !equal(got, want) {
		t.Errorf("got  %q\nwant %q, %v", got, want, err)
	}
}

// FuzzReader reads anything without a panic.
func FuzzReader(f *testing.F) {
	var out bytes.Buffer
	w, err := xlsx.NewWriter(&out, awkward[0])
	if err != nil || w.Write(awkward[1]) != nil || w.Close() != nil {
		f.Fatal("no workbook to begin with")
	}
	f.Add(out.Bytes())
	f.Fuzz(func(_ *testing.T, file []byte) { _, _, _ = read(file) })
}
