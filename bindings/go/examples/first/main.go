// Command first has a group with two tasks, one of which fails and harms nobody.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"libptg.org/ptg"
)

func main() {
	rt, err := ptg.New(ptg.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer rt.Close()

	app, err := rt.NewGroup(ptg.GroupOptions{
		Name:  "app",
		Grace: 2 * time.Second,
		OnError: func(_ context.Context, failure *ptg.Failure) error {
			fmt.Println("handled:", failure)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	greeter := app.Go(func(ctx context.Context) error {
		fmt.Println("hello")
		<-ptg.Draining(ctx) // be told to finish soon
		fmt.Println("goodbye")
		return nil
	})
	clumsy := app.Go(drop)

	fmt.Println("clumsy ended with:", clumsy.Wait(context.Background()))
	report, err := app.Shutdown(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("greeter ended with:", greeter.Wait(context.Background()))
	if err := report.Write(os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func drop(context.Context) error { return errors.New("it was dropped") }
