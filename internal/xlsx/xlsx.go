// Package xlsx writes a table as an Excel workbook, and reads the table of a
// workbook that people exported. Both go row by row, in memory that does not
// grow with the table. It is not for anything else that workbooks hold: styles,
// formulas, charts.
package xlsx
