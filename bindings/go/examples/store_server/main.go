// Command store_server is a line-protocol server with three groups, which
// keeps what it has acknowledged when it is shut down under load.
//
//	put KEY VALUE  is answered  stored KEY  once that is in the file
//	count          is answered with how many there are
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"libptg.org/ptg"
)

func main() {
	port := flag.Int("port", 0, "port on the loopback interface; 0: any")
	file := flag.String("store", "", "file that is appended to")
	flag.Parse()
	isClean, err := run(*port, *file)
	if err != nil {
		log.Fatal("store_server: ", err)
	}
	if !isClean {
		os.Exit(1)
	}
}

// run serves until it is told to end, and says whether all ended well.
func run(port int, file string) (isClean bool, err error) {
	rt, err := ptg.New(ptg.Options{})
	if err != nil {
		return false, err
	}
	defer func() { _ = rt.Close() }()
	groups := map[string]*ptg.Group{}
	for _, name := range []string{"store", "handlers", "accept"} {
		if groups[name], err = rt.NewGroup(ptg.GroupOptions{Name: name}); err != nil {
			return false, err
		}
	}
	accept, handlers := groups["accept"], groups["handlers"]
	if err = accept.StopsBefore(handlers); err != nil {
		return false, err
	}
	if err = handlers.StopsBefore(groups["store"]); err != nil {
		return false, err
	}

	store, err := openStore(file)
	if err != nil {
		return false, err
	}
	defer func() { _ = store.file.Close() }()
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false, err
	}
	rt.ShutdownOnSignals(ptg.Limits{Grace: 2 * time.Second, CancelWait: time.Second, Deadline: 5 * time.Second})
	groups["store"].Go(store.write)
	accept.Go(func(ctx context.Context) error { return serve(ctx, listener, handlers, store) })
	fmt.Printf("listening on %v\n", listener.Addr())

	report, err := rt.Wait(context.Background())
	if err != nil {
		return false, err
	}
	return report.IsClean(), report.Write(os.Stdout)
}

// serve is the task of the group accept.
func serve(ctx context.Context, listener net.Listener, handlers *ptg.Group, store *store) error {
	go func() {
		select {
		case <-ptg.Draining(ctx):
		case <-ctx.Done():
		}
		_ = listener.Close() // which ends the Accept below
	}()
	for {
		conn, err := listener.Accept()
		if err != nil {
			return endOf(ctx, err)
		}
		_, err = handlers.Spawn(ctx, ptg.TaskSpec{
			Name: conn.RemoteAddr().String(),
			Run:  func(ctx context.Context) error { return handle(ctx, conn, store) },
		})
		if err != nil {
			_ = conn.Close() // nobody will
		}
	}
}

// endOf says what is left of an error that comes from being told to end.
func endOf(ctx context.Context, err error) error {
	select {
	case <-ptg.Draining(ctx):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
		return err
	}
}
