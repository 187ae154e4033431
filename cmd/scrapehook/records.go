package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/scrapehook/scrapehook/internal/atomicfile"
	"github.com/scrapehook/scrapehook/internal/cloud"
	"github.com/scrapehook/scrapehook/internal/records"
	"github.com/scrapehook/scrapehook/internal/sitemaps"
	"github.com/scrapehook/scrapehook/internal/xlsx"
	"github.com/scrapehook/scrapehook/webhook"
)

// recordsFlags are the flags of records.
type recordsFlags struct {
	dataFlags
	format, output string
	rows           int
	seed           uint64
	job            int64
}

func newRecordsCmd() *cobra.Command {
	var f recordsFlags
	cmd := &cobra.Command{
		Use:   "records [SITEMAP]",
		Short: "Print the records that a job of a sitemap would give, without a server",
		Long: `Print the records that a job of a sitemap would give, without a server: the bytes
of a download, to try an importer with at once.

SITEMAP is a file as the extension exports it, or - for stdin; without one it is
a shop's products. The same seed and job give the same bytes as 'scrapehook
cloud' does.

Exit codes: 0 printed, 2 wrong usage or a sitemap that is refused, 3 the output
can't be written.`,
		Example: `  scrapehook records shop.json --rows 1000 > rows.jsonl
  scrapehook records shop.json --format csv --missing 20% --missing title=0%
  scrapehook records --format xlsx --script mixed --output rows.xlsx`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(args, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.format, "format", "json", "json (a line each), csv or xlsx")
	flags.StringVar(&f.output, "output", "", "`file` to write to (default stdout)")
	flags.IntVar(&f.rows, "rows", 100, "how many")
	flags.Uint64Var(&f.seed, "seed", 1, "decides the values")
	flags.Int64Var(&f.job, "job", 1, "`id` of the job that they are of, which decides the values too")
	f.add(flags)
	return cmd
}

func (f *recordsFlags) run(args []string, stdin io.Reader, stdout io.Writer) error {
	write, ok := map[string]func(*cloud.Cloud, int64, io.Writer) error{
		"json": writeJSONLines, "csv": writeCSV, "xlsx": writeXLSX,
	}[f.format]
	switch {
	case !ok:
		return usageError("--format %q: use json, csv or xlsx", f.format)
	case f.rows < 0:
		return usageError("--rows must not be below 0")
	case f.job < 1:
		return usageError("--job must be above 0")
	}
	c, err := f.cloud(args, stdin)
	if err != nil {
		return err
	}
	if f.output == "" {
		return f.written(write(c, f.job, stdout))
	}
	return f.writeFile(func(w io.Writer) error { return write(c, f.job, w) })
}

// writeFile keeps the earlier file until the new one is whole. What can't be
// replaced, such as a device or a pipe, is written in place.
func (f *recordsFlags) writeFile(write func(io.Writer) error) error {
	file, err := atomicfile.Create(f.output, atomicfile.Public)
	if err != nil {
		inPlace, refused := os.OpenFile(f.output, os.O_WRONLY|os.O_TRUNC, 0)
		if refused != nil {
			return openError(fmt.Errorf("--output: %w", err))
		}
		err = write(inPlace)
		return f.written(errors.Join(err, inPlace.Close()))
	}
	defer file.Discard() // does nothing after a commit
	if err := write(file); err != nil {
		return f.written(err)
	}
	return f.written(file.Commit())
}

func (f *recordsFlags) written(err error) error {
	if err != nil {
		return harnessError("writing records: %w", err)
	}
	return nil
}

// cloud has one job, which has finished.
func (f *recordsFlags) cloud(args []string, stdin io.Reader) (*cloud.Cloud, error) {
	options, err := f.options()
	if err != nil {
		return nil, err
	}
	body := ""
	if len(args) > 0 {
		sitemap, err := readSitemap(args[0], stdin)
		if err != nil {
			return nil, usageError("%w", err)
		}
		body = sitemap.JSON
	}
	c, err := cloud.New(cloud.Config{Seed: f.seed, Data: options})
	if err != nil {
		return nil, usageError("%w", err)
	}
	sitemap, err := c.AddSitemap("", body)
	if err != nil {
		return nil, usageError("%w", err)
	}
	if _, err = c.AddJob(cloud.JobSpec{ID: f.job, SitemapID: sitemap.ID, Rows: &f.rows}); err == nil {
		if err = c.Start(f.job); err == nil {
			err = c.End(f.job, webhook.Finished, f.rows)
		}
	}
	if err != nil {
		return nil, harnessError("%w", err)
	}
	return c, nil
}

// readSitemap reads the sitemap at a path, or from stdin for -.
func readSitemap(path string, stdin io.Reader) (*sitemaps.Sitemap, error) {
	if path != "-" {
		return sitemaps.ReadFile(path)
	}
	text, err := io.ReadAll(io.LimitReader(stdin, sitemaps.MaxBytes+1))
	if err != nil {
		return nil, err
	}
	return sitemaps.Parse(text)
}

func writeJSONLines(c *cloud.Cloud, job int64, w io.Writer) error {
	out := bufio.NewWriterSize(w, 64<<10)
	for _, row := range c.Records(job) {
		_, _ = out.Write(row) // the first error stays
		if err := out.WriteByte('\n'); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeCSV(c *cloud.Cloud, job int64, w io.Writer) error {
	columns, err := c.Columns(job)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	line := records.AppendCSVHeader([]byte(records.CSVMark), columns)
	_, _ = out.Write(line) // the first error stays
	for values := range c.Table(job) {
		line = records.AppendCSV(line[:0], values)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

func writeXLSX(c *cloud.Cloud, job int64, w io.Writer) error {
	columns, err := c.Columns(job)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	book, err := xlsx.NewWriter(out, columns)
	if err != nil {
		return err
	}
	for values := range c.Table(job) {
		if err := book.Write(values); err != nil {
			return err
		}
	}
	if err := book.Close(); err != nil {
		return err
	}
	return out.Flush()
}
