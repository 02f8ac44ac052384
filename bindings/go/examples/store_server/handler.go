package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"libptg.org/ptg"
)

// handle is the task of a connection, of the group handlers. Told to drain, it
// answers the lines that it has read.
func handle(ctx context.Context, conn net.Conn, store *store) error {
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	defer hangUp(conn)
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ptg.Draining(ctx):
			_ = conn.SetReadDeadline(time.Now())
		case <-ended:
		}
	}()
	in := bufio.NewReader(conn)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return ignoreEnd(err)
		}
		answer, err := answerTo(ctx, strings.TrimSuffix(line, "\n"), store)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(conn, answer); err != nil {
			return ignoreEnd(err)
		}
	}
}

// hangUp closes a connection once the client has seen the last answer: one that
// is closed on what was not read yet could lose it.
func hangUp(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok && tcp.CloseWrite() == nil {
		_ = tcp.SetReadDeadline(time.Time{})
		_, _ = io.Copy(io.Discard, tcp)
	}
	_ = conn.Close()
}

// ignoreEnd is for a client that has gone, and for being told to drain: no
// failures of the server.
func ignoreEnd(err error) error {
	var network *net.OpError
	if err == io.EOF || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) {
		return nil
	}
	return err
}

func answerTo(ctx context.Context, line string, store *store) (string, error) {
	words := strings.SplitN(line, " ", 3)
	switch {
	case words[0] == "put" && len(words) == 3 && words[1] != "" && words[2] != "":
		if _, err := store.ask(ctx, words[1]+" "+words[2]+"\n"); err != nil {
			return "error: " + err.Error(), ctx.Err()
		}
		return "stored " + words[1], nil
	case line == "count":
		count, err := store.ask(ctx, "")
		if err != nil {
			return "error: " + err.Error(), ctx.Err()
		}
		return fmt.Sprint(count), nil
	}
	return "error: put KEY VALUE, or count", nil
}
