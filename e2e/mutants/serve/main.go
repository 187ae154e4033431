// Command serve runs a mutant, or the correct receiver that all of them are
// made from, as a process that the conformance suite can start and kill.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/scrapehook/scrapehook/e2e/mutants"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "serve: %v\n", err)
		os.Exit(1)
	}
}

// run serves until ctx ends. The port and the cloud come from the environment
// that `scrapehook conform --run` sets.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: serve NAME|correct [--out FILE] [--journal FILE]\n       serve --list")
		flags.PrintDefaults()
	}
	list := flags.Bool("list", false, "print the mutants as JSON lines")
	out := flags.String("out", getenv("ROWS_FILE"), "`FILE` of the imported rows (default $ROWS_FILE)")
	remove := flags.Bool("delete", false, "delete the cloud's copy of a finished job once its rows are safe")
	journal := flags.String("journal", "", "`FILE` that the receiver's state lasts in (default: that of the rows, with .journal)")
	var name string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		name, args = args[0], args[1:]
	}
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *list {
		return printList(stdout)
	}
	if name == "" || flags.NArg() > 0 {
		flags.Usage()
		return errors.New("name one receiver")
	}
	receiver, err := open(name, mutants.Env{
		APIBase: getenv("WEBSCRAPER_API_BASE_URI"),
		Token:   getenv("WEBSCRAPER_API_TOKEN"),
		Out:     *out,
		Journal: *journal,
		Secret:  getenv("WEBHOOK_TOKEN"),
		Delete:  *remove,
		Logf:    log.New(stderr, "", log.LstdFlags).Printf,
	})
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, receiver, getenv("PORT"), stdout), receiver.Close())
}

func printList(w io.Writer) error {
	encoder := json.NewEncoder(w)
	for _, m := range mutants.All() {
		err := encoder.Encode(struct {
			Name        string `json:"name"`
			Requirement string `json:"requirement"`
			Summary     string `json:"summary"`
		}{m.Name, m.Requirement, m.Summary})
		if err != nil {
			return err
		}
	}
	return nil
}

func open(name string, env mutants.Env) (*mutants.Receiver, error) {
	if name == "correct" {
		return mutants.New(env)
	}
	for _, m := range mutants.All() {
		if m.Name == name {
			return m.New(env)
		}
	}
	return nil, fmt.Errorf("no mutant is called %q: see serve --list", name)
}

// serve answers on the loopback until ctx ends.
func serve(ctx context.Context, receiver *mutants.Receiver, port string, stdout io.Writer) error {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	if err != nil {
		return fmt.Errorf("opening the endpoint: %w", err)
	}
	fmt.Fprintf(stdout, "http://%s/\n", listener.Addr())
	server := &http.Server{
		Handler:           receiver,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
	importing, stopImporting := context.WithCancel(ctx)
	imports := make(chan error, 1)
	go func() { imports <- receiver.Run(importing) }()
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(listener) }()
	select {
	case <-ctx.Done():
		// A handler that hangs doesn't hold the end up.
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close()
		}
		err = <-serving
	case err = <-serving:
	}
	if errors.Is(err, http.ErrServerClosed) {
		err = nil // by us
	}
	stopImporting()
	return errors.Join(err, <-imports)
}
