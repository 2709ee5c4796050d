// Netpipe puts a filter behind a TCP port, and is its client.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"imgpipe/cmd/internal/app"
)

func main() {
	o := newOptions()
	app.Main(app.Program{
		Name:    "netpipe",
		Summary: "put a filter behind a TCP port",
		Examples: []string{
			"netpipe -listen :8889 imgscale -factor 25%    # a server",
			"netpipe -listen :8888 -next :8889 imggray     # one that hands on to it",
			"netpipe -listen http://:8080 imggray          # HTTP: POST a picture, or open it in a browser",
			"netpipe -connect :8888 < a.jpg > out.jpg      # the client",
			"netpipe -connect :8888 -o done *.jpg          # the same for many: done/a.jpg, ...",
		},
		Usage: []string{
			"[-listen ADDR] [-next ADDR] [options] FILTER [ARG...]",
			"-connect ADDR [-o FILE] [options] < INPUT > ANSWER",
			"-connect ADDR -o DIR [-jobs N] [-prefix TEXT] [-resume] [options] FILE...",
		},
		Notes: notes,
		Flags: o.flags,
		Run:   o.run,
	})
}

func (o *options) run(args []string) error {
	if o.connect != "" {
		return o.send(args)
	}
	server, err := o.newServer(args)
	if err != nil {
		return err
	}
	stop, kill := signals()
	return server.Serve(stop, kill)
}

func (o *options) send(args []string) error {
	client, err := o.newClient()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return o.sendFiles(client, args)
	}
	for name := range app.Given(o.flags) {
		if name == "jobs" || name == "prefix" || name == "resume" {
			return app.Usagef("-%s goes with -connect and files: type netpipe -connect ADDR -o DIR FILE...", name)
		}
	}
	in, err := app.Input("netpipe -connect "+o.connect, "")
	if err != nil {
		return err
	}
	out, err := app.CreateOutput("netpipe -connect "+o.connect, o.output)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := client.Send(context.Background(), in, out); err != nil {
		return err
	}
	return out.Commit()
}

// signals gives a context that the first SIGTERM or SIGINT ends, and one that
// the second does. A SIGINT that was ignored at the start stays so: the shell
// does that to what runs in the background.
func signals() (stop, kill context.Context) {
	stop, first := context.WithCancel(context.Background())
	kill, second := context.WithCancel(context.Background())
	got := make(chan os.Signal, 2)
	signal.Notify(got, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGINT) {
		signal.Notify(got, syscall.SIGINT)
	}
	go func() {
		<-got
		first()
		<-got
		second()
	}()
	return stop, kill
}
